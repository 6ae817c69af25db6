import type { Series } from '../alarms.ts';
import type { ReplayedTick } from '../replay.ts';

/** What many an operator has: an alert on processor or memory over a fixed share, for some time. */
export const STATIC_RATIO = 0.9;

/** The higher of the used shares of processor and memory; a tick in an operation, or of a guest that was just started, tells nothing here either. */
export function usedShares(ticks: readonly ReplayedTick[]): Series {
  const score = ticks.map(({ values, missing }) => {
    if (missing.some(({ signal }) => signal === null)) return Number.NaN;
    const known = [values.cpuRatio, values.memoryUsedRatio].filter((value) => value !== null);
    return known.length === 0 ? Number.NaN : Math.max(...known);
  });
  return { atMs: Float64Array.from(ticks, ({ atMs }) => atMs), score: Float64Array.from(score) };
}
