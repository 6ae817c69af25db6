import type { NameTable } from './names.ts';
import type { TokenTable } from './token-table.ts';

/**
 * How the kernel writes the addresses of its symbols, 32 bits each:
 * - `signed`: negative ones count back from just below a base (base - 1 - value), others are addresses of their own (per-CPU
 *   variables). x86-64 up to 6.14 (KALLSYMS_ABSOLUTE_PERCPU).
 * - `unsigned`: all count from a base. From 6.15 on.
 * - `place`: each counts from the place that it is written at, and there is no base. Later kernels.
 */
export type AddressRule = 'signed' | 'unsigned' | 'place';

export interface AddressTable {
  readonly rule: AddressRule;
  /** Where `kallsyms_offsets` begins and ends. */
  readonly start: number;
  readonly end: number;
  /** `kallsyms_relative_base`, a kernel virtual address; null for the rule `place`. */
  readonly base: bigint | null;
}

/** The kernel is mapped in the last 2 GiB. */
const KERNEL_MAP = 0xffff_ffff_8000_0000n;
/** Addresses are sorted. Kernels with a few that are not would still be told apart from tables that are not addresses. */
const ORDERED_SHARE = 0.999;

const alignedUp = (value: number): number => Math.ceil(value / 8) * 8;

/**
 * The addresses that belong to names and tokens: before the number of names (up to 6.4), or behind the index of tokens (from 6.5 on).
 * Place and rule are taken from what is there, as kernels carry changes of later ones: only with the right rule are
 * the addresses sorted.
 */
export function findAddresses(image: Buffer, names: NameTable, table: TokenTable): AddressTable | null {
  const bytes = alignedUp(4 * names.count);
  const before = names.start - 16 - bytes;
  const places = [
    { start: before, base: names.start - 16 },
    { start: table.end, base: table.end + bytes },
    { start: table.end, base: null },
  ];
  for (const place of places) {
    const end = place.start + 4 * names.count;
    if (place.start < 0 || end + 16 > image.length) continue;
    const base = place.base === null ? null : image.readBigUInt64LE(place.base);
    if (base !== null && base < KERNEL_MAP) continue;
    const rules: readonly AddressRule[] = base === null ? ['place'] : ['signed', 'unsigned'];
    for (const rule of rules) {
      if (isSorted(image, place.start, names.count, rule)) return { rule, start: place.start, end, base };
    }
  }
  return null;
}

/**
 * The distance of a symbol from the base, or from the start of the table for `place`; bytes. Null: the value is an address of its own.
 */
export function distanceOf(value: number, index: number, rule: AddressRule): number | null {
  if (rule === 'unsigned') return value >>> 0;
  if (rule === 'place') return 4 * index + value;
  return value < 0 ? -1 - value : null;
}

function isSorted(image: Buffer, start: number, count: number, rule: AddressRule): boolean {
  let previous = -Infinity;
  let disordered = 0;
  let distinct = 0;
  let own = 0;
  const allowed = Math.floor(count * (1 - ORDERED_SHARE));
  for (let index = 0; index < count; index++) {
    const value = image.readInt32LE(start + 4 * index);
    // Addresses of their own are the lowest ones.
    const fromBase = distanceOf(value, index, rule);
    if (fromBase === null) own++;
    const distance = fromBase ?? value - 2 ** 32;
    if (distance < previous && ++disordered > allowed) return false;
    if (distance > previous) distinct++;
    previous = distance;
  }
  return distinct * 2 > count && own * 2 < count;
}
