/** A command line that cannot be right; ends with status 2. */
export class UsageError extends Error {}

/** @throws UsageError */
export function wholeNumber(what: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
  throw new UsageError(`${what} ${text}: allowed are whole numbers from ${minimum} to ${maximum}`);
}

/** @throws UsageError */
export function oneOf<T extends string>(what: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UsageError(`${what} ${text}: allowed are ${allowed.join(', ')}`);
  return found;
}
