import type { Interner } from './xdr.ts';

const LONGEST_BYTES = 64;

/**
 * Remembers short strings by their bytes, so that the names of statistics, the same for every domain and every
 * collection, are decoded once. Bounded: when full it decodes without remembering.
 */
export function createFieldNames(capacity = 4096): Interner {
  const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
  const strings: (string | undefined)[] = new Array<string | undefined>(slots);
  let used = 0;

  return {
    get(bytes, start, end) {
      if (end - start > LONGEST_BYTES) return bytes.toString('utf8', start, end);
      let slot = hash(bytes, start, end) & (slots - 1);
      for (;;) {
        const known = strings[slot];
        if (known === undefined) break;
        if (isAscii(known, bytes, start, end)) return known;
        slot = (slot + 1) & (slots - 1);
      }
      const text = bytes.toString('utf8', start, end);
      if (used < capacity && text.length === end - start) {
        strings[slot] = text;
        used++;
      }
      return text;
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(bytes: Buffer, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let at = start; at < end; at++) value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
  return value ^ (value >>> 15);
}

function isAscii(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
