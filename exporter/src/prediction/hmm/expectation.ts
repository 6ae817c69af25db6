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

/**
 * Working memory, reused from sequence to sequence. Rows are padded with zeros to a multiple of BLOCK, so that the inner loops work on
 * whole blocks: what is loaded once serves several states.
 */
export interface Workspace {
  /** Row length. */
  width: number;
  /** alpha, tick by tick. */
  forward: Float64Array;
  scale: Float64Array;
  transition: Float64Array;
  transposed: Float64Array;
  /** B[j][y] beta[j] / scale of the last CHUNK ticks, still to be paired with alpha. */
  weights: Float64Array;
  backward: Float64Array;
  /** Sums over t of alpha[t][i] w[t+1][j]; times A: expected transitions. */
  pairs: Float64Array;
}

const BLOCK = 3;
/** Ticks whose alpha and weights stay in the processor's nearest cache. */
const CHUNK = 64;

export function createWorkspace({ states }: Hmm, longest: number): Workspace {
  const width = Math.ceil(states / BLOCK) * BLOCK;
  return {
    width,
    forward: new Float64Array(longest * width),
    scale: new Float64Array(longest),
    transition: new Float64Array(width * width),
    transposed: new Float64Array(width * width),
    weights: new Float64Array(CHUNK * width),
    backward: new Float64Array(width),
    pairs: new Float64Array(width * width),
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
  const { states: N } = model;
  for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) sums.transition[i * N + j]! += model.transition[i * N + j]! * work.pairs[i * work.width + j]!;
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

function loadTransition({ states: N, transition }: Hmm, work: Workspace): void {
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) work.transition[i * work.width + j] = work.transposed[j * work.width + i] = transition[i * N + j]!;
  }
}

/** `into[to + j]` = sum over i of `row[from + i]` matrix[i][j]. */
function multiply(row: Float64Array, from: number, matrix: Float64Array, width: number, into: Float64Array, to: number): void {
  for (let j = 0; j < width; j += BLOCK) {
    let first = 0;
    let second = 0;
    let third = 0;
    for (let i = 0, at = j; i < width; i++, at += width) {
      const value = row[from + i]!;
      first += value * matrix[at]!;
      second += value * matrix[at + 1]!;
      third += value * matrix[at + 2]!;
    }
    into[to + j] = first;
    into[to + j + 1] = second;
    into[to + j + 2] = third;
  }
}

/** alpha, each tick scaled to sum 1; the scales are kept. Returns ln P. */
function forwardPass(model: Hmm, emission: Float64Array, { symbols, possible }: Sequence, work: Workspace): number {
  const { states: N, initial } = model;
  const { width, forward, scale, transition } = work;
  loadTransition(model, work);
  forward.fill(0, 0, width);
  forward.set(initial);
  let logLikelihood = 0;
  for (let t = 0; t < symbols.length; t++) {
    const at = t * width;
    const symbol = symbols[t]!;
    if (t > 0) multiply(forward, at - width, transition, width, forward, at);
    if (symbol !== MISSING) for (let j = 0; j < N; j++) forward[at + j]! *= emission[symbol * N + j]!;
    if (possible !== null && possible[t] !== 0) leaveOnly(possible[t]!, forward, at, N);
    let sum = 0;
    for (let j = 0; j < N; j++) sum += forward[at + j]!;
    if (!(sum > Number.MIN_VALUE)) return -Infinity;
    const inverse = 1 / sum;
    for (let j = 0; j < N; j++) forward[at + j]! *= inverse;
    scale[t] = inverse;
    logLikelihood += Math.log(sum);
  }
  return logLikelihood;
}

function leaveOnly(states: number, table: Float64Array, at: number, N: number): void {
  for (let j = 0; j < N; j++) if ((states & (1 << j)) === 0) table[at + j] = 0;
}

/** beta, tick by tick from the end, adding up states, pairs of states and symbols on the way. */
function backwardPass(model: Hmm, emission: Float64Array, { symbols, possible }: Sequence, emitted: Float64Array, initial: Float64Array, work: Workspace): void {
  const { states: N } = model;
  const { width, forward, scale, weights, backward, pairs, transposed } = work;
  pairs.fill(0);
  backward.fill(0);
  backward.fill(1, 0, N);
  weights.fill(0);
  for (let t = symbols.length - 1; ; t--) {
    const at = t * width;
    const symbol = symbols[t]!;
    if (symbol !== MISSING) for (let j = 0; j < N; j++) emitted[symbol * N + j]! += forward[at + j]! * backward[j]!;
    if (t === 0) break;
    const inverse = scale[t]!;
    const weight = (t % CHUNK) * width;
    if (symbol === MISSING) for (let j = 0; j < N; j++) weights[weight + j] = backward[j]! * inverse;
    else for (let j = 0; j < N; j++) weights[weight + j] = backward[j]! * inverse * emission[symbol * N + j]!;
    if (possible !== null && possible[t] !== 0) leaveOnly(possible[t]!, weights, weight, N);
    multiply(weights, weight, transposed, width, backward, 0);
    // The chunk that begins with t is complete.
    if (t % CHUNK === 0 || t === 1) addPairs(work, t, Math.min(symbols.length, (Math.floor(t / CHUNK) + 1) * CHUNK));
  }
  for (let j = 0; j < N; j++) initial[j]! += forward[j]! * backward[j]!;
}

/** alpha[t-1][i] w[t][j] for the ticks of one chunk, three by three states at a time. */
function addPairs({ width, forward, weights, pairs }: Workspace, fromTick: number, toTick: number): void {
  const firstWeight = (fromTick % CHUNK) * width;
  const firstForward = (fromTick - 1) * width;
  for (let i = 0; i < width; i += BLOCK) {
    for (let j = 0; j < width; j += BLOCK) {
      let p00 = 0;
      let p01 = 0;
      let p02 = 0;
      let p10 = 0;
      let p11 = 0;
      let p12 = 0;
      let p20 = 0;
      let p21 = 0;
      let p22 = 0;
      for (let t = fromTick, a = firstForward + i, w = firstWeight + j; t < toTick; t++, a += width, w += width) {
        const a0 = forward[a]!;
        const a1 = forward[a + 1]!;
        const a2 = forward[a + 2]!;
        const w0 = weights[w]!;
        const w1 = weights[w + 1]!;
        const w2 = weights[w + 2]!;
        p00 += a0 * w0;
        p01 += a0 * w1;
        p02 += a0 * w2;
        p10 += a1 * w0;
        p11 += a1 * w1;
        p12 += a1 * w2;
        p20 += a2 * w0;
        p21 += a2 * w1;
        p22 += a2 * w2;
      }
      const at = i * width + j;
      pairs[at]! += p00;
      pairs[at + 1]! += p01;
      pairs[at + 2]! += p02;
      pairs[at + width]! += p10;
      pairs[at + width + 1]! += p11;
      pairs[at + width + 2]! += p12;
      pairs[at + 2 * width]! += p20;
      pairs[at + 2 * width + 1]! += p21;
      pairs[at + 2 * width + 2]! += p22;
    }
  }
}
