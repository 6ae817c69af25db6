import { crc32, inflateRawSync } from 'node:zlib';

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const MOST_COMMENT_BYTES = 0xffff;
const MOST_FILE_BYTES = 256 * 1024 * 1024;

/** Name -> content; folders are left out. @throws Error for what is no zip archive, or is damaged */
export function readZip(archive: Buffer): Map<string, Buffer> {
  const end = findEnd(archive);
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== CENTRAL) {
      throw new Error(`No entry of a zip archive at ${at}`);
    }
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) {
      files.set(name, contentOf(archive, at, name));
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_BYTES - MOST_COMMENT_BYTES);
  for (let at = archive.length - END_BYTES; at >= first; at--) {
    if (archive.readUInt32LE(at) === END) {
      return at;
    }
  }
  throw new Error('This is no zip archive');
}

function contentOf(archive: Buffer, central: number, name: string): Buffer {
  const method = archive.readUInt16LE(central + 10);
  const local = archive.readUInt32LE(central + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const stored = archive.subarray(start, start + archive.readUInt32LE(central + 20));
  if (method !== 0 && method !== 8) {
    throw new Error(`${name}: packed by an unknown method (${method})`);
  }
  const content = method === 0 ? Buffer.from(stored) : inflateRawSync(stored, { maxOutputLength: MOST_FILE_BYTES });
  if (crc32(content) !== archive.readUInt32LE(central + 16)) {
    throw new Error(`${name}: damaged`);
  }
  return content;
}
