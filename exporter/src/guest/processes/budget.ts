import { GuestError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';

export interface BudgetLimits {
  /** Reads of the guest's memory. */
  reads: number;
  milliseconds: number;
}

export interface BudgetedKernel extends Kernel {
  /** From now on all of the budget is there again. */
  renew(): void;
}

/** Time is looked at once in so many reads. */
const READS_PER_LOOK = 64;

/**
 * The same kernel, its reads limited in number and time until `renew()`: whatever loops a guest makes up, all of them together end.
 * Every read past the budget throws GuestError `inconsistent`.
 */
export function withBudget(kernel: Kernel, limits: BudgetLimits, now: () => number = () => performance.now()): BudgetedKernel {
  let reads = 0;
  let end = now() + limits.milliseconds;
  const spend = () => {
    reads += 1;
    if (reads > limits.reads) {
      throw new GuestError('inconsistent', `more than ${limits.reads} reads of the guest's memory: its lists do not end; look again later`);
    }
    if (reads % READS_PER_LOOK === 0 && now() > end) {
      throw new GuestError('inconsistent', `reading the guest took longer than ${limits.milliseconds} ms; look again later`);
    }
  };
  return {
    banner: kernel.banner,
    release: kernel.release,
    btfHash: kernel.btfHash,
    symbol: (name) => kernel.symbol(name),
    hasSymbol: (name) => kernel.hasSymbol(name),
    symbolsLike: (prefix) => kernel.symbolsLike(prefix),
    sizeOf: (type) => kernel.sizeOf(type),
    offsetOf: (type, path) => kernel.offsetOf(type, path),
    tryOffsetOf: (type, path) => kernel.tryOffsetOf(type, path),
    field: (type, path) => kernel.field(type, path),
    read: (address, into, offset, length) => (spend(), kernel.read(address, into, offset, length)),
    readUser: (pageTable, address, into, offset, length) => (spend(), kernel.readUser(pageTable, address, into, offset, length)),
    readU64: (address) => (spend(), kernel.readU64(address)),
    readU32: (address) => (spend(), kernel.readU32(address)),
    readText: (address, maximum) => (spend(), kernel.readText(address, maximum)),
    physical: (address) => (spend(), kernel.physical(address)),
    verify: () => kernel.verify(),
    renew: () => {
      reads = 0;
      end = now() + limits.milliseconds;
    },
  };
}
