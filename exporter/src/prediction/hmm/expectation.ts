/** The expectation step of Baum-Welch (HMM paper, section 2.4), with scaling: forward, backward, and what they add up to. */
import { MISSING } from './model.ts';
import type { Hmm } from './model.ts';

/** One uninterrupted stretch of ticks: what a recovery or a restart separates goes into sequences of its own. */
export interface Sequence {
  /** 0 to M-1, MISSING, or M + k: one of `sets[k]`. */
  readonly symbols: Int16Array;
  /** Observations of which only a part is known: the symbols that they can have been, each once. */
  readonly sets?: readonly Uint8Array[];
  /** What is known of the hidden state, tick by tick: bit i says that state i is possible; 0: nothing is known. Null: nowhere. */
  readonly possible: Int32Array | null;
}

/** Expected counts over sequences, in the layout of Hmm. */
export interface Expectations {
  initial: Float64Array;
  transition: Float64Array;
  emission: Float64Array;
  /** ln P(observations); -Infinity where a sequence is impossible, which then adds nothing. */
  logLikelihood: number;
  ticks: number;
}

export function noExpectations({ states, symbols }: Hmm): Expectations {
  return {
    initial: new Float64Array(states),
    transition: new Float64Array(states * states),
    emission: new Float64Array(symbols * states),
    logLikelihood: 0,
    ticks: 0,
  };
}

/** Working memory, reused from sequence to sequence. */
export interface Workspace {
  forward: Float64Array;
  scale: Float64Array;
  weights: Float64Array;
  backward: Float64Array;
  /** Sums over t of alpha[t][i] w[t+1][j]; times A: expected transitions. */
  pairs: Float64Array;
  transposed: Float64Array;
}

export function createWorkspace({ states }: Hmm, longest: number): Workspace {
  return {
    forward: new Float64Array(longest * states),
    scale: new Float64Array(longest),
    weights: new Float64Array(states),
    backward: new Float64Array(states),
    pairs: new Float64Array(states * states),
    transposed: new Float64Array(states * states),
  };
}

/** Adds what one sequence tells to `sums`. `work` must have room for the sequence. */
export function addExpectations(model: Hmm, sequence: Sequence, sums: Expectations, work: Workspace): void {
  const { length } = sequence.symbols;
  if (length === 0) return;
  const emission = withSets(model, sequence.sets);
  const logLikelihood = forwardPass(model, emission, sequence, work);
  sums.logLikelihood += logLikelihood;
  sums.ticks += length;
  if (logLikelihood === -Infinity) return;
  const emitted = emission === model.emission ? sums.emission : new Float64Array(emission.length);
  backwardPass(model, emission, sequence, emitted, sums.initial, work);
  if (emitted !== sums.emission) addSets(model, emission, sequence.sets, emitted, sums.emission);
  for (let n = 0; n < sums.transition.length; n++) sums.transition[n]! += model.transition[n]! * work.pairs[n]!;
}

/** ln P(observations, and states within what is possible); -Infinity where that is impossible. `work` must have room for the sequence. */
export function logLikelihoodOf(model: Hmm, sequence: Sequence, work: Workspace): number {
  return sequence.symbols.length === 0 ? 0 : forwardPass(model, withSets(model, sequence.sets), sequence, work);
}

/** The emission table and a row for each set: the sum over its symbols. */
function withSets({ states: N, symbols: M, emission }: Hmm, sets: readonly Uint8Array[] | undefined): Float64Array {
  if (sets === undefined || sets.length === 0) return emission;
  const table = new Float64Array((M + sets.length) * N);
  table.set(emission);
  sets.forEach((set, k) => {
    for (const symbol of set) for (let j = 0; j < N; j++) table[(M + k) * N + j]! += emission[symbol * N + j]!;
  });
  return table;
}

/** What fell on a set falls on its symbols by their probabilities. */
function addSets({ states: N, symbols: M }: Hmm, table: Float64Array, sets: readonly Uint8Array[] | undefined, emitted: Float64Array, sums: Float64Array): void {
  for (let n = 0; n < M * N; n++) sums[n]! += emitted[n]!;
  sets?.forEach((set, k) => {
    for (let j = 0; j < N; j++) {
      const whole = table[(M + k) * N + j]!;
      if (whole > 0) for (const symbol of set) sums[symbol * N + j]! += (emitted[(M + k) * N + j]! * table[symbol * N + j]!) / whole;
    }
  });
}

function transpose({ states: N, transition }: Hmm, transposed: Float64Array): void {
  for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) transposed[j * N + i] = transition[i * N + j]!;
}

/** alpha, each tick scaled to sum 1; the scales are kept. Returns ln P. */
function forwardPass(model: Hmm, emission: Float64Array, { symbols, possible }: Sequence, { forward, scale, transposed }: Workspace): number {
  const { states: N, initial } = model;
  transpose(model, transposed);
  let logLikelihood = 0;
  for (let t = 0; t < symbols.length; t++) {
    const at = t * N;
    const before = at - N;
    const symbol = symbols[t]!;
    const observed = symbol !== MISSING;
    const known = possible === null ? 0 : possible[t]!;
    let sum = 0;
    for (let j = 0; j < N; j++) {
      let value = 0;
      if (t === 0) value = initial[j]!;
      else {
        const column = j * N;
        for (let i = 0; i < N; i++) value += forward[before + i]! * transposed[column + i]!;
      }
      if (observed) value *= emission[symbol * N + j]!;
      if (known !== 0 && (known & (1 << j)) === 0) value = 0;
      forward[at + j] = value;
      sum += value;
    }
    if (!(sum > Number.MIN_VALUE)) return -Infinity;
    const inverse = 1 / sum;
    for (let j = 0; j < N; j++) forward[at + j]! *= inverse;
    scale[t] = inverse;
    logLikelihood += Math.log(sum);
  }
  return logLikelihood;
}

/** beta, tick by tick from the end, adding up states, pairs of states and symbols on the way. */
function backwardPass(model: Hmm, emission: Float64Array, { symbols, possible }: Sequence, emitted: Float64Array, initial: Float64Array, work: Workspace): void {
  const { states: N, transition } = model;
  const { forward, scale, weights, backward, pairs } = work;
  pairs.fill(0);
  backward.fill(1);
  for (let t = symbols.length - 1; ; t--) {
    const at = t * N;
    const symbol = symbols[t]!;
    const observed = symbol !== MISSING;
    if (observed) for (let j = 0; j < N; j++) emitted[symbol * N + j]! += forward[at + j]! * backward[j]!;
    if (t === 0) break;
    const known = possible === null ? 0 : possible[t]!;
    const inverse = scale[t]!;
    for (let j = 0; j < N; j++) {
      let weight = backward[j]! * inverse;
      if (observed) weight *= emission[symbol * N + j]!;
      if (known !== 0 && (known & (1 << j)) === 0) weight = 0;
      weights[j] = weight;
    }
    const before = at - N;
    for (let i = 0; i < N; i++) {
      const row = i * N;
      const alpha = forward[before + i]!;
      let sum = 0;
      for (let j = 0; j < N; j++) {
        const weight = weights[j]!;
        sum += transition[row + j]! * weight;
        pairs[row + j]! += alpha * weight;
      }
      backward[i] = sum;
    }
  }
  for (let j = 0; j < N; j++) initial[j]! += forward[j]! * backward[j]!;
}
