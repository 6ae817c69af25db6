import { createHash } from 'node:crypto';
import { parseBtf, type Btf } from './btf/btf.ts';
import type { Kallsyms } from './kallsyms/find.ts';
import { indexSymbols, type Symbols } from './kallsyms/symbols.ts';

/** A kernel's types with the SHA-256 of their BTF. */
export interface TypesOfKernel {
  readonly btf: Btf;
  readonly hash: string;
}

/**
 * What was learnt of kernels, to be shared by all guests that run the same one: some 10 MB for each kernel instead of for each guest. Kept
 * by the hash of all that it was made of, so that a guest that lies about its kernel harms none but itself.
 */
export interface Profiles {
  symbols(image: Buffer, kallsyms: Kallsyms): Symbols;
  /** @throws KernelError `unsupported-kernel` */
  types(bytes: Buffer): TypesOfKernel;
}

const DEFAULT_MOST_KERNELS = 8;

/** @param mostKernels kept; the one not used for the longest time goes first */
export function createProfiles(mostKernels = DEFAULT_MOST_KERNELS): Profiles {
  const symbols = new Map<string, Symbols>();
  const types = new Map<string, TypesOfKernel>();
  return {
    symbols(image, kallsyms) {
      const { table, names, addresses } = kallsyms;
      const hash = createHash('sha256').update(`${addresses.rule} ${names.count} ${table.end - table.start} ${names.end - names.start} `);
      for (const { start, end } of [table, names, addresses]) hash.update(image.subarray(start, end));
      return kept(symbols, hash.digest('hex'), mostKernels, () => indexSymbols(image, kallsyms));
    },
    types(bytes) {
      const hash = createHash('sha256').update(bytes).digest('hex');
      return kept(types, hash, mostKernels, () => ({ btf: parseBtf(bytes), hash }));
    },
  };
}

function kept<T>(all: Map<string, T>, key: string, most: number, make: () => T): T {
  const value = all.get(key) ?? make();
  all.delete(key);
  all.set(key, value);
  for (const oldest of all.keys()) {
    if (all.size <= most) break;
    all.delete(oldest);
  }
  return value;
}
