import type { PhysicalMemory } from '../memory/memory.ts';
import { IMAGE_STEP_BYTES, KERNEL_MAP, KERNEL_MAP_BYTES, LARGEST_IMAGE_BYTES, mapOffset, type ImagePiece } from './layout.ts';
import { pageWalker, type Levels } from './page-walk.ts';
import type { Registers } from './registers.ts';

/**
 * What a virtual CPU's registers lead to: `firmware`: it has not come to a kernel yet. `foreign`: the kernel is not Linux, or not where
 * Linux is. `unknown`: its tables lead nowhere.
 */
export type RegisterFind = 'firmware' | 'foreign' | 'unknown' | readonly (() => ImagePiece | null)[];

const PAGE_BYTES = 4096;
const GATE_BYTES = 16;
const CR3_ADDRESS = 0x000f_ffff_ffff_f000n;
const CR4_LA57 = 0x1000n;
/** With page table isolation the two uppermost tables lie side by side, the kernel's at the even page. */
const PAIR_MASK = ~0x1fffn;
const KERNEL_HALF = 1n << 63n;

/**
 * Finds the kernel's image by code that is sure to be the kernel's, and all that is mapped around it and contiguous in physical memory. That
 * code is the handler of the first interrupt; kernels that take interrupts without a table (FRED) leave none, and there it is what the CPU runs.
 */
export function imageByRegisters(memory: PhysicalMemory, registers: Registers): RegisterFind {
  const hasTable = registers.idt >= KERNEL_HALF;
  if (!registers.longMode || (registers.privileged && !hasTable && registers.rip < KERNEL_HALF)) return 'firmware';
  const { levels, roots } = tablesOf(registers);
  const finds: (() => ImagePiece | null)[] = [];
  let foreign = false;
  for (const root of roots) {
    const handler = hasTable ? firstHandler(memory, root, levels, registers.idt) : null;
    const offset = mapOffset(handler ?? registers.rip);
    if (handler !== null && offset === null) foreign = true;
    if (offset !== null) finds.push(() => pieceAround(memory, root, levels, offset));
  }
  if (finds.length > 0) return finds;
  return foreign ? 'foreign' : 'unknown';
}

/** The uppermost tables that may be the kernel's: with page table isolation the even one of a pair. */
export function tablesOf({ cr3, cr4 }: Registers): { levels: Levels; roots: number[] } {
  const table = cr3 & CR3_ADDRESS;
  return { levels: (cr4 & CR4_LA57) === 0n ? 4 : 5, roots: [...new Set([table & PAIR_MASK, table])].map(Number) };
}

function firstHandler(memory: PhysicalMemory, root: number, levels: Levels, idt: bigint): bigint | null {
  const at = pageWalker(memory).walk(root, idt, levels);
  const gate = Buffer.alloc(GATE_BYTES);
  if (at === null || at.left < GATE_BYTES || !memory.read(at.physical, gate, 0, GATE_BYTES)) return null;
  return BigInt(gate.readUInt16LE(0)) | (BigInt(gate.readUInt16LE(6)) << 16n) | (BigInt(gate.readUInt32LE(8)) << 32n);
}

function pieceAround(memory: PhysicalMemory, root: number, levels: Levels, handler: number): ImagePiece | null {
  const { walk, reach } = pageWalker(memory);
  const middle = handler - (handler % IMAGE_STEP_BYTES);
  const found = walk(root, KERNEL_MAP + BigInt(handler), levels);
  if (found === null) return null;
  const physBase = found.physical - handler;
  if (physBase % PAGE_BYTES !== 0) return null;

  // After the kernel has started, parts of its image are given back, page by page: one page that is mapped as it should be stands for its step.
  const isMapped = (offset: number): boolean => {
    if (offset < 0 || offset >= KERNEL_MAP_BYTES) return false;
    for (let within = 0; within < IMAGE_STEP_BYTES; ) {
      const page = reach(root, KERNEL_MAP + BigInt(offset + within), levels);
      if (page.physical !== null) return page.physical === physBase + offset + within;
      within += page.left;
    }
    return false;
  };
  let first = middle;
  let end = middle + IMAGE_STEP_BYTES;
  while (end - first < LARGEST_IMAGE_BYTES && isMapped(first - IMAGE_STEP_BYTES)) first -= IMAGE_STEP_BYTES;
  while (end - first < LARGEST_IMAGE_BYTES && isMapped(end)) end += IMAGE_STEP_BYTES;

  const physical = physBase + first;
  const region = memory.regions.find(({ start, end: last }) => physical >= start && physical < last);
  if (region === undefined) return null;
  const bytes = Buffer.allocUnsafe(Math.min(end - first, region.end - physical));
  return memory.read(physical, bytes, 0, bytes.length) ? { physical, bytes, physBase, btf: null } : null;
}
