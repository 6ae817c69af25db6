import { setImmediate } from 'node:timers/promises';
import type { MemoryRange, PhysicalMemory } from '../memory/memory.ts';
import { BTF_HEADER_BYTES, BTF_START, readBtfHeader } from './btf/sections.ts';
import type { ImagePiece } from './layout.ts';

/** A kernel's own BTF is some megabytes; modules have less. */
const LEAST_BTF_BYTES = 1_000_000;
/** The symbols' tables lie before the BTF, in the same read-only data. */
const BEFORE_BTF_BYTES = 40 * 1024 * 1024;
const AFTER_BTF_BYTES = 1024 * 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
const PAGE_BYTES = 4096;
/** Places that look like BTF; there are seldom more than three (the kernel's, and what unpacking it has left behind). */
const MOST_FINDS = 16;

/**
 * Finds kernels by their BTF alone, in all pages that the host holds: for guests whose registers tell nothing. Remains of the kernel's
 * unpacking look the same, so whoever asks has to try each. Other work goes on in between.
 *
 * @param mostBytes where it stops searching
 */
export async function* imagesByScan(memory: PhysicalMemory, mostBytes: number): AsyncGenerator<ImagePiece> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES + BTF_HEADER_BYTES);
  let scanned = 0;
  let finds = 0;
  for (const region of memory.regions) {
    for (const run of memory.present(region.start, region.end)) {
      if (scanned >= mostBytes || finds >= MOST_FINDS) return;
      scanned += run.end - run.start;
      for (const physical of btfIn(memory, region, run, chunk)) {
        const piece = pieceAround(memory, region, physical);
        if (piece !== null) yield piece;
        if (++finds >= MOST_FINDS) return;
        await setImmediate();
      }
      await setImmediate();
    }
  }
}

/** Beginnings of BTF in a run of pages; a header may reach into what follows. */
function btfIn(memory: PhysicalMemory, region: MemoryRange, run: MemoryRange, chunk: Buffer): number[] {
  const length = Math.min(run.end - run.start, CHUNK_BYTES);
  const whole = Math.min(length + BTF_HEADER_BYTES, region.end - run.start);
  if (!memory.read(run.start, chunk, 0, whole)) return [];
  const bytes = chunk.subarray(0, whole);
  const found: number[] = [];
  for (let at = bytes.indexOf(BTF_START); at >= 0 && at < length; at = bytes.indexOf(BTF_START, at + 1)) {
    const sections = readBtfHeader(bytes, at);
    if (sections !== null && sections.length >= LEAST_BTF_BYTES) found.push(run.start + at);
  }
  return found;
}

function pieceAround(memory: PhysicalMemory, region: MemoryRange, btf: number): ImagePiece | null {
  const from = Math.max(region.start, btf - (btf % PAGE_BYTES) - BEFORE_BTF_BYTES);
  const to = Math.min(region.end, btf + AFTER_BTF_BYTES);
  const bytes = Buffer.allocUnsafe(to - from);
  return memory.read(from, bytes, 0, bytes.length) ? { physical: from, bytes, physBase: null, btf } : null;
}
