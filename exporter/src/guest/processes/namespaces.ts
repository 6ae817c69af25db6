import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from './addresses.ts';

/** `MAX_PID_NS_LEVEL` */
const MAXIMUM_LEVEL = 32;

/**
 * Reads the numbers that a `struct pid` has in its namespaces, outermost first. The function answers null where `address` is none;
 * a process that is ending loses its own.
 */
export function createNamespacePidReader(kernel: Kernel): (address: bigint) => number[] | null {
  const levelOffset = kernel.offsetOf('pid', 'level');
  const numbersOffset = kernel.offsetOf('pid', 'numbers');
  const step = kernel.sizeOf('upid');
  const number = kernel.offsetOf('upid', 'nr');
  // Nearly all processes are in the first namespace only, so that much is read at once.
  const bytes = Buffer.alloc(numbersOffset + step * (MAXIMUM_LEVEL + 1));
  const single = Math.max(levelOffset + 4, numbersOffset + number + 4);
  return (address) => {
    if (!isKernelPointer(address) || !kernel.read(address, bytes, 0, single)) return null;
    const level = bytes.readUInt32LE(levelOffset);
    if (level > MAXIMUM_LEVEL) return null;
    if (level > 0 && !kernel.read(address, bytes, 0, numbersOffset + step * level + number + 4)) return null;
    return Array.from({ length: level + 1 }, (_, index) => bytes.readInt32LE(numbersOffset + step * index + number));
  };
}
