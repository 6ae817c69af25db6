import type { Course } from './course.ts';
import type { Series } from './alarms.ts';

export interface Brier {
  /** Mean squared difference of probability and outcome; null: no ticks. 0 is perfect. */
  score: number | null;
  ticks: number;
  /** Share of ticks with a failure within the horizon; whoever always says this share scores `base`. */
  rate: number | null;
  base: number | null;
}

/**
 * Brier score of the probability to fail within the horizon, over all ticks until the failure. Abrupt failures, which have no sign before,
 * and declines that were survived are left out where nothing is known of them: from the watched moment on.
 */
export function brierOf(scored: readonly { course: Course; series: Series }[], horizonSeconds: number): Brier {
  let [sum, ticks, failing] = [0, 0, 0];
  for (const { course, series } of scored) {
    const { event, healthy } = course;
    const failedMs = event === null || event.abrupt ? Infinity : event.failedMs;
    const endMs = failedMs === Infinity ? healthy.toMs : failedMs;
    for (let t = 0; t < series.atMs.length; t++) {
      const [atMs, probability] = [series.atMs[t]!, series.score[t]!];
      if (atMs >= endMs || Number.isNaN(probability)) continue;
      const outcome = failedMs - atMs <= horizonSeconds * 1000 ? 1 : 0;
      sum += (probability - outcome) ** 2;
      failing += outcome;
      ticks++;
    }
  }
  if (ticks === 0) return { score: null, ticks, rate: null, base: null };
  const rate = failing / ticks;
  return { score: sum / ticks, ticks, rate, base: rate * (1 - rate) };
}
