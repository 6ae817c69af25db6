/** Between the nights, each target's own model follows what is newest: a few steps of Baum-Welch, taken only where they are no step back. */
import type { TargetKey } from '../prediction/model-source.ts';
import type { FollowJob } from './job.ts';
import { isTargetKey } from './keys.ts';
import { sameTick } from './material.ts';
import type { Surroundings } from './surroundings.ts';
import { DEFAULT_FOLLOWING } from './train.ts';

const TARGETS_PER_JOB = 64;
const TIMEOUT_MS = 120_000;
const LEAST_TICKS = 60;
/** What is older is the night's. */
const OLDEST_MS = 86_400_000;
/** A record's own bytes, for each tick, many short records among them; and so much in any case. */
const BYTES_PER_TICK = 4;
const MORE_BYTES = 65_536;
const MOST_BYTES = 4_194_304;

/** For each target up to when its model knows what was observed. */
export type FollowedTo = Map<TargetKey, number>;

/** Rejects when labels can't be read. @returns how many models moved */
export async function followAll(surroundings: Surroundings, followedTo: FollowedTo, signal: AbortSignal): Promise<number> {
  const { models, modelsChanged, log, tickSeconds } = surroundings;
  const keys = models.keys().filter(isTargetKey).filter((key) => sameTick(models.get(key)!.tickSeconds, tickSeconds()));
  let moved = 0;
  for (let at = 0; at < keys.length && !signal.aborted; at += TARGETS_PER_JOB) {
    const some = keys.slice(at, at + TARGETS_PER_JOB);
    try {
      const now = await followSome(surroundings, followedTo, some);
      moved += now;
      if (now > 0) modelsChanged();
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, targets: some.length }, 'models could not follow the newest observations; they stay as they are');
    }
  }
  return moved;
}

async function followSome({ observations, models, pool, labelsOf, training, tickSeconds, clock, log }: Surroundings, followedTo: FollowedTo, keys: readonly TargetKey[]): Promise<number> {
  const leadMs = training.labelling.leadSeconds * 1000;
  const toMs = clock.nowMs() - leadMs;
  const fromOf = (key: TargetKey): number => Math.max(followedTo.get(key) ?? -Infinity, (models.get(key)?.trainedAtMs ?? toMs) - leadMs, toMs - OLDEST_MS);
  const fromMs = Math.min(...keys.map(fromOf));
  await observations.flush(keys);
  const targets: FollowJob['targets'][number][] = [];
  for (const key of keys) {
    const last = models.get(key);
    if (last === null) continue;
    const { failures, censored } = await labelsOf(key, fromOf(key), clock.nowMs());
    // Each goes on where it ended; what is before that, it knows.
    targets.push({ key, path: observations.pathOf(key), labels: { failures, censored: [...censored, { fromMs: -Infinity, toMs: fromOf(key) }] }, last: last.model });
  }
  const ticks = (clock.nowMs() - fromMs) / (tickSeconds() * 1000);
  const range = { fromMs, toMs, tickSeconds: tickSeconds(), mostBytes: Math.min(MOST_BYTES, ticks * BYTES_PER_TICK + MORE_BYTES) };
  const job: FollowJob = { kind: 'follow', key: 'online', targets, range, settings: { ...training, ...DEFAULT_FOLLOWING, tickSeconds: tickSeconds() }, leastTicks: LEAST_TICKS };
  const { outcomes, notes } = await pool.run(job, { timeoutMs: TIMEOUT_MS });
  for (const note of notes) log.warn({}, note);
  let moved = 0;
  for (const { key, outcome } of outcomes) {
    if (!isTargetKey(key)) continue;
    // Too little to learn from yet: it waits for more.
    if (outcome.result !== 'skipped') followedTo.set(key, toMs);
    if (outcome.result !== 'kept_new' || models.get(key)?.model !== targets.find((target) => target.key === key)?.last) continue;
    models.follow(key, outcome.model);
    moved++;
  }
  return moved;
}
