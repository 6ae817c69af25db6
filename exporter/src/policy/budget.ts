import type { Ladder } from './types.ts';

/** Wall clock at which the sliding window of the budget began; null: no budget. */
export function budgetSinceMs({ budget }: Ladder, nowMs: number): number | null {
  return budget === null ? null : nowMs - budget.windowSeconds * 1000;
}

/** `recoveries`: those of the domain that began within the window, this one not among them. */
export function budgetSpent({ budget }: Ladder, recoveries: number): boolean {
  return budget !== null && recoveries >= budget.recoveries;
}
