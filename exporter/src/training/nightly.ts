/** Trains all models anew: of all domains together, of all hosts together, then of each target. */
import type { ModelRecord } from '../prediction/model-file.ts';
import { kindOf } from '../prediction/model-source.ts';
import type { TargetKey, TargetKind } from '../prediction/model-source.ts';
import type { Labels } from '../prediction/states-known.ts';
import { atOnce } from './at-once.ts';
import type { Job, JobTarget, Outcome } from './job.ts';
import { isTargetKey, pooledKey } from './keys.ts';
import type { ModelKey } from './keys.ts';
import { sameTick } from './material.ts';
import type { TrainingResult } from './metrics.ts';
import type { Range } from './observation-file.ts';
import type { Progress } from './train.ts';
import { LEAST_OWN_SECONDS, LEAST_POOLED_SECONDS } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

export type NightResults = Record<TrainingResult, number>;

const DAY_MS = 86_400_000;
const POOLED_TIMEOUT_MS = 1_800_000;
const OWN_TIMEOUT_MS = 300_000;
/** Targets that a pooled model is trained on: those that failed first. */
const MOST_POOLED = 1000;
const PROGRESS_EVERY_MS = 60_000;
/** Each reason is said for so many targets; the rest is counted. */
const MOST_TOLD = 10;
/** After so many new ones they are taken up: all at once they would hold the daemon up. */
const MODELS_AT_ONCE = 50;

interface Night extends Surroundings {
  range: Range;
  results: NightResults;
  told: Map<TrainingResult, number>;
  signal: AbortSignal;
}

/**
 * Rejects when nothing could be trained: observations can't be listed, or labels can't be read.
 *
 * @param only null: all
 */
export async function trainAll(surroundings: Surroundings, only: ReadonlySet<ModelKey> | null, signal: AbortSignal): Promise<NightResults> {
  const { observations, clock, log, keepDays, tickSeconds, training } = surroundings;
  const startedMs = clock.monotonicMs();
  const toMs = clock.nowMs() - training.labelling.leadSeconds * 1000;
  const results: NightResults = { kept_new: 0, kept_last: 0, failed: 0, skipped: 0 };
  const night: Night = { ...surroundings, results, told: new Map(), signal, range: { fromMs: clock.nowMs() - keepDays() * DAY_MS, toMs, tickSeconds: tickSeconds() } };
  await observations.flush();
  await observations.prune(signal);
  const keys = await observations.targets();
  log.info({ targets: keys.length, tickSeconds: night.range.tickSeconds }, 'training begins');
  const targets = await labelled(night, keys);
  for (const kind of ['domain', 'host'] as const) {
    const key = pooledKey(kind);
    if ((only === null || only.has(key)) && !signal.aborted) await trainOne(night, pooledJob(night, kind, targets.filter((target) => kindOf(target.key) === kind)));
  }
  surroundings.modelsChanged();
  await trainEach(night, targets.filter(({ key }) => only === null || only.has(key)));
  if (only === null && !signal.aborted) await removeForgotten(night, new Set(keys));
  surroundings.modelsChanged();
  if (only === null && !signal.aborted) surroundings.metrics.trainingEnded(clock.nowMs());
  log.info({ ...results, seconds: Math.round((clock.monotonicMs() - startedMs) / 1000) }, signal.aborted ? 'training was stopped' : 'training ended');
  return results;
}

async function labelled({ observations, labelsOf, range, clock, signal }: Night, keys: readonly TargetKey[]): Promise<JobTarget[]> {
  const targets: JobTarget[] = [];
  for (const key of keys) {
    if (signal.aborted) break;
    // Labels after the range tell of what led to them within it.
    targets.push({ key, path: observations.pathOf(key), labels: await labelsOf(key, range.fromMs, clock.nowMs()) });
  }
  return targets;
}

async function trainEach(night: Night, targets: readonly JobTarget[]): Promise<void> {
  let [done, taken, toldMs] = [0, 0, night.clock.monotonicMs()];
  await atOnce(targets, night.workers(), async (target) => {
    if (night.signal.aborted) return;
    const isNew = await trainOne(night, ownJob(night, target));
    done++;
    if (isNew && ++taken % MODELS_AT_ONCE === 0) night.modelsChanged();
    if (night.clock.monotonicMs() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = night.clock.monotonicMs();
    night.log.info({ done, targets: targets.length, ...night.results }, 'training goes on');
  });
}

function pooledJob(night: Night, kind: TargetKind, targets: JobTarget[]): Job {
  const key = pooledKey(kind);
  return { kind: 'pooled', key, targets: forPooling(targets), last: lastModel(night, key), ...common(night, LEAST_POOLED_SECONDS) };
}

function ownJob(night: Night, target: JobTarget): Job {
  return { kind: 'own', key: target.key, target, pooled: lastModel(night, pooledKey(kindOf(target.key))), last: lastModel(night, target.key), ...common(night, LEAST_OWN_SECONDS) };
}

function common({ range, training }: Night, leastSeconds: number): Pick<Job, 'range' | 'settings' | 'leastTicks'> {
  return { range, settings: { ...training, tickSeconds: range.tickSeconds }, leastTicks: leastSeconds / range.tickSeconds };
}

/** In force; null: none of this tick length. */
function lastModel({ models, range }: Night, key: ModelKey) {
  const last = models.get(key);
  return last !== null && sameTick(last.tickSeconds, range.tickSeconds) ? last.model : null;
}

/** Those that failed, the newest failures first, and others evenly. */
function forPooling(targets: readonly JobTarget[]): JobTarget[] {
  if (targets.length <= MOST_POOLED) return [...targets];
  const newest = ({ failures }: Labels): number => failures.reduce((most, { fromMs }) => Math.max(most, fromMs), -Infinity);
  const failed = targets.filter(({ labels }) => labels.failures.length > 0).sort((a, b) => newest(b.labels) - newest(a.labels)).slice(0, MOST_POOLED / 2);
  const rest = targets.filter((target) => !failed.includes(target));
  const share = (MOST_POOLED - failed.length) / rest.length;
  return [...failed, ...rest.filter((_, n) => Math.floor((n + 1) * share) > Math.floor(n * share))];
}

/** @returns whether there is a new model */
async function trainOne(night: Night, job: Job): Promise<boolean> {
  const startedMs = night.clock.monotonicMs();
  const key = job.key as ModelKey;
  const ended = (result: TrainingResult, reason: string): void => {
    night.results[result]++;
    night.metrics.modelTrained(result, (night.clock.monotonicMs() - startedMs) / 1000);
    tell(night, key, result, reason);
  };
  try {
    const onProgress = (progress: Progress): void => night.log.info({ model: key, ...progress }, 'training a model goes on');
    const pooled = job.kind === 'pooled';
    const { outcomes, notes } = await night.pool.run(job, { timeoutMs: pooled ? POOLED_TIMEOUT_MS : OWN_TIMEOUT_MS, ...(pooled ? { onProgress: atMost(night, onProgress) } : {}) });
    for (const note of notes) night.log.warn({ model: key }, note);
    const [one] = outcomes;
    if (one === undefined) throw new Error('there was no outcome');
    if (one.outcome.result === 'kept_new') await night.models.put(key, one.outcome.model, recordOf(key, one.outcome, night));
    ended(one.outcome.result, one.outcome.reason);
    return one.outcome.result === 'kept_new';
  } catch (error) {
    if (!night.signal.aborted) ended('failed', error instanceof Error ? error.message : String(error));
    return false;
  }
}

/** Not more often than it is of use in a log. */
function atMost({ clock }: Night, tellProgress: (progress: Progress) => void): (progress: Progress) => void {
  let toldMs = clock.monotonicMs();
  return (progress) => {
    if (clock.monotonicMs() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = clock.monotonicMs();
    tellProgress(progress);
  };
}

function tell({ log, told }: Night, key: ModelKey, result: TrainingResult, reason: string): void {
  const isTarget = isTargetKey(key);
  const count = (told.get(result) ?? 0) + (isTarget ? 1 : 0);
  told.set(result, count);
  if (isTarget && count > MOST_TOLD) return;
  const details = { model: key, reason };
  if (result === 'failed') log.warn(details, 'a model could not be trained; the last good one stays');
  else if (result === 'skipped') log.info(details, 'a model was not trained');
  else log.info(details, result === 'kept_new' ? 'a model was trained' : 'the last model stays');
}

function recordOf(key: ModelKey, { counts, iterations, converged, heldBack }: Extract<Outcome, { result: 'kept_new' }>, { clock, range, source = 'live' }: Night): ModelRecord {
  const iso = (ms: number | null): string => new Date(ms ?? clock.nowMs()).toISOString();
  const trainedOn = { source, targets: Math.max(1, counts.targets), from: iso(counts.fromMs), to: iso(counts.toMs), ticks: counts.trained, tickSeconds: range.tickSeconds, failures: counts.failures };
  return { createdAt: iso(null), target: key, trainedOn, heldBack, iterations, converged };
}

/** Of targets that were not observed for as long as observations are kept. */
async function removeForgotten({ models, log, range }: Night, observed: ReadonlySet<TargetKey>): Promise<void> {
  for (const key of models.keys()) {
    const model = models.get(key);
    if (!isTargetKey(key) || observed.has(key) || model === null || model.trainedAtMs >= range.fromMs) continue;
    await models.remove(key).catch((error: unknown) => log.warn({ model: key, err: error }, 'the model of a target that is gone was not removed'));
  }
}
