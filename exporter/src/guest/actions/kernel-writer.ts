import type { Kernel } from '../kernel/kernel.ts';
import { ActionFailed } from './action-error.ts';
import type { PhysicalWriter } from './physical-writer.ts';

const PAGE_BYTES = 4096n;
const MOST_BYTES = 65_536;
/** Code and constants: changing them is never needed and never done. */
const READ_ONLY: readonly (readonly [string, string])[] = [
  ['_stext', '_etext'],
  ['__start_rodata', '__end_rodata'],
];

/** Writes kernel virtual memory of a guest. All that actions can change in a guest goes through it. */
export interface KernelWriter {
  /**
   * Writes `bytes` at `address` and reads them back.
   *
   * @throws ActionFailed `changed-by-others`, `write-failed`; `left` tells whether something may have been written
   */
  write(address: bigint, bytes: Buffer): void;
}

/** A writer for the kernel that `kernel` reads, page by page through its own page tables. */
export function createKernelWriter(kernel: Kernel, memory: PhysicalWriter): KernelWriter {
  const forbidden = READ_ONLY.filter(([from, to]) => kernel.hasSymbol(from) && kernel.hasSymbol(to)).map(([from, to]) => ({
    from: kernel.symbol(from),
    to: kernel.symbol(to),
  }));

  function writePage(address: bigint, bytes: Buffer, hasWritten: boolean): void {
    const physical = kernel.physical(address);
    const before = Buffer.alloc(bytes.length);
    if (physical === null || !kernel.read(address, before)) {
      throw new ActionFailed('write-failed', `kernel address 0x${address.toString(16)} is not mapped`, { left: hasWritten });
    }
    memory.replace(physical, before, bytes);
    const after = Buffer.alloc(bytes.length);
    if (!kernel.read(address, after) || !after.equals(bytes)) {
      throw new ActionFailed('write-failed', `kernel address 0x${address.toString(16)} does not hold what was written`, { left: true });
    }
  }

  return {
    write(address, bytes) {
      if (bytes.length === 0 || bytes.length > MOST_BYTES) throw new RangeError(`${bytes.length} bytes: 1 to ${MOST_BYTES} are written at once`);
      const end = address + BigInt(bytes.length);
      if (forbidden.some(({ from, to }) => address < to && end > from)) {
        throw new ActionFailed('write-failed', `kernel address 0x${address.toString(16)} is code or constant`, { left: false });
      }
      for (let done = 0; done < bytes.length; ) {
        const at = address + BigInt(done);
        const length = Math.min(bytes.length - done, Number(PAGE_BYTES - (at % PAGE_BYTES)));
        writePage(at, bytes.subarray(done, done + length), done > 0);
        done += length;
      }
    },
  };
}
