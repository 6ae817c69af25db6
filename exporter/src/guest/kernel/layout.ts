/** Where the kernel's image is mapped (`__START_KERNEL_map`): in the last 2 GiB, of which the image has the first. */
export const KERNEL_MAP = 0xffff_ffff_8000_0000n;
export const KERNEL_MAP_BYTES = 0x4000_0000;
/** The image is mapped and placed at multiples of this. */
export const IMAGE_STEP_BYTES = 0x20_0000;
/** Larger than any kernel's image with all its data. */
export const LARGEST_IMAGE_BYTES = 160 * 1024 * 1024;

/** Place of an address in the kernel's map; null: it is not in there. */
export function mapOffset(address: bigint): number | null {
  const offset = address - KERNEL_MAP;
  return offset >= 0n && offset < BigInt(KERNEL_MAP_BYTES) ? Number(offset) : null;
}

/** A piece of memory that should hold the kernel's read-only data. */
export interface ImagePiece {
  /** Physical address of its beginning, a multiple of 8. */
  readonly physical: number;
  readonly bytes: Buffer;
  /**
   * The physical address that the beginning of the kernel's map has: the kernel's own `phys_base`. It may be below 0. Null where it is
   * not known from page tables.
   */
  readonly physBase: number | null;
  /** Physical address of BTF that was found; null: only the kernel's symbols tell. */
  readonly btf: number | null;
}
