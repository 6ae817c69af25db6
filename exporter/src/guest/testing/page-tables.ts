import type { Levels } from '../kernel/page-walk.ts';

/** Page tables in a piece of memory: `map` writes what a virtual address leads to. */
export interface PageTables {
  /** @param size bytes of the page: 4 KiB, 2 MiB or 1 GiB */
  map(root: number, address: bigint, physical: number, size: number): void;
}

const PRESENT_WRITABLE = 3n;
const LARGE = 0x80n;
const PAGE_BYTES = 4096;

/**
 * @param bytes memory from physical address 0 on
 * @param free where tables that are needed are put, upwards
 */
export function pageTables(bytes: Buffer, free: number, levels: Levels): PageTables {
  let next = free;
  const allocate = (): number => (next += PAGE_BYTES) - PAGE_BYTES;
  return {
    map(root, address, physical, size) {
      const last = size === PAGE_BYTES ? 1 : size === 2 ** 21 ? 2 : 3;
      let table = root;
      for (let level: number = levels; level > last; level--) {
        const at = table + Number((address >> BigInt(12 + 9 * (level - 1))) & 511n) * 8;
        if (bytes.readBigUInt64LE(at) === 0n) bytes.writeBigUInt64LE(BigInt(allocate()) | PRESENT_WRITABLE, at);
        table = Number(bytes.readBigUInt64LE(at) & ~0xfffn);
      }
      const at = table + Number((address >> BigInt(12 + 9 * (last - 1))) & 511n) * 8;
      bytes.writeBigUInt64LE(BigInt(physical) | PRESENT_WRITABLE | (last === 1 ? 0n : LARGE), at);
    },
  };
}
