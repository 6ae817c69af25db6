import { KernelError } from '../error.ts';
import type { PhysicalMemory } from '../memory/memory.ts';
import type { Kallsyms } from './kallsyms/find.ts';
import type { Symbols } from './kallsyms/symbols.ts';
import { IMAGE_STEP_BYTES, KERNEL_MAP, mapOffset, type ImagePiece } from './layout.ts';

/** Where a kernel is: what its symbols count from, and where its map lies in physical memory. */
export interface Placement {
  /** Place in the kernel's map (`KERNEL_MAP`) that symbols' distances count from. */
  readonly anchor: number;
  /** The physical address that the beginning of the map has; below 0 where the kernel lies lower than it is mapped. */
  readonly physBase: number;
}

/** Address of a symbol. @throws KernelError `symbol-missing`, `symbol-ambiguous` */
export function symbolAddress(symbols: Symbols, anchor: number, name: string): bigint {
  const found = symbols.find(name);
  if (found === 'missing') throw new KernelError('symbol-missing', `the kernel has no symbol ${name}`);
  if (found === 'ambiguous') throw new KernelError('symbol-ambiguous', `the kernel has more than one symbol ${name}`);
  return found.absolute ? BigInt(found.distance) : KERNEL_MAP + BigInt(anchor + found.distance);
}

/**
 * Works out where the kernel is, and holds all that tells it against each other: page tables or found BTF, the symbols' base, and the kernel's
 * own variable `phys_base`.
 *
 * @throws KernelError `inconsistent`; `symbol-missing`, `symbol-ambiguous`
 */
export function placeKernel(memory: PhysicalMemory, piece: ImagePiece, kallsyms: Kallsyms, symbols: Symbols): Placement {
  const distance = (name: string): number => {
    const found = symbols.find(name);
    if (typeof found === 'object' && !found.absolute) return found.distance;
    throw new KernelError(found === 'ambiguous' ? 'symbol-ambiguous' : 'symbol-missing', `the kernel has no symbol ${name}, or more than one`);
  };
  const { base } = kallsyms.addresses;
  const anchor = base === null ? null : mapOffset(base);
  if (base !== null && anchor === null) throw new KernelError('inconsistent', "the base of the kernel's symbols lies outside of the kernel's map");

  const physicalAnchor = anchorInMemory(piece, kallsyms, anchor, () => distance('__start_BTF'));
  const variable = Buffer.alloc(8);
  if (!memory.read(physicalAnchor + distance('phys_base'), variable, 0, 8)) {
    throw new KernelError('inconsistent', "the kernel's variable phys_base does not lie in memory");
  }
  const physBase = Number(variable.readBigInt64LE(0));
  const agreed =
    physBase % IMAGE_STEP_BYTES === 0 &&
    Number.isSafeInteger(physBase) &&
    (piece.physBase === null || piece.physBase === physBase) &&
    (piece.btf === null || piece.btf === physicalAnchor + distance('__start_BTF')) &&
    (anchor === null || anchor + physBase === physicalAnchor);
  if (!agreed) throw new KernelError('inconsistent', "page tables, symbols and phys_base do not agree about where the kernel is in memory");
  return { anchor: physicalAnchor - physBase, physBase };
}

/** The physical address that symbols' distances count from. */
function anchorInMemory(piece: ImagePiece, { addresses }: Kallsyms, anchor: number | null, btfDistance: () => number): number {
  if (anchor === null) return piece.physical + addresses.start;
  if (piece.physBase !== null) return anchor + piece.physBase;
  if (piece.btf !== null) return piece.btf - btfDistance();
  throw new KernelError('inconsistent', 'nothing tells where the kernel is in memory');
}
