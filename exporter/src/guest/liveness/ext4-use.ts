import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from '../processes/addresses.ts';
import type { FileSystemUse } from './file-system-use.ts';
import { createPerCpuCounterReader } from './per-cpu-counter.ts';

/** Offsets of members of `ext4_sb_info` that are needed. */
const MEMBERS = [
  's_es',
  's_overhead',
  's_cluster_bits',
  's_resv_clusters',
  's_freeclusters_counter',
  's_dirtyclusters_counter',
  's_freeinodes_counter',
] as const;
export type Ext4Members = Record<(typeof MEMBERS)[number], number>;

/** The superblock as it is on disk, `struct ext4_super_block`: Linux, Documentation/filesystems/ext4/super.rst. */
const ON_DISK = { inodes: 0x0, blocksLow: 0x4, reservedLow: 0x8, logBlockSize: 0x18, magic: 0x38, incompatible: 0x60, blocksHigh: 0x150, reservedHigh: 0x154 };
const ON_DISK_BYTES = 0x158;
const MAGIC = 0xef53;
const INCOMPATIBLE_64BIT = 0x80;
const MAXIMUM_LOG_BLOCK_SIZE = 6;
const MAXIMUM_CLUSTER_BITS = 20;

/** The members of `ext4_sb_info`, by a function that knows its types; null where one is missing. */
export function findExt4Members(offsetOf: (type: string, path: string) => number | null): Ext4Members | null {
  const found = MEMBERS.map((name) => [name, offsetOf('ext4_sb_info', name)] as const);
  return found.some(([, offset]) => offset === null) ? null : (Object.fromEntries(found) as Ext4Members);
}

/**
 * Reads what an ext4 file system has, as its `statfs()` computes it (mounted with `minixdf` it would show its own blocks as usable ones; here it
 * never does). The function takes the address of `ext4_sb_info`
 * (`super_block.s_fs_info`) and answers null where there is none, or one with impossible numbers.
 */
export function createExt4UseReader(kernel: Kernel): (info: bigint, members: Ext4Members) => FileSystemUse | null {
  const counter = createPerCpuCounterReader(kernel);
  const disk = Buffer.alloc(ON_DISK_BYTES);
  return (info, members) => {
    const at = (name: keyof Ext4Members) => info + BigInt(members[name]);
    const superblock = kernel.readU64(at('s_es'));
    if (superblock === null || !isKernelPointer(superblock) || !kernel.read(superblock, disk)) return null;
    const static_ = decode(disk);
    const overhead = kernel.readU64(at('s_overhead'));
    const clusterBits = kernel.readU32(at('s_cluster_bits'));
    const reservedClusters = kernel.readU64(at('s_resv_clusters'));
    const free = counter(at('s_freeclusters_counter'));
    const dirty = counter(at('s_dirtyclusters_counter'));
    const freeFiles = counter(at('s_freeinodes_counter'));
    if (static_ === null || overhead === null || clusterBits === null || clusterBits > MAXIMUM_CLUSTER_BITS) return null;
    if (reservedClusters === null || free === null || dirty === null || freeFiles === null) return null;
    const blocksOf = (clusters: number) => clusters * 2 ** clusterBits;
    const total = static_.blocks - blocksOf(Number(overhead));
    const freeBlocks = blocksOf(Math.max(0, free - dirty));
    const available = Math.max(0, freeBlocks - static_.reserved - blocksOf(Number(reservedClusters)));
    if (total < 0 || freeBlocks > static_.blocks || freeFiles > static_.files) return null;
    return {
      totalBytes: total * static_.blockBytes,
      freeBytes: freeBlocks * static_.blockBytes,
      availableBytes: available * static_.blockBytes,
      files: static_.files,
      freeFiles,
    };
  };
}

function decode(disk: Buffer): { blocks: number; reserved: number; files: number; blockBytes: number } | null {
  const logBlockSize = disk.readUInt32LE(ON_DISK.logBlockSize);
  if (disk.readUInt16LE(ON_DISK.magic) !== MAGIC || logBlockSize > MAXIMUM_LOG_BLOCK_SIZE) return null;
  const is64 = (disk.readUInt32LE(ON_DISK.incompatible) & INCOMPATIBLE_64BIT) !== 0;
  const wide = (low: number, high: number) => disk.readUInt32LE(low) + (is64 ? disk.readUInt32LE(high) * 2 ** 32 : 0);
  const blocks = wide(ON_DISK.blocksLow, ON_DISK.blocksHigh);
  const reserved = wide(ON_DISK.reservedLow, ON_DISK.reservedHigh);
  const blockBytes = 1024 * 2 ** logBlockSize;
  if (reserved > blocks || !Number.isSafeInteger(blocks * blockBytes)) return null;
  return { blocks, reserved, files: disk.readUInt32LE(ON_DISK.inodes), blockBytes };
}
