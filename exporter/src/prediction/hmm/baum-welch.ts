import { addExpectations, createWorkspace, noExpectations } from './expectation.ts';
import type { Expectations, Sequence } from './expectation.ts';
import { copyModel, normalise } from './model.ts';
import type { Hmm } from './model.ts';

/** Counts that are believed before anything is seen (Dirichlet parameters less one), in the layout of Hmm. */
export type Prior = Pick<Expectations, 'initial' | 'transition' | 'emission'>;

export interface TrainingOptions {
  /** Null: none. */
  prior: Prior | null;
  /** No probability falls below it. */
  floor: number;
  /** Training ends when no probability moves by more than this share of itself. The paper's is 0.01. */
  tolerance: number;
  maxIterations: number;
  /** Told after each iteration; false ends the training with what there is. */
  onIteration?: (iteration: number, logLikelihood: number) => boolean | void;
}

export interface Trained {
  model: Hmm;
  iterations: number;
  /** False: `maxIterations` came first, or `onIteration` ended it. */
  converged: boolean;
  /** ln P(observations) under the model before the last step. */
  logLikelihood: number;
}

/** Probabilities below this count as this when their movement is compared: their own share of nothing means nothing. */
const MATERIAL = 0.01;

/**
 * Baum-Welch over any number of sequences (HMM paper, section 2.4): expectation and maximisation in turn until no parameter
 * moves by more than `tolerance`. With a prior it finds the maximum a posteriori instead of the maximum likelihood.
 */
export function train(start: Hmm, sequences: readonly Sequence[], options: TrainingOptions): Trained {
  let model = copyModel(start);
  normalise(model, options.floor);
  const work = createWorkspace(model, Math.max(0, ...sequences.map(({ symbols }) => symbols.length)));
  let logLikelihood = -Infinity;
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    const sums = noExpectations(model);
    for (const sequence of sequences) addExpectations(model, sequence, sums, work);
    logLikelihood = sums.logLikelihood;
    const next = maximised(model, sums, options);
    const moved = largestMove(model, next);
    model = next;
    const goOn = options.onIteration?.(iteration, logLikelihood) ?? true;
    if (moved <= options.tolerance) return { model, iterations: iteration, converged: true, logLikelihood };
    if (!goOn) return { model, iterations: iteration, converged: false, logLikelihood };
  }
  return { model, iterations: options.maxIterations, converged: false, logLikelihood };
}

/** The model that makes the expected counts, with the prior's, most likely. A row without any count keeps what it had. */
export function maximised(model: Hmm, sums: Prior, { prior, floor }: Pick<TrainingOptions, 'prior' | 'floor'>): Hmm {
  const { states: N, symbols: M } = model;
  const next = copyModel(model);
  fillRow(next.initial, sums.initial, prior?.initial, 0, 1, N);
  for (let i = 0; i < N; i++) {
    fillRow(next.transition, sums.transition, prior?.transition, i * N, 1, N);
    fillRow(next.emission, sums.emission, prior?.emission, i, N, M);
  }
  normalise(next, floor);
  return next;
}

function fillRow(into: Float64Array, counts: Float64Array, prior: Float64Array | undefined, from: number, stride: number, count: number): void {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += counts[from + n * stride]! + (prior?.[from + n * stride] ?? 0);
  if (!(sum > 0)) return;
  for (let n = 0; n < count; n++) into[from + n * stride] = counts[from + n * stride]! + (prior?.[from + n * stride] ?? 0);
}

/** The largest relative movement of any probability. */
export function largestMove(before: Hmm, after: Hmm): number {
  let largest = 0;
  for (const table of ['initial', 'transition', 'emission'] as const) {
    for (let n = 0; n < before[table].length; n++) {
      const [was, is] = [before[table][n]!, after[table][n]!];
      largest = Math.max(largest, Math.abs(is - was) / Math.max(was, is, MATERIAL));
    }
  }
  return largest;
}
