/** Baum-Welch from several starts over anything that can be counted under a model: the sequences of one target, or of many with caps. */
import { largestMove, maximised } from '../prediction/hmm/baum-welch.ts';
import type { Prior } from '../prediction/hmm/baum-welch.ts';
import { addExpectations, createWorkspace, noExpectations } from '../prediction/hmm/expectation.ts';
import type { Expectations, Sequence, Workspace } from '../prediction/hmm/expectation.ts';
import { copyModel, modelProblem, normalise } from '../prediction/hmm/model.ts';
import type { Hmm } from '../prediction/hmm/model.ts';
import { PROBABILITY_FLOOR } from '../prediction/prior.ts';
import type { Material } from './material.ts';

export interface Climb {
  model: Hmm;
  iterations: number;
  /** False: `maxIterations` came first. */
  converged: boolean;
  /** ln P(observations, and the model by its prior), of the model before the last step. */
  objective: number;
}

export interface ClimbOptions {
  /** Ends when no probability moves by more than this share of itself. */
  tolerance: number;
  maxIterations: number;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Progress {
  /** From 1. */
  start: number;
  starts: number;
  iteration: number;
  objective: number;
}

/** One step: the model that follows, and how well the one before did. */
export type Step = (model: Hmm) => { next: Hmm; objective: number };

/**
 * The best of all starts.
 *
 * @throws what `signal` was aborted with
 * @throws Error when no start leads to a model
 */
export function climb(starts: readonly Hmm[], step: Step, { tolerance, maxIterations, onProgress, signal }: ClimbOptions): Climb {
  let best: Climb | null = null;
  starts.forEach((start, n) => {
    const reached: Climb = { model: start, iterations: 0, converged: false, objective: -Infinity };
    while (!reached.converged && reached.iterations < maxIterations) {
      signal?.throwIfAborted();
      const { next, objective } = step(reached.model);
      reached.converged = largestMove(reached.model, next) <= tolerance;
      Object.assign(reached, { model: next, objective, iterations: reached.iterations + 1 });
      onProgress?.({ start: n + 1, starts: starts.length, iteration: reached.iterations, objective });
    }
    if (modelProblem(reached.model) === null && (best === null || reached.objective > best.objective)) best = reached;
  });
  if (best === null) throw new Error('training led to no model');
  return best;
}

/** Working memory for all of these. */
export function workspaceFor(model: Hmm, materials: readonly Pick<Material, 'eventful' | 'quiet'>[]): Workspace {
  let longest = 0;
  for (const { eventful, quiet } of materials) for (const sequences of [eventful, quiet]) for (const { symbols } of sequences) longest = Math.max(longest, symbols.length);
  return createWorkspace(model, longest);
}

/** Expected counts of one target, what was thinned by its weight. */
export function expectationsOf(model: Hmm, { eventful, quiet, quietWeight }: Pick<Material, 'eventful' | 'quiet' | 'quietWeight'>, work: Workspace): Expectations {
  const sums = counted(model, quiet, work);
  if (quietWeight !== 1) scale(sums, quietWeight);
  for (const sequence of eventful) addExpectations(model, sequence, sums, work);
  return sums;
}

function counted(model: Hmm, sequences: readonly Sequence[], work: Workspace): Expectations {
  const sums = noExpectations(model);
  for (const sequence of sequences) addExpectations(model, sequence, sums, work);
  return sums;
}

function scale(sums: Expectations, factor: number): void {
  for (const table of [sums.initial, sums.transition, sums.emission]) for (let n = 0; n < table.length; n++) table[n]! *= factor;
  sums.logLikelihood *= factor;
}

/** The model of these counts and this prior. */
export function modelOf(model: Hmm, counts: Prior, prior: Prior | null): Hmm {
  return maximised(model, counts, { prior, floor: PROBABILITY_FLOOR });
}

/** ln P(model) under a prior, up to a constant. */
export function logPrior(model: Hmm, prior: Prior): number {
  let sum = 0;
  for (const name of ['initial', 'transition', 'emission'] as const) {
    const [counts, table] = [prior[name], model[name]];
    for (let n = 0; n < counts.length; n++) if (counts[n]! > 0) sum += counts[n]! * Math.log(table[n]!);
  }
  return sum;
}

/** Itself unless something is impossible in it, as in a model from elsewhere: training could never make that possible again. */
export function floored(model: Hmm): Hmm {
  if ([model.initial, model.transition, model.emission].every((table) => table.every((value) => value > PROBABILITY_FLOOR / 1000))) return model;
  const copy = copyModel(model);
  normalise(copy, PROBABILITY_FLOOR);
  return copy;
}
