/**
 * Observations of one target as bytes: records, one after the other, each of an uninterrupted time. Little endian.
 *
 *     0  magic "VMob"
 *     4  CRC-32 of all that follows
 *     8  version (1)
 *    12  number of ticks
 *    16  wall clock of the first tick, ms (double)
 *    24  length of a tick, s (double)
 *    32  one Int16 a tick: symbol, MISSING, or code of a partial observation
 */
import { crc32 } from 'node:zlib';
import type { SymbolRecord } from '../prediction/states-known.ts';

const MAGIC = Buffer.from('VMob', 'latin1');
const VERSION = 1;
export const HEADER_BYTES = 32;
const AT = { checksum: 4, version: 8, ticks: 12, start: 16, tickSeconds: 24 } as const;
/** Of an hour, at the shortest tick twice. */
export const MOST_TICKS = 16_384;
/** What looks like the begin of a record in damaged bytes is tried so often; there is no more to hope for then. */
const MOST_TRIES = 1000;
const LONGEST_TICK_SECONDS = 86_400;
const LATEST_MS = 8.64e15;

/** @throws RangeError when it has no ticks, or too many */
export function encodeRecord({ startMs, tickSeconds, symbols }: SymbolRecord): Buffer {
  if (symbols.length < 1 || symbols.length > MOST_TICKS) throw new RangeError(`a record has 1 to ${MOST_TICKS} ticks, not ${symbols.length}`);
  const bytes = Buffer.alloc(HEADER_BYTES + symbols.length * 2);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, AT.version);
  bytes.writeUInt32LE(symbols.length, AT.ticks);
  bytes.writeDoubleLE(startMs, AT.start);
  bytes.writeDoubleLE(tickSeconds, AT.tickSeconds);
  symbols.forEach((code, n) => bytes.writeInt16LE(code, HEADER_BYTES + 2 * n));
  bytes.writeUInt32LE(crc32(bytes.subarray(AT.version)), AT.checksum);
  return bytes;
}

export interface Decoded {
  records: SymbolRecord[];
  /** What could not be read; each stretch once. */
  damaged: { fromByte: number; toByte: number }[];
  /** Where the first record begins that is not all there: it may still be being written. */
  endByte: number;
}

/** Never throws: what is no record is passed over up to the next one. */
export function decodeRecords(bytes: Buffer): Decoded {
  const decoded: Decoded = { records: [], damaged: [], endByte: bytes.length };
  for (let at = 0; at < bytes.length; ) {
    const record = recordAt(bytes, at);
    if (record === 'cut off') {
      // With another one behind it, it is not being written any more.
      const next = nextRecord(bytes, at + 1);
      if (next === null) return { ...decoded, endByte: at };
      decoded.damaged.push({ fromByte: at, toByte: next });
      at = next;
    } else if (record === null) {
      const next = nextRecord(bytes, at + 1) ?? bytes.length;
      decoded.damaged.push({ fromByte: at, toByte: next });
      at = next;
    } else {
      decoded.records.push(record);
      at += HEADER_BYTES + record.symbols.length * 2;
    }
  }
  return decoded;
}

/** Where the next whole record begins. A magic word alone may be an accident. */
function nextRecord(bytes: Buffer, from: number): number | null {
  for (let at = bytes.indexOf(MAGIC, from), tries = 0; at >= 0 && tries < MOST_TRIES; at = bytes.indexOf(MAGIC, at + 1), tries++) {
    const record = recordAt(bytes, at);
    if (record !== null && record !== 'cut off') return at;
  }
  return null;
}

function recordAt(bytes: Buffer, at: number): SymbolRecord | 'cut off' | null {
  const left = bytes.length - at;
  const magic = Math.min(left, MAGIC.length);
  if (bytes.compare(MAGIC, 0, magic, at, at + magic) !== 0) return null;
  if (left < HEADER_BYTES) return 'cut off';
  const ticks = bytes.readUInt32LE(at + AT.ticks);
  const [startMs, tickSeconds] = [bytes.readDoubleLE(at + AT.start), bytes.readDoubleLE(at + AT.tickSeconds)];
  if (bytes.readUInt32LE(at + AT.version) !== VERSION || ticks < 1 || ticks > MOST_TICKS) return null;
  if (!(Math.abs(startMs) <= LATEST_MS && tickSeconds > 0 && tickSeconds <= LONGEST_TICK_SECONDS)) return null;
  const end = at + HEADER_BYTES + ticks * 2;
  if (end > bytes.length) return 'cut off';
  if (bytes.readUInt32LE(at + AT.checksum) !== crc32(bytes.subarray(at + AT.version, end))) return null;
  return { startMs, tickSeconds, symbols: Int16Array.from({ length: ticks }, (_, n) => bytes.readInt16LE(at + HEADER_BYTES + 2 * n)) };
}
