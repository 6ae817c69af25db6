import type { Kernel } from '../kernel/kernel.ts';
import type { FileSystemUse } from './file-system-use.ts';
import { createPerCpuCounterReader } from './per-cpu-counter.ts';

const PAGE_BYTES = 4096;
const MAXIMUM_PAGES = 2n ** 40n;

/**
 * Reads what a tmpfs has, by `shmem_sb_info` (`super_block.s_fs_info`). The function answers null where it can't be read, and `unlimited` of
 * one without a limit, which has nothing of its own to fill up. @returns null where the kernel has no tmpfs
 */
export function createTmpfsUseReader(kernel: Kernel): ((info: bigint) => FileSystemUse | 'unlimited' | null) | null {
  const maximum = kernel.tryOffsetOf('shmem_sb_info', 'max_blocks');
  const used = kernel.tryOffsetOf('shmem_sb_info', 'used_blocks');
  if (maximum === null || used === null) return null;
  const counter = createPerCpuCounterReader(kernel);
  return (info) => {
    const total = kernel.readU64(info + BigInt(maximum));
    if (total === null || total > MAXIMUM_PAGES) return null;
    if (total === 0n) return 'unlimited';
    const taken = counter(info + BigInt(used));
    if (taken === null) return null;
    const free = Math.max(0, Number(total) - taken) * PAGE_BYTES;
    // Its inodes are counted in other units from kernel to kernel.
    return { totalBytes: Number(total) * PAGE_BYTES, freeBytes: free, availableBytes: free, files: null, freeFiles: null };
  };
}
