import type { PhysicalMemory } from '../memory/memory.ts';

/** x86-64 paging with 4 or 5 levels of tables (Intel SDM volume 3, 4.5). */
export type Levels = 4 | 5;

/** The page that a virtual address is in. */
export interface Mapped {
  /** Physical address of the virtual address itself. */
  readonly physical: number;
  /** From there to the end of its page, bytes. */
  readonly left: number;
}

const ENTRY_BYTES = 8;
const PRESENT = 1;
const LARGE = 0x80;
const LARGEST_PAGE = 2 ** 30;
const TWO_TO_32 = 0x1_0000_0000;
/** Bits 12 to 51 of an entry are an address, here those of its upper half. */
const HIGH_ADDRESS_BITS = 0x000f_ffff;
const U64 = 1n << 64n;

/** As `Mapped`; `physical` is null where nothing is mapped, as far as `left` goes. */
export interface Reached {
  readonly physical: number | null;
  readonly left: number;
}

export interface PageWalker {
  /**
   * Translates a virtual address.
   *
   * @param root physical address of the uppermost table
   * @returns null: not mapped, or not an address of this number of levels
   */
  walk(root: number, address: bigint, levels: Levels): Mapped | null;
  /** As `walk`, for going over what is mapped: tells how far a hole goes. */
  reach(root: number, address: bigint, levels: Levels): Reached;
}

/** Walks the page tables of a guest. A walk reads at most 5 entries. */
export function pageWalker(memory: PhysicalMemory): PageWalker {
  const entry = Buffer.alloc(ENTRY_BYTES);

  function reach(root: number, address: bigint, levels: Levels): Reached {
    const low = Number(address & 0xffff_ffffn);
    const high = Number((address >> 32n) & 0xffff_ffffn);
    let table = root;
    for (let level: number = levels; level >= 1; level--) {
      const size = 2 ** (12 + 9 * (level - 1));
      const within = level > 3 ? low : low % size;
      const flags = memory.read(table + indexAt(low, high, level) * ENTRY_BYTES, entry, 0, ENTRY_BYTES) ? entry.readUInt32LE(0) : 0;
      if ((flags & PRESENT) === 0 || !isCanonical(address, levels)) return { physical: null, left: Math.min(size, LARGEST_PAGE) - (within % LARGEST_PAGE) };
      const target = (entry.readUInt32LE(4) & HIGH_ADDRESS_BITS) * TWO_TO_32 + (flags >>> 12) * 4096;
      // The lowest address bits of a large page are flags.
      if (level === 1 || (level <= 3 && (flags & LARGE) !== 0)) return { physical: target - (target % size) + within, left: size - within };
      table = target;
    }
    return { physical: null, left: 4096 };
  }

  return {
    reach,
    walk(root, address, levels) {
      if (!isCanonical(address, levels)) return null;
      const { physical, left } = reach(root, address, levels);
      return physical === null ? null : { physical, left };
    },
  };
}

/** The 9 bits of an address that a level goes by. */
function indexAt(low: number, high: number, level: number): number {
  if (level === 1) return (low >>> 12) & 511;
  if (level === 2) return (low >>> 21) & 511;
  if (level === 3) return ((low >>> 30) | (high << 2)) & 511;
  return level === 4 ? (high >>> 7) & 511 : (high >>> 16) & 511;
}

/** The upper bits, which no level goes by, are all like the highest one of the rest. */
export function isCanonical(address: bigint, levels: Levels): boolean {
  if (address < 0n || address >= U64) return false;
  const upper = address >> BigInt(12 + 9 * levels - 1);
  return upper === 0n || upper === (U64 - 1n) >> BigInt(12 + 9 * levels - 1);
}
