/** Writes zip archives as PKWARE's APPNOTE describes them: deflate, UTF-8 names, no zip64. The same files give the same bytes. */
import { crc32, deflateRawSync } from 'node:zlib';

const SIGNATURE = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 };
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATE = 8;
/** 1980-01-01, the earliest that the format can tell. */
const DOS_DATE = 0x0021;
/** A plain file, rw-r--r--, in the upper half as Unix keeps it. */
const ATTRIBUTES = 0o100644 * 0x10000;
const MADE_ON_UNIX = 3 * 256;
const MOST_ENTRIES = 0xfffe;
const MOST_BYTES = 0xfffffffe;

/** @throws RangeError for more than the format without zip64 can hold, or a name that leaves the archive */
export function writeZip(files: ReadonlyMap<string, Uint8Array>): Buffer {
  if (files.size > MOST_ENTRIES) {
    throw new RangeError(`${files.size} files are too many for a zip archive`);
  }
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (/^\/|(^|\/)\.\.(\/|$)|\\/.test(name)) {
      throw new RangeError(`${name} is no name for a file in an archive`);
    }
    const entry = toEntry(name, content);
    body.push(entry.local);
    directory.push(centralRecord(entry, offset));
    offset += entry.local.length;
  }
  const central = Buffer.concat(directory);
  if (offset + central.length > MOST_BYTES) {
    throw new RangeError('The archive would be larger than 4 GiB');
  }
  return Buffer.concat([...body, central, endRecord(files.size, central.length, offset)]);
}

interface Entry {
  name: Buffer;
  /** Flags, method, time, date, checksum, sizes, length of the name and of the extra field: the same in both records. */
  common: Buffer;
  local: Buffer;
}

function toEntry(path: string, content: Uint8Array): Entry {
  const name = Buffer.from(path, 'utf8');
  const packed = deflateRawSync(content, { level: 9 });
  const common = Buffer.alloc(24);
  common.writeUInt16LE(UTF8_NAMES, 0);
  common.writeUInt16LE(DEFLATE, 2);
  common.writeUInt16LE(DOS_DATE, 6);
  common.writeUInt32LE(crc32(content), 8);
  common.writeUInt32LE(packed.length, 12);
  common.writeUInt32LE(content.length, 16);
  common.writeUInt16LE(name.length, 20);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(SIGNATURE.local, 0);
  head.writeUInt16LE(VERSION, 4);
  return { name, common, local: Buffer.concat([head, common, name, packed]) };
}

function centralRecord({ name, common }: Entry, offset: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(SIGNATURE.central, 0);
  head.writeUInt16LE(MADE_ON_UNIX + VERSION, 4);
  head.writeUInt16LE(VERSION, 6);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(ATTRIBUTES, 6);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([head, common, tail, name]);
}

function endRecord(entries: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(SIGNATURE.end, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}
