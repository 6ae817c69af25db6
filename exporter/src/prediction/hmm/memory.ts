import type { Prior } from './baum-welch.ts';
import type { Expectations } from './expectation.ts';

/**
 * What was learnt before, as counts that fade: training each time on the newest data alone, with these as part of the prior, costs the
 * same every night and still knows last week.
 *
 * @param newest expected counts of the newest data under the model trained on it
 * @param keep for each state the share of its old counts that stays, 0 to 1: what is rare should fade more slowly
 */
export function remember(old: Prior | null, newest: Pick<Expectations, keyof Prior>, keep: readonly number[]): Prior {
  const N = newest.initial.length;
  if (keep.length !== N) throw new RangeError(`keep: expected ${N} shares, not ${keep.length}`);
  if (old === null) return { initial: newest.initial.slice(), transition: newest.transition.slice(), emission: newest.emission.slice() };
  return {
    initial: newest.initial.map((count, n) => count + keep[n]! * old.initial[n]!),
    transition: newest.transition.map((count, n) => count + keep[Math.floor(n / N)]! * old.transition[n]!),
    emission: newest.emission.map((count, n) => count + keep[n % N]! * old.emission[n]!),
  };
}

/** Both believed at once. */
export function joinPriors(left: Prior, right: Prior | null): Prior {
  return right === null ? left : remember(left, right, Array<number>(left.initial.length).fill(1));
}
