import type { PhysicalMemory } from '../memory/memory.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Physical memory for tests: pieces of RAM, each a buffer at its physical address. */
export function bufferMemory(pieces: readonly { start: number; bytes: Buffer }[]): PhysicalMemory {
  const regions = pieces.map(({ start, bytes }) => ({ start, end: start + bytes.length }));
  return {
    regions,
    read(physical, into, offset, length) {
      const piece = pieces.find(({ start, bytes }) => physical >= start && length >= 0 && physical + length <= start + bytes.length);
      if (piece === undefined || offset < 0 || offset + length > into.length) return false;
      piece.bytes.copy(into, offset, physical - piece.start, physical - piece.start + length);
      return true;
    },
    *present(start, end) {
      for (const region of regions) {
        const to = Math.min(end, region.end);
        for (let at = Math.max(start, region.start); at < to; at += CHUNK_BYTES) yield { start: at, end: Math.min(at + CHUNK_BYTES, to) };
      }
    },
    close: () => undefined,
  };
}
