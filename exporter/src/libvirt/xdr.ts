import { ArgumentError, ProtocolError } from './errors.ts';

/** Longest string of libvirt's protocol (REMOTE_STRING_MAX, VIR_NET_MESSAGE_STRING_MAX), bytes. */
export const STRING_MAX_BYTES = 4_194_304;

const UUID_BYTES = 16;
const TWO_TO_32 = 4_294_967_296;

/** XDR fills everything up to whole units of 4 bytes. */
function padded(length: number): number {
  return length + (-length & 3);
}

/** Gives the same string for the same bytes without decoding them again; see `field-names.ts`. */
export interface Interner {
  get(bytes: Buffer, start: number, end: number): string;
}

/**
 * Reads XDR (RFC 4506) from a part of a buffer that came from outside. Every length is checked against its limit and
 * against what is left before anything is allocated for it.
 *
 * @throws ProtocolError for anything that does not fit
 */
export class XdrReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #names: Interner | null;
  #at: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length, names: Interner | null = null) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#names = names;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  #take(length: number, what: string): number {
    const start = this.#at;
    if (length > this.#end - start) {
      throw new ProtocolError(`${what} of ${length} bytes where only ${this.#end - start} are left`);
    }
    this.#at = start + length;
    return start;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#take(4, 'int'));
  }

  uint(): number {
    return this.#bytes.readUInt32BE(this.#take(4, 'unsigned int'));
  }

  /** Signed 64 bits. Beyond 2^53 the nearest number that a double holds. */
  hyper(): number {
    const start = this.#take(8, 'hyper');
    return this.#bytes.readInt32BE(start) * TWO_TO_32 + this.#bytes.readUInt32BE(start + 4);
  }

  /** Unsigned 64 bits. Beyond 2^53 the nearest number that a double holds: for counters of bytes and nanoseconds. */
  uhyper(): number {
    const start = this.#take(8, 'unsigned hyper');
    return this.#bytes.readUInt32BE(start) * TWO_TO_32 + this.#bytes.readUInt32BE(start + 4);
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#take(8, 'double'));
  }

  bool(): boolean {
    return this.int() !== 0;
  }

  /** The two values of an optional item's flag; anything else is not XDR. */
  present(): boolean {
    const flag = this.uint();
    if (flag > 1) throw new ProtocolError(`optional item with flag ${flag} where only 0 and 1 exist`);
    return flag === 1;
  }

  #stringStart(maxBytes: number, what: string): { start: number; end: number } {
    const length = this.uint();
    if (length > maxBytes) throw new ProtocolError(`${what} of ${length} bytes where ${maxBytes} are allowed`);
    const start = this.#take(padded(length), what);
    return { start, end: start + length };
  }

  /** A UTF-8 string. */
  string(maxBytes: number = STRING_MAX_BYTES): string {
    const { start, end } = this.#stringStart(maxBytes, 'string');
    return this.#bytes.toString('utf8', start, end);
  }

  optionalString(maxBytes: number = STRING_MAX_BYTES): string | null {
    return this.present() ? this.string(maxBytes) : null;
  }

  /** A string out of a small vocabulary (a field's name): looked up before it is decoded. */
  name(maxBytes: number = STRING_MAX_BYTES): string {
    const { start, end } = this.#stringStart(maxBytes, 'name');
    return this.#names === null ? this.#bytes.toString('utf8', start, end) : this.#names.get(this.#bytes, start, end);
  }

  /** A UUID in its canonical form, lower case with hyphens. */
  uuid(): string {
    const start = this.#take(UUID_BYTES, 'uuid');
    const hex = this.#bytes.toString('hex', start, start + UUID_BYTES);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** `char NAME[count]`: one 32-bit unit per byte; text up to the first NUL. */
  charArray(count: number): string {
    const start = this.#take(count * 4, 'character array');
    const text = Buffer.allocUnsafe(count);
    let length = 0;
    for (; length < count; length++) {
      const byte = this.#bytes.readInt32BE(start + 4 * length) & 0xff;
      if (byte === 0) break;
      text[length] = byte;
    }
    return text.toString('utf8', 0, length);
  }

  /**
   * A counted array. `leastBytes` is the size of the smallest possible item, so that a count that can't be true is
   * refused before the first item is read.
   */
  array<T>(maxCount: number, leastBytes: number, item: (reader: XdrReader) => T): T[] {
    const count = this.uint();
    if (count > maxCount) throw new ProtocolError(`array of ${count} items where ${maxCount} are allowed`);
    if (count * leastBytes > this.remaining) {
      throw new ProtocolError(`array of ${count} items where only ${this.remaining} bytes are left`);
    }
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(item(this));
    return items;
  }

  /** Everything must have been read: a rest means that the two sides disagree about the layout. */
  end(): void {
    if (this.remaining !== 0) throw new ProtocolError(`${this.remaining} bytes too many at the end`);
  }
}

/**
 * Writes XDR into a buffer that grows up to `maxBytes`.
 *
 * @throws ArgumentError for a value that does not fit
 */
export class XdrWriter {
  readonly #maxBytes: number;
  #bytes: Buffer;
  #at = 0;

  constructor(maxBytes: number, initialBytes = 256) {
    this.#maxBytes = maxBytes;
    this.#bytes = Buffer.allocUnsafe(Math.min(initialBytes, maxBytes));
  }

  /** May replace the buffer: take the place first, then write. */
  #reserve(length: number): number {
    const start = this.#at;
    const needed = start + length;
    if (needed > this.#maxBytes) throw new ArgumentError(`message of more than ${this.#maxBytes} bytes`);
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(needed, this.#bytes.length * 2)));
      this.#bytes.copy(grown, 0, 0, start);
      this.#bytes = grown;
    }
    this.#at = needed;
    return start;
  }

  int(value: number): this {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff) {
      throw new ArgumentError(`${value} is no 32-bit integer`);
    }
    const start = this.#reserve(4);
    this.#bytes.writeInt32BE(value, start);
    return this;
  }

  /** Unsigned 32 bits. Takes a negative number too, as JavaScript's `|` of flags makes one out of bit 31. */
  uint(value: number): this {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0xffff_ffff) {
      throw new ArgumentError(`${value} is no unsigned 32-bit integer`);
    }
    const start = this.#reserve(4);
    this.#bytes.writeUInt32BE(value >>> 0, start);
    return this;
  }

  string(value: string, maxBytes: number = STRING_MAX_BYTES): this {
    const length = Buffer.byteLength(value);
    if (length > maxBytes) throw new ArgumentError(`string of ${length} bytes where ${maxBytes} are allowed`);
    this.uint(length);
    const start = this.#reserve(padded(length));
    this.#bytes.write(value, start, length, 'utf8');
    this.#bytes.fill(0, start + length, this.#at);
    return this;
  }

  optionalString(value: string | null): this {
    if (value === null) return this.uint(0);
    return this.uint(1).string(value);
  }

  /** Takes a UUID with or without hyphens, in any case. */
  uuid(value: string): this {
    const hex = value.replaceAll('-', '');
    if (!/^[0-9a-fA-F]{32}$/.test(hex)) throw new ArgumentError(`${JSON.stringify(value)} is no UUID`);
    const start = this.#reserve(UUID_BYTES);
    this.#bytes.write(hex, start, UUID_BYTES, 'hex');
    return this;
  }

  array<T>(items: readonly T[], maxCount: number, item: (writer: XdrWriter, value: T) => void): this {
    if (items.length > maxCount) throw new ArgumentError(`${items.length} items where ${maxCount} are allowed`);
    this.uint(items.length);
    for (const value of items) item(this, value);
    return this;
  }

  /** What was written so far; shares memory with the writer. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}
