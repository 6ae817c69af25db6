/**
 * Does a stock (used memory, a filling disk) grow without a pause, and when is it used up? What is put up in one go and then stays is no trend,
 * however much it is: the growth that counts is the smallest of several stretches in a row.
 */
export interface Trend {
  /** The latest values, oldest first; `count` of them are there. */
  readonly values: Float64Array;
  count: number;
  readonly stretchTicks: number;
}

export const STRETCHES = 3;

/** @param stretchTicks ticks of one stretch, at least 1 */
export function createTrend(stretchTicks: number): Trend {
  return { values: new Float64Array(STRETCHES * stretchTicks + 1), count: 0, stretchTicks };
}

/** What was before says nothing of what comes: a restart, a gap, an operation of ours. */
export function breakTrend(trend: Trend): void {
  trend.count = 0;
}

/**
 * One tick.
 *
 * @returns what the value will be so many ticks later if it goes on as it did, never less than it is; the value itself while too little is known
 */
export function projected(trend: Trend, value: number, ticksAhead: number): number {
  const { values, stretchTicks } = trend;
  if (trend.count === values.length) values.copyWithin(0, 1);
  else trend.count++;
  values[trend.count - 1] = value;
  if (trend.count < values.length) return value;
  let least = Infinity;
  for (let stretch = 0; stretch < STRETCHES; stretch++) least = Math.min(least, values[(stretch + 1) * stretchTicks]! - values[stretch * stretchTicks]!);
  return value + Math.max(0, least / stretchTicks) * ticksAhead;
}
