/**
 * CPU time of a group of processes as a counter. The sum over those that run falls when one of them ends; the counter stays where it
 * was then, and goes on with what is used from there.
 */
export interface CpuTotal {
  totalNanoseconds: number;
  /** The sum that was counted last. */
  sumNanoseconds: number;
}

/**
 * Takes in the sum of now. Where processes ended, it is not known how much the others used since the sum before: that is left out, so
 * the counter is never too high.
 */
export function countCpu(before: CpuTotal | null, sumNanoseconds: number): CpuTotal {
  if (before === null) return { totalNanoseconds: sumNanoseconds, sumNanoseconds };
  return { totalNanoseconds: before.totalNanoseconds + Math.max(0, sumNanoseconds - before.sumNanoseconds), sumNanoseconds };
}
