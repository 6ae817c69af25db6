/** What a worker thread is given to do: read a target's observations, train, compare with the model that there is. All of it can be cloned. */
import { chooseModel } from '../prediction/hmm/choose.ts';
import type { Hmm } from '../prediction/hmm/model.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import { structuredModel } from '../prediction/prior.ts';
import type { Labels } from '../prediction/states-known.ts';
import type { PooledKey } from './keys.ts';
import type { Material } from './material.ts';
import { readObservations } from './observation-file.ts';
import type { Range } from './observation-file.ts';
import { followNewest, pooledMaterial, trainOwn, trainPooledOn } from './train.ts';
import type { FollowSettings, Progress, TargetRecords, TrainedModel, TrainingSettings } from './train.ts';

type Plain<Settings> = Omit<Settings, 'onProgress' | 'signal'>;

export interface JobTarget {
  key: TargetKey;
  /** Of its observations. */
  path: string;
  labels: Labels;
}

interface Common {
  range: Range;
  settings: Plain<TrainingSettings>;
  /** With fewer ticks to train on nothing is trained. */
  leastTicks: number;
}

export interface PooledJob extends Common {
  kind: 'pooled';
  key: PooledKey;
  targets: readonly JobTarget[];
  /** In force; null: none of this tick length. */
  last: Hmm | null;
}

export interface OwnJob extends Common {
  kind: 'own';
  key: TargetKey;
  target: JobTarget;
  pooled: Hmm | null;
  last: Hmm | null;
}

export interface FollowJob extends Common {
  kind: 'follow';
  key: string;
  targets: readonly (JobTarget & { last: Hmm })[];
  settings: Plain<FollowSettings>;
}

export type Job = PooledJob | OwnJob | FollowJob;

export type Outcome =
  | (Omit<TrainedModel, 'heldBack'> & { result: 'kept_new'; heldBack: { ticks: number; logLikelihoodPerTick: number } | null; reason: string })
  | { result: 'kept_last' | 'skipped'; reason: string };

export interface Done {
  /** Of what is followed, of each target; else one. */
  outcomes: { key: string; outcome: Outcome }[];
  /** For the log. */
  notes: string[];
}

/** So much worse per tick on what was held back still counts as not worse. */
const TOLERATED_PER_TICK = 1e-3;

/** @throws what training or the file system says */
export async function performJob(job: Job, onProgress?: (progress: Progress) => void): Promise<Done> {
  const notes: string[] = [];
  if (job.kind === 'follow') {
    const outcomes: Done['outcomes'] = [];
    for (const target of job.targets) outcomes.push({ key: target.key, outcome: follow(target.last, await read(target, job.range, notes), job) });
    return { outcomes, notes };
  }
  return { outcomes: [{ key: job.key, outcome: job.kind === 'own' ? await own(job, notes, onProgress) : await pooled(job, notes, onProgress) }], notes };
}

async function pooled({ targets, range, settings, last, leastTicks }: PooledJob, notes: string[], onProgress: ((progress: Progress) => void) | undefined): Promise<Outcome> {
  const materials: Material[] = [];
  for (const target of targets) materials.push(pooledMaterial(await read(target, range, notes), targets.length, settings));
  const ticks = materials.reduce((sum, { counts, quietWeight }) => sum + counts.trained * quietWeight, 0);
  if (ticks < leastTicks) return tooLittle(ticks, leastTicks, settings.tickSeconds);
  return compared(last ?? structuredModel(settings.tickSeconds), trainPooledOn(materials, withProgress(settings, onProgress)));
}

async function own(job: OwnJob, notes: string[], onProgress: ((progress: Progress) => void) | undefined): Promise<Outcome> {
  const { settings, leastTicks } = job;
  const trained = trainOwn(job.pooled, await read(job.target, job.range, notes), withProgress(settings, onProgress));
  if (trained.counts.trained < leastTicks) return tooLittle(trained.counts.trained, leastTicks, settings.tickSeconds);
  // Without one of its own, what it would take the place of is the pooled model.
  return compared(job.last ?? job.pooled ?? structuredModel(settings.tickSeconds), trained);
}

function follow(last: Hmm, newest: TargetRecords, { settings, leastTicks }: FollowJob): Outcome {
  const trained = followNewest(last, newest, settings);
  if (trained === null || trained.counts.trained < leastTicks) return tooLittle(trained?.counts.trained ?? 0, leastTicks, settings.tickSeconds);
  return compared(last, trained);
}

function compared(last: Hmm, { heldBack, ...trained }: TrainedModel): Outcome {
  const { kept, nextPerTick, reason } = chooseModel(last, trained.model, heldBack, TOLERATED_PER_TICK);
  if (kept === 'last') return { result: 'kept_last', reason };
  return { ...trained, result: 'kept_new', heldBack: nextPerTick === null ? null : { ticks: trained.counts.heldBack, logLikelihoodPerTick: Math.min(0, nextPerTick) }, reason };
}

function tooLittle(ticks: number, least: number, tickSeconds: number): Outcome {
  return { result: 'skipped', reason: `too little was observed: ${hours(ticks * tickSeconds)} at ticks of ${tickSeconds} s, at least ${hours(least * tickSeconds)} are needed` };
}

function hours(seconds: number): string {
  return `${(seconds / 3600).toFixed(1)} h`;
}

async function read({ key, path, labels }: JobTarget, range: Range, notes: string[]): Promise<TargetRecords> {
  const { records, damaged } = await readObservations(path, range);
  if (damaged.length > 0) notes.push(`observations of ${key}: ${damaged.length} damaged record${damaged.length === 1 ? ' was' : 's were'} skipped, at byte ${damaged[0]!.fromByte} of ${path}`);
  return { records, labels };
}

function withProgress(settings: Plain<TrainingSettings>, onProgress: ((progress: Progress) => void) | undefined): TrainingSettings {
  return onProgress ? { ...settings, onProgress } : settings;
}
