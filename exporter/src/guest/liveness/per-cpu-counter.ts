import type { Kernel } from '../kernel/kernel.ts';

/** More processors than any kernel for x86-64 is built for. */
const MAXIMUM_CPUS = 8192;
/** No count of pages, blocks or files is larger. */
const MAXIMUM = 1n << 62n;

/**
 * Reads the exact value of a `struct percpu_counter`: its `count` and what each processor has still to add to it. The function
 * answers null where that can't be read; a value below 0, possible for moments, is 0.
 */
export function createPerCpuCounterReader(kernel: Kernel): (address: bigint) => number | null {
  const count = kernel.tryOffsetOf('percpu_counter', 'count');
  const counters = kernel.tryOffsetOf('percpu_counter', 'counters');
  const offsets = kernel.hasSymbol('__per_cpu_offset') ? kernel.symbol('__per_cpu_offset') : null;
  const cpus = kernel.hasSymbol('nr_cpu_ids') ? kernel.symbol('nr_cpu_ids') : null;
  if (count === null || counters === null || offsets === null || cpus === null) return () => null;
  return (address) => {
    const shared = kernel.readU64(address + BigInt(count));
    const perCpu = kernel.readU64(address + BigInt(counters));
    const number = kernel.readU32(cpus);
    if (shared === null || perCpu === null || number === null || number > MAXIMUM_CPUS) return null;
    let sum = BigInt.asIntN(64, shared);
    for (let cpu = 0; cpu < number; cpu++) {
      const offset = kernel.readU64(offsets + BigInt(8 * cpu));
      const own = offset === null ? null : kernel.readU32(BigInt.asUintN(64, perCpu + offset));
      if (own === null) return null;
      sum += BigInt(own | 0);
    }
    if (sum > MAXIMUM) return null;
    return sum < 0n ? 0 : Number(sum);
  };
}
