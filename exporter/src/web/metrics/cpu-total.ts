/**
 * CPU time of an app as a counter. The sum that the supervision counts begins anew when the app is declared otherwise; the counter stays
 * where it was then, and goes on with what is used from there.
 */
export interface CpuTotal {
  totalNanoseconds: number;
  /** The sum that was counted last. */
  sumNanoseconds: number;
}

/** Takes in the sum of now. Where it fell, nothing is counted, so that the counter is never too high. */
export function countCpu(before: CpuTotal | null, sumNanoseconds: number): CpuTotal {
  if (before === null) return { totalNanoseconds: sumNanoseconds, sumNanoseconds };
  return { totalNanoseconds: before.totalNanoseconds + Math.max(0, sumNanoseconds - before.sumNanoseconds), sumNanoseconds };
}
