import { MISSING } from './model.ts';
import type { Hmm } from './model.ts';

/**
 * One tick of the scaled forward algorithm: `belief` holds P(x[t-1] | y[1..t-1]) and afterwards P(x[t] | y[1..t]).
 *
 * @param belief length N, changed in place; before the first tick fill it by `startBelief`
 * @param symbol 0 to M-1, or MISSING
 * @param first true at the first tick: no transition comes before it
 * @param scratch length N
 * @returns ln P(y[t] | y[1..t-1]); 0 where nothing was observed
 */
export function filterTick(model: Hmm, belief: Float64Array, symbol: number, first: boolean, scratch: Float64Array): number {
  if (first) scratch.set(belief);
  else predictTick(model, belief, scratch);
  const { states: N, emission } = model;
  let sum = 0;
  if (symbol === MISSING) {
    for (let j = 0; j < N; j++) sum += scratch[j]!;
  } else {
    const at = symbol * N;
    for (let j = 0; j < N; j++) sum += scratch[j]! *= emission[at + j]!;
  }
  return conclude(model, belief, sum, first, scratch, symbol === MISSING);
}

/**
 * The same where only a part of the observation is known: its emission is the sum over the symbols that it can have been (the marginal
 * of what is unknown). All symbols together are MISSING.
 *
 * @param compatible those symbols, each once
 */
export function filterPartialTick(model: Hmm, belief: Float64Array, compatible: Uint8Array, first: boolean, scratch: Float64Array): number {
  if (first) scratch.set(belief);
  else predictTick(model, belief, scratch);
  const { states: N, emission } = model;
  let sum = 0;
  for (let j = 0; j < N; j++) {
    let factor = 0;
    for (let n = 0; n < compatible.length; n++) factor += emission[compatible[n]! * N + j]!;
    sum += scratch[j]! *= factor;
  }
  return conclude(model, belief, sum, first, scratch, false);
}

function conclude(model: Hmm, belief: Float64Array, sum: number, first: boolean, scratch: Float64Array, missing: boolean): number {
  // Impossible under the model, or out of the range of numbers: what was observed tells nothing then.
  if (!(sum > Number.MIN_VALUE)) {
    if (first) belief.set(model.initial);
    else {
      predictTick(model, belief, scratch);
      belief.set(scratch);
    }
    return -Infinity;
  }
  for (let j = 0; j < model.states; j++) belief[j] = scratch[j]! / sum;
  return missing ? 0 : Math.log(sum);
}

/** One transition: `next[j]` = sum over i of `belief[i]` A[i][j]. */
export function predictTick({ states: N, transition }: Hmm, belief: Float64Array, next: Float64Array): void {
  next.fill(0, 0, N);
  for (let i = 0; i < N; i++) {
    const weight = belief[i]!;
    const row = i * N;
    for (let j = 0; j < N; j++) next[j]! += weight * transition[row + j]!;
  }
}

/** The belief before the first tick. */
export function startBelief(model: Hmm): Float64Array {
  return model.initial.slice();
}
