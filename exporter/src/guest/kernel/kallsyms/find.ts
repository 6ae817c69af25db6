import { findAddresses, type AddressTable } from './addresses.ts';
import { findNames, type NameTable } from './names.ts';
import { findTokenTables, type TokenTable } from './token-table.ts';

/** The tables of the kernel's symbols (`kernel/kallsyms.c`), by their places in a piece of its image. */
export interface Kallsyms {
  readonly table: TokenTable;
  readonly names: NameTable;
  readonly addresses: AddressTable;
}

/** Token tables that are tried: one is the kernel's, more are remains or bait. */
const MOST_TABLES = 16;
/** A kernel takes some hundred thousand. */
const MOST_STEPS = 20_000_000;

/**
 * Finds the symbols' tables in a piece of a kernel. The piece has to begin at a multiple of 8 in memory.
 *
 * @returns null: there are none, or their layout is not known
 */
export function findKallsyms(image: Buffer): Kallsyms | null {
  const effort = { steps: MOST_STEPS };
  let tried = 0;
  for (const table of findTokenTables(image)) {
    if (++tried > MOST_TABLES) return null;
    const names = findNames(image, table, effort);
    const addresses = names === null ? null : findAddresses(image, names, table);
    if (names !== null && addresses !== null) return { table, names, addresses };
  }
  return null;
}
