import { KernelError } from '../../error.ts';
import type { Field, FieldKind, Kernel } from '../../kernel/kernel.ts';

const PAGE_BYTES = 4096;
/** Where the kernel's direct map begins without KASLR. */
const FIRST_ADDRESS = 0xffff_8880_0010_0000n;

/** Members of a structure by path: bytes, or more about it. */
export type FakeMembers = Readonly<Record<string, number | { size: number; kind: FieldKind; typeName?: string; count?: number; at?: string; plus?: number }>>;

interface FakeType {
  size: number;
  fields: Map<string, Field>;
}

/** Page by page, as much as is written; all else is not mapped. */
export type FakePages = Map<bigint, Buffer>;

/** A kernel whose structures are laid out by the test, in a memory that the test writes. Everything that it reads is as the contract says. */
export interface FakeKernel extends Kernel {
  readonly pages: FakePages;
  readonly symbols: Map<string, bigint>;
  /** Reads of memory so far. */
  reads: number;
  /** Called before each read. */
  onRead: () => void;
  verified: boolean;
  /** Makes a structure: every member gets a place, in an order and with gaps that `seed` decides. */
  define(type: string, members: FakeMembers): void;
  undefine(type: string, path?: string): void;
  /** Room for a structure of `type`, or so many bytes; zeroes. */
  allocate(typeOrBytes: string | number): bigint;
  set(type: string, address: bigint, path: string, value: bigint | number): void;
  write(address: bigint, bytes: Uint8Array): void;
  /** Text with a NUL; answers its address. */
  text(text: string): bigint;
  /** Memory of a process. */
  writeUser(pageTable: bigint, address: bigint, bytes: Uint8Array): void;
}

export function createFakeKernel(seed = 1): FakeKernel {
  const random = createRandom(seed);
  const types = new Map<string, FakeType>();
  const pages: FakePages = new Map();
  const users = new Map<bigint, FakePages>();
  let free = FIRST_ADDRESS;

  const typeOf = (name: string) => {
    const type = types.get(name);
    if (type === undefined) throw new KernelError('type-missing', `no type ${name}`);
    return type;
  };
  const fieldOf = (name: string, path: string) => types.get(name)?.fields.get(path) ?? null;
  const offsetOf = (name: string, path: string) => {
    const field = typeOf(name).fields.get(path);
    if (field === undefined) throw new KernelError('type-missing', `no member ${name}.${path}`);
    return field.offset;
  };

  const kernel: FakeKernel = {
    banner: 'Linux version 6.1.0-fake',
    release: '6.1.0-fake',
    btfHash: 'fake',
    pages,
    symbols: new Map(),
    reads: 0,
    onRead: () => undefined,
    verified: true,
    verify: () => kernel.verified,

    define: (type, members) => types.set(type, layOut(members, random)),
    undefine: (type, path) => {
      if (path === undefined) types.delete(type);
      else typeOf(type).fields.delete(path);
    },
    allocate: (typeOrBytes) => {
      const size = typeof typeOrBytes === 'number' ? typeOrBytes : typeOf(typeOrBytes).size;
      const address = free;
      free += BigInt(Math.ceil(size / 8) * 8 + 64);
      write(pages, address, new Uint8Array(size));
      return address;
    },
    set: (type, address, path, value) => {
      const field = fieldOf(type, path);
      if (field === null) throw new Error(`the fake has no ${type}.${path}`);
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
      write(pages, address + BigInt(field.offset), bytes.subarray(0, Math.min(field.size, 8)));
    },
    write: (address, bytes) => write(pages, address, bytes),
    text: (text) => {
      const address = kernel.allocate(Buffer.byteLength(text) + 1);
      write(pages, address, Buffer.from(text));
      return address;
    },
    writeUser: (pageTable, address, bytes) => {
      const own = users.get(pageTable) ?? new Map<bigint, Buffer>();
      users.set(pageTable, own);
      write(own, address, bytes);
    },

    symbol: (name) => {
      const address = kernel.symbols.get(name);
      if (address === undefined) throw new KernelError('symbol-missing', `no symbol ${name}`);
      return address;
    },
    hasSymbol: (name) => kernel.symbols.has(name),
    symbolsLike: (prefix) => [...kernel.symbols.keys()].filter((name) => name.startsWith(prefix)).sort().slice(0, 64),
    sizeOf: (type) => typeOf(type).size,
    offsetOf,
    tryOffsetOf: (type, path) => fieldOf(type, path)?.offset ?? null,
    field: fieldOf,

    read: (address, into, offset = 0, length = into.length - offset) => {
      count();
      return read(pages, address, into, offset, length);
    },
    readUser: (pageTable, address, into, offset = 0, length = into.length - offset) => {
      count();
      const own = users.get(pageTable);
      return own !== undefined && read(own, address, into, offset, length);
    },
    readU64: (address) => {
      const bytes = Buffer.alloc(8);
      return kernel.read(address, bytes) ? bytes.readBigUInt64LE() : null;
    },
    readU32: (address) => {
      const bytes = Buffer.alloc(4);
      return kernel.read(address, bytes) ? bytes.readUInt32LE() : null;
    },
    readText: (address, maximum = 256) => {
      count();
      const bytes: number[] = [];
      const one = Buffer.alloc(1);
      while (bytes.length < maximum) {
        if (!read(pages, address + BigInt(bytes.length), one, 0, 1)) return null;
        if (one[0] === 0) break;
        bytes.push(one[0] ?? 0);
      }
      return Buffer.from(bytes).toString('utf8');
    },
    physical: (address) => (pages.has(address / BigInt(PAGE_BYTES)) ? Number(address & 0xffff_ffffn) : null),
  };
  const count = () => {
    kernel.reads += 1;
    kernel.onRead();
  };
  return kernel;
}

/** Members in any order, aligned to 8 bytes, with gaps; `at` puts a member into another one. */
function layOut(members: FakeMembers, random: () => number): FakeType {
  const fields = new Map<string, Field>();
  let size = 8 * Math.floor(random() * 4);
  const entries = Object.entries(members).map(([path, member]) => ({ path, member: typeof member === 'number' ? { size: member, kind: 'integer' as const } : member }));
  const separate = entries.filter(({ member }) => !('at' in member)).sort(() => random() - 0.5);
  const place = (path: string, offset: number, member: { size: number; kind: FieldKind; typeName?: string; count?: number }) =>
    fields.set(path, { offset, size: member.size, kind: member.kind, typeName: member.typeName ?? '', count: member.count ?? 1, bits: null });
  for (const { path, member } of separate) {
    place(path, size, member);
    size += Math.ceil(member.size / 8) * 8 + 8 * Math.floor(random() * 4);
  }
  for (const { path, member } of entries) {
    if ('at' in member && member.at !== undefined) place(path, (fields.get(member.at)?.offset ?? 0) + (member.plus ?? 0), member);
  }
  return { size: Math.max(size, 8), fields };
}

function write(pages: FakePages, address: bigint, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const at = address + BigInt(done);
    const page = at / BigInt(PAGE_BYTES);
    const inPage = Number(at % BigInt(PAGE_BYTES));
    let target = pages.get(page);
    if (target === undefined) pages.set(page, (target = Buffer.alloc(PAGE_BYTES)));
    const length = Math.min(PAGE_BYTES - inPage, bytes.length - done);
    target.set(bytes.subarray(done, done + length), inPage);
    done += length;
  }
}

function read(pages: FakePages, address: bigint, into: Buffer, offset: number, length: number): boolean {
  if (address < 0n || length < 0 || offset + length > into.length) return false;
  for (let done = 0; done < length; ) {
    const at = address + BigInt(done);
    const source = pages.get(at / BigInt(PAGE_BYTES));
    if (source === undefined) return false;
    const inPage = Number(at % BigInt(PAGE_BYTES));
    const part = Math.min(PAGE_BYTES - inPage, length - done);
    source.copy(into, offset + done, inPage, inPage + part);
    done += part;
  }
  return true;
}

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
