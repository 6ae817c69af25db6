import { predictTick } from './filter.ts';
import { MISSING } from './model.ts';
import type { Hmm } from './model.ts';

/**
 * For each state the probability that one of `targets` is entered within the next `ticks` ticks, or is the state already. Once per
 * model and horizon; a forecast is then the product with a belief.
 *
 * @param targets N entries, true: a state to be reached
 * @returns length N
 */
export function reachProbabilities(model: Hmm, targets: readonly boolean[], ticks: number): Float64Array {
  const { states: N, transition } = model;
  let reached = Float64Array.from({ length: N }, (_, i) => (targets[i] === true ? 1 : 0));
  for (let tick = 0; tick < ticks; tick++) {
    const next = new Float64Array(N);
    for (let i = 0; i < N; i++) {
      let sum = 0;
      for (let j = 0; j < N; j++) sum += transition[i * N + j]! * reached[j]!;
      next[i] = targets[i] === true ? 1 : Math.min(1, sum);
    }
    reached = next;
  }
  return reached;
}

/** The expectation of `values` under a belief; within the values' bounds whatever the rounding. */
export function expected(belief: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < belief.length; i++) sum += belief[i]! * values[i]!;
  return sum;
}

/** P(x[T+1] = j | y[1..T]): the filter's belief and one transition (DESIGN: the form `filter`). */
export function nextState(model: Hmm, belief: Float64Array): Float64Array {
  const next = new Float64Array(model.states);
  predictTick(model, belief, next);
  return next;
}

/**
 * One tick of the recursion of Algorithm 1 (HMM paper, section 2.3, steps 3 and 7): F[j] = max over z of F[z] A[z][j] B[j][y], scaled to
 * sum 1 so that it stays in the range of numbers. Its step 12 as printed multiplies by a sum over a column of A, which mixes up
 * the states; formula (2) of the same section is the transition F A, and that is what `nextState` does with this F.
 *
 * @param observed a symbol, MISSING, or the symbols that a partial observation can have been
 */
export function viterbiTick(model: Hmm, scores: Float64Array, observed: number | Uint8Array, first: boolean, scratch: Float64Array): void {
  const { states: N, transition } = model;
  let sum = 0;
  for (let j = 0; j < N; j++) {
    let best = 0;
    if (first) best = scores[j]!;
    else for (let z = 0; z < N; z++) best = Math.max(best, scores[z]! * transition[z * N + j]!);
    scratch[j] = best * emitted(model, observed, j);
    sum += scratch[j]!;
  }
  // An impossible observation tells nothing: the scores stay.
  if (!(sum > Number.MIN_VALUE)) return;
  for (let j = 0; j < N; j++) scores[j] = scratch[j]! / sum;
}

function emitted({ states: N, emission }: Hmm, observed: number | Uint8Array, state: number): number {
  if (typeof observed === 'number') return observed === MISSING ? 1 : emission[observed * N + state]!;
  let sum = 0;
  for (let n = 0; n < observed.length; n++) sum += emission[observed[n]! * N + state]!;
  return sum;
}
