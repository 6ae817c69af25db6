/** Training without any input or output: models of all targets together, of one, and their following of what is newest. */
import { largestMove } from '../prediction/hmm/baum-welch.ts';
import type { Prior } from '../prediction/hmm/baum-welch.ts';
import type { Sequence } from '../prediction/hmm/expectation.ts';
import type { Hmm } from '../prediction/hmm/model.ts';
import { remember } from '../prediction/hmm/memory.ts';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { DEFAULT_STRENGTH, pooledPrior, PROBABILITY_FLOOR, scatteredStarts, structuredModel, structuredPrior } from '../prediction/prior.ts';
import type { PriorStrength } from '../prediction/prior.ts';
import { LOADS, STATE_COUNT, STATES } from '../prediction/states.ts';
import { DEFAULT_LABELLING } from '../prediction/states-known.ts';
import type { LabelOptions } from '../prediction/states-known.ts';
import { climb, expectationsOf, floored, logPrior, modelOf, workspaceFor } from './em.ts';
import type { Progress } from './em.ts';
import { materialOf } from './material.ts';
import type { Material, MaterialCounts, TargetRecords } from './material.ts';

export type { Progress } from './em.ts';
export type { MaterialCounts, TargetRecords } from './material.ts';

export interface TrainingSettings {
  /** All records must have it. */
  tickSeconds: number;
  labelling: LabelOptions;
  /**
   * Whether something is held back for comparing models: ten minutes of each quiet hour, and for what is pooled one failure in six.
   * A bench with test data of its own needs nothing held back.
   */
  holdBack: boolean;
  /** Of one target, and of all together: what is more is thinned. */
  mostTicks: number;
  mostPooledTicks: number;
  /** How many ticks the built-in picture counts for, and all targets together at most: see `pooledPrior`. */
  structured: PriorStrength;
  pooled: PriorStrength;
  /** How many ticks the pooled model counts for in a target's own. */
  own: PriorStrength;
  /** For so long of its own a target's trouble is expected as often as all targets' is: one that never failed yet is not safe for that. */
  hazardSeconds: number;
  /** The first is the prior's own model, the others scatter around it. */
  starts: number;
  seed: number;
  tolerance: number;
  maxIterations: number;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

const DAY_S = 86_400;
/** A target's share of what is pooled is no less: most of an hour. */
const LEAST_SHARE_TICKS = 600;

export const DEFAULT_TRAINING: Readonly<Omit<TrainingSettings, 'tickSeconds'>> = {
  labelling: DEFAULT_LABELLING,
  holdBack: true,
  mostTicks: 50_000,
  mostPooledTicks: 1_000_000,
  structured: DEFAULT_STRENGTH,
  pooled: { normal: 20_000, abnormal: 20_000, failed: 20_000, sequences: 200 },
  own: DEFAULT_STRENGTH,
  hazardSeconds: 30 * DAY_S,
  starts: 3,
  seed: 1,
  tolerance: 0.01,
  maxIterations: 30,
};

export interface TrainedModel {
  model: Hmm;
  iterations: number;
  /** False: `maxIterations` came first. */
  converged: boolean;
  counts: MaterialCounts & { targets: number };
  /** Not trained on: for `chooseModel`. */
  heldBack: Sequence[];
}

/**
 * One model of all targets together. No target counts for more than twice its share, all together for no more than `settings.pooled`.
 * Without any records it is the structured prior's model.
 *
 * @throws RangeError when a record has another tick length; what `settings.signal` was aborted with
 */
export function trainPooled(targets: readonly TargetRecords[], settings: TrainingSettings): TrainedModel {
  return trainPooledOn(targets.map((target) => pooledMaterial(target, targets.length, settings)), settings);
}

/** What one of so many targets gives; its records need not be kept. */
export function pooledMaterial(target: TargetRecords, targets: number, settings: TrainingSettings): Material {
  return materialOf(target, { ...settings, holdBack: settings.holdBack ? 'all' : 'nothing', mostTicks: Math.max(LEAST_SHARE_TICKS, settings.mostPooledTicks / targets) });
}

/** The same as `trainPooled`. */
export function trainPooledOn(materials: readonly Material[], settings: TrainingSettings): TrainedModel {
  const structured = structuredPrior(settings.tickSeconds, settings.structured);
  const first = structuredModel(settings.tickSeconds);
  const work = workspaceFor(first, materials);
  const reached = climb(scatteredStarts(first, settings.starts, randomNumbers(settings.seed)), (model) => {
    let logLikelihood = logPrior(model, structured);
    const parts = materials.map((material): Prior => {
      const sums = expectationsOf(model, material, work);
      logLikelihood += sums.logLikelihood;
      return sums;
    });
    return { next: modelOf(model, pooledPrior(structured, parts, settings.pooled), null), objective: logLikelihood };
  }, settings);
  const { model, iterations, converged } = reached;
  return { model, iterations, converged, counts: totals(materials.map(({ counts }) => counts)), heldBack: materials.flatMap(({ heldBack }) => heldBack) };
}

/**
 * A target's own model. What it never showed stays as in the pooled model: above all what trouble looks like, for one that never failed.
 *
 * @param pooled null: the structured prior's
 * @throws RangeError when a record has another tick length; what `settings.signal` was aborted with
 */
export function trainOwn(pooled: Hmm | null, target: TargetRecords, settings: TrainingSettings): TrainedModel {
  const material = ownMaterial(target, settings);
  const first = floored(pooled ?? structuredModel(settings.tickSeconds));
  const prior = countsOf(first, settings.own);
  const work = workspaceFor(first, [material]);
  const { model, iterations, converged } = climb(scatteredStarts(first, settings.starts, randomNumbers(settings.seed)), (from) => {
    const sums = expectationsOf(from, material, work);
    return { next: withHazard(modelOf(from, sums, prior), sums, first, settings), objective: sums.logLikelihood + logPrior(from, prior) };
  }, settings);
  return { model, iterations, converged, counts: totals([material.counts]), heldBack: material.heldBack };
}

export interface FollowSettings extends TrainingSettings {
  /** How many ticks the model so far counts for, of each state: the newest shift it by their share. */
  memory: PriorStrength;
  /** Steps of Baum-Welch. */
  steps: number;
}

/** A day at 5 s for what is normal; trouble is forgotten no faster than it comes. */
export const DEFAULT_FOLLOWING: Readonly<Pick<FollowSettings, 'memory' | 'steps'>> = {
  memory: { normal: 50_000, abnormal: 50_000, failed: 50_000, sequences: 200 },
  steps: 2,
};

/** The model moved towards the newest observations: few steps, what it knew counted as its memory. Null: there is nothing new to learn from. */
export function followNewest(last: Hmm, newest: TargetRecords, settings: FollowSettings): TrainedModel | null {
  const material = ownMaterial(newest, settings);
  if (material.counts.trained === 0) return null;
  const old = countsOf(last, settings.memory);
  const work = workspaceFor(last, [material]);
  let [model, converged, iterations] = [floored(last), false, 0];
  for (; iterations < settings.steps && !converged; iterations++) {
    settings.signal?.throwIfAborted();
    const sums = expectationsOf(model, material, work);
    const next = withHazard(modelOf(model, remember(old, sums, ALL_KEPT), null), sums, last, settings);
    converged = largestMove(model, next) <= settings.tolerance;
    model = next;
  }
  return { model, iterations, converged, counts: totals([material.counts]), heldBack: material.heldBack };
}

/** Its few failures are all trained on. */
function ownMaterial(target: TargetRecords, settings: TrainingSettings): Material {
  return materialOf(target, { ...settings, holdBack: settings.holdBack ? 'quiet' : 'nothing' });
}

const ALL_KEPT = Array<number>(STATE_COUNT).fill(1);

/** A model as counts of so many ticks. Without the floor, which comes back with each maximisation and would add up. */
export function countsOf(model: Hmm, strength: PriorStrength): Prior {
  const ticks = STATES.map(({ health }) => strength[health]);
  const seen = (probability: number, entries: number): number => Math.max(0, probability - PROBABILITY_FLOOR) / (1 - entries * PROBABILITY_FLOOR);
  return {
    initial: model.initial.map((probability) => seen(probability, STATE_COUNT) * strength.sequences),
    transition: model.transition.map((probability, n) => seen(probability, STATE_COUNT) * ticks[Math.floor(n / STATE_COUNT)]!),
    emission: model.emission.map((probability, n) => seen(probability, model.symbols) * ticks[n % STATE_COUNT]!),
  };
}

/** How often what is normal becomes something else: by the counts, against `hazardSeconds` of the rate that `from` expects. */
function withHazard(model: Hmm, { transition: counts }: Prior, from: Hmm, { hazardSeconds, tickSeconds }: Pick<TrainingSettings, 'hazardSeconds' | 'tickSeconds'>): Hmm {
  const believed = hazardSeconds / tickSeconds;
  if (!(believed > 0)) return model;
  const transition = model.transition.slice();
  for (let i = 0; i < NORMAL_COUNT; i++) {
    const row = i * STATE_COUNT;
    const [all, left] = [sumOf(counts, row, 0), sumOf(counts, row, NORMAL_COUNT)];
    const leaves = (believed * sumOf(from.transition, row, NORMAL_COUNT) + left) / (believed + all);
    const leavesNow = sumOf(transition, row, NORMAL_COUNT);
    for (let j = 0; j < STATE_COUNT; j++) transition[row + j]! *= j < NORMAL_COUNT ? (1 - leaves) / (1 - leavesNow) : leaves / leavesNow;
  }
  return { ...model, transition };
}

/** The states of `normal` come first. */
const NORMAL_COUNT = LOADS.length;

function sumOf(table: Float64Array, row: number, fromColumn: number): number {
  let sum = 0;
  for (let j = fromColumn; j < STATE_COUNT; j++) sum += table[row + j]!;
  return sum;
}

function totals(all: readonly MaterialCounts[]): TrainedModel['counts'] {
  const sum = (value: (counts: MaterialCounts) => number): number => all.reduce((total, counts) => total + value(counts), 0);
  const times = all.filter(({ fromMs }) => fromMs !== null);
  return {
    targets: all.length,
    observed: sum(({ observed }) => observed),
    trained: sum(({ trained }) => trained),
    heldBack: sum(({ heldBack }) => heldBack),
    failures: sum(({ failures }) => failures),
    fromMs: times.length === 0 ? null : times.reduce((least, { fromMs }) => Math.min(least, fromMs!), Infinity),
    toMs: times.length === 0 ? null : times.reduce((most, { toMs }) => Math.max(most, toMs!), -Infinity),
  };
}
