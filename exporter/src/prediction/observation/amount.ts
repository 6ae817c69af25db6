/** A number that can be a counter or a size; anything else counts as not said. */
export function amount(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : null;
}

/** Null where either is unknown, where nothing can be divided, and where the result is no amount. */
export function quotient(dividend: number | null, divisor: number | null): number | null {
  if (dividend === null || divisor === null || !(divisor > 0)) return null;
  return amount(dividend / divisor);
}

export function atMostOne(value: number | null): number | null {
  return value === null ? null : Math.min(1, value);
}

/** The sum; null where one is unknown. */
export function sumOf(values: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return amount(sum);
}
