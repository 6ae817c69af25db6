/**
 * Quantile of `values` for `share` in [0, 1], linear between the two nearest order statistics (Hyndman and Fan 1996, type 7).
 * Throws on an empty list: a figure without a measurement must not look like one.
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values: a quantile needs at least one');
  if (!(share >= 0 && share <= 1)) throw new RangeError(`share ${share}: expected 0 to 1`);
  const sorted = [...values].sort((left, right) => left - right);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
