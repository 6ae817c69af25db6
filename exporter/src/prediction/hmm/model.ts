/**
 * A hidden Markov model with discrete observations, lambda = (S, O, A, B, pi) of the HMM paper, section 2.1. Matrices are flat:
 * `transition` row by row, `emission` symbol by symbol, so that what one tick needs lies together.
 */
export interface Hmm {
  /** N, number of hidden states. */
  readonly states: number;
  /** M, number of symbols. */
  readonly symbols: number;
  /** pi, length N. */
  readonly initial: Float64Array;
  /** A, length N x N: `transition[i * N + j]` = P(x[t+1] = j | x[t] = i). */
  readonly transition: Float64Array;
  /** B, length M x N: `emission[k * N + j]` = P(y[t] = k | x[t] = j). */
  readonly emission: Float64Array;
}

/** Instead of a symbol: nothing was observed at this tick. Its emission factor is 1. */
export const MISSING = -1;

export const MAX_STATES = 64;
export const MAX_SYMBOLS = 4096;
const SUM_TOLERANCE = 1e-6;

/** A model whose tables are all zero, to be filled. @throws RangeError when a size is out of bounds */
export function emptyModel(states: number, symbols: number): Hmm {
  checkSize('states', states, MAX_STATES);
  checkSize('symbols', symbols, MAX_SYMBOLS);
  return {
    states,
    symbols,
    initial: new Float64Array(states),
    transition: new Float64Array(states * states),
    emission: new Float64Array(symbols * states),
  };
}

function checkSize(what: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) throw new RangeError(`${what}: expected a whole number from 1 to ${most}, not ${value}`);
}

/** An independent copy. */
export function copyModel(model: Hmm): Hmm {
  return { ...model, initial: model.initial.slice(), transition: model.transition.slice(), emission: model.emission.slice() };
}

/** What is wrong with a model's tables, the first thing found; null: it is a model. */
export function modelProblem({ states: N, symbols: M, initial, transition, emission }: Hmm): string | null {
  const lengths: [string, Float64Array, number][] = [['initial', initial, N], ['transition', transition, N * N], ['emission', emission, M * N]];
  for (const [name, table, length] of lengths) {
    if (table.length !== length) return `${name} has ${table.length} entries, expected ${length}`;
    const bad = table.findIndex((value) => !(value >= 0 && value <= 1 + SUM_TOLERANCE));
    if (bad >= 0) return `${name}[${bad}] is ${table[bad]}, no probability`;
  }
  if (!sumsToOne(initial, 0, 1, N)) return 'initial does not sum to 1';
  for (let i = 0; i < N; i++) {
    if (!sumsToOne(transition, i * N, 1, N)) return `row ${i} of transition does not sum to 1`;
    if (!sumsToOne(emission, i, N, M)) return `emission of state ${i} does not sum to 1`;
  }
  return null;
}

function sumsToOne(table: Float64Array, from: number, stride: number, count: number): boolean {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += table[from + n * stride] ?? Number.NaN;
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}

/**
 * Makes every row a distribution of which no entry is below `floor` (a state or symbol that was never seen would otherwise have
 * probability 0 for ever, and its row none at all). A row without any weight becomes uniform. Changes the model.
 */
export function normalise(model: Hmm, floor: number): void {
  const { states: N, symbols: M, initial, transition, emission } = model;
  normaliseRow(initial, 0, 1, N, floor);
  for (let i = 0; i < N; i++) {
    normaliseRow(transition, i * N, 1, N, floor);
    normaliseRow(emission, i, N, M, floor);
  }
}

function normaliseRow(table: Float64Array, from: number, stride: number, count: number, floor: number): void {
  // Anything that is no weight, NaN among it, counts as none.
  const weight = (n: number): number => {
    const value = table[from + n * stride]!;
    return value > 0 && value < Infinity ? value : 0;
  };
  let largest = 0;
  for (let n = 0; n < count; n++) largest = Math.max(largest, weight(n));
  // Against the largest, so that no sum leaves the range of numbers.
  let sum = 0;
  for (let n = 0; n < count; n++) sum += largest > 0 ? weight(n) / largest : 0;
  const share = 1 - floor * count;
  for (let n = 0; n < count; n++) table[from + n * stride] = floor + share * (sum > 0 ? weight(n) / largest / sum : 1 / count);
}
