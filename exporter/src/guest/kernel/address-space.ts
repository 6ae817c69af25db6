import type { PhysicalMemory } from '../memory/memory.ts';
import { pageWalker, type Levels } from './page-walk.ts';

/** How a kernel maps memory. */
export interface Mapping {
  readonly levels: Levels;
  /** Physical address of `init_top_pgt`: the kernel's own uppermost table. */
  readonly root: number;
  /** Where all physical memory is mapped one after the other (`page_offset_base`). */
  readonly directMap: bigint;
}

/** Reading of virtual memory; nothing in here throws, whatever the address. */
export interface AddressSpace {
  physical(address: bigint): number | null;
  read(address: bigint, into: Buffer, offset?: number, length?: number): boolean;
  readUser(pageTable: bigint, address: bigint, into: Buffer, offset?: number, length?: number): boolean;
}

const LONGEST_READ = 16 * 1024 * 1024;
const LARGEST_ADDRESS = 2 ** 52;
const KERNEL_HALF = 1n << 63n;
const PAGE_MASK = ~0xfffn;

export function addressSpace(memory: PhysicalMemory, { levels, root, directMap }: Mapping): AddressSpace {
  const walker = pageWalker(memory);
  const mappedBytes = BigInt(Math.min(memory.regions.at(-1)?.end ?? 0, LARGEST_ADDRESS));

  /** In the direct map without a walk: most of what a kernel points to is there. */
  function directly(address: bigint): number | null {
    const distance = address - directMap;
    return distance >= 0n && distance < mappedBytes ? Number(distance) : null;
  }

  function readPages(table: number, start: bigint, into: Buffer, offset: number, length: number): boolean {
    let address = start;
    for (let done = 0; done < length; ) {
      const page = walker.walk(table, address, levels);
      if (page === null) return false;
      const part = Math.min(length - done, page.left);
      if (!memory.read(page.physical, into, offset + done, part)) return false;
      done += part;
      address += BigInt(part);
    }
    return true;
  }

  const physical = (address: bigint): number | null => directly(address) ?? walker.walk(root, address, levels)?.physical ?? null;

  return {
    physical,
    read(address, into, offset = 0, length = into.length - offset) {
      if (!fits(into, offset, length) || address < KERNEL_HALF) return false;
      const direct = directly(address);
      return direct === null ? readPages(root, address, into, offset, length) : memory.read(direct, into, offset, length);
    },
    readUser(pageTable, address, into, offset = 0, length = into.length - offset) {
      if (!fits(into, offset, length) || address < 0n || address + BigInt(length) > KERNEL_HALF) return false;
      const table = pageTable < KERNEL_HALF || pageTable !== (pageTable & PAGE_MASK) ? null : physical(pageTable);
      return table !== null && readPages(table, address, into, offset, length);
    },
  };
}

function fits(into: Buffer, offset: number, length: number): boolean {
  return Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && length <= LONGEST_READ && offset + length <= into.length;
}
