/** What was observed of all targets, for training: the newest hour in memory, the rest in one file a target under `observations/`. */
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetKey } from '../prediction/model-source.ts';
import { atOnce, createTurns } from './at-once.ts';
import { isTemporary } from './atomic-file.ts';
import { isTargetKey } from './keys.ts';
import { createObservationBuffer } from './observation-buffer.ts';
import type { ObservationBuffer } from './observation-buffer.ts';
import { pruneObservations } from './observation-file.ts';

export interface Observations {
  /** One tick of a target. Cheap, never throws: what can't be kept is left out, and said once. */
  take: ObservationBuffer['take'];
  /** Targets of which anything is kept, in no order. Rejects with what the file system says. */
  targets(): Promise<TargetKey[]>;
  /** Where a target's are; what is still in memory is not in it before `flush`. */
  pathOf(key: TargetKey): string;
  /** Writes what is in memory, of these targets or of all. Never rejects: what can't be written stays in memory as long as there is room, and it is said. */
  flush(keys?: readonly TargetKey[]): Promise<void>;
  /** Removes what is older than `keepDays`. Never rejects. */
  prune(signal?: AbortSignal): Promise<void>;
  /** A target is deliberately forgotten. Rejects with what the file system says. */
  forget(key: TargetKey): Promise<void>;
  /** Writes the rest. */
  stop(): Promise<void>;
}

export interface ObservationsOptions {
  /** Made where it does not exist. */
  folder: string;
  clock: { nowMs(): number; monotonicMs(): number; after(delayMs: number, run: () => void): () => void };
  keepDays(): number;
  onWarning(text: string): void;
  /** Default 20,000. */
  mostTargets?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MOST_TARGETS = 20_000;
/** How often it is looked which targets are due: each once an hour, spread over it. */
const FLUSH_EVERY_MS = 15_000;
const FLUSHES_PER_HOUR = HOUR_MS / FLUSH_EVERY_MS;
const WRITES_AT_ONCE = 4;
/** Files are rewritten when so much of what must be kept could be removed. */
const PRUNE_SHARE = 0.2;
/** Of the file of a target. */
export const OBSERVATIONS_ENDING = '.obs';

/** @throws what the file system says when the folder can't be made */
export async function openObservations({ folder, clock, keepDays, onWarning, mostTargets = MOST_TARGETS }: ObservationsOptions): Promise<Observations> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all((await readdir(folder)).filter(isTemporary).map((name) => rm(join(folder, name), { force: true })));
  const said = saidOnce(onWarning);
  const buffer = createObservationBuffer({ mostTargets, turns: FLUSHES_PER_HOUR, warnOnce: said.warn });
  const exclusive = createTurns<TargetKey>();
  const pathOf = (key: TargetKey): string => join(folder, `${key}${OBSERVATIONS_ENDING}`);
  let turns = 0;
  let cancel = clock.after(FLUSH_EVERY_MS, turn);

  async function write(key: TargetKey): Promise<void> {
    const records = buffer.drain(key);
    if (records.length === 0) return;
    try {
      await appendFile(pathOf(key), Buffer.concat(records), { mode: 0o600 });
      said.over('write', 'observations can be written again');
    } catch (error) {
      buffer.putBack(key, records);
      said.warn('write', `observations can't be written, the oldest will be lost: ${String(error)}`);
    }
  }

  const flush = (keys: Iterable<TargetKey>): Promise<void> => atOnce(keys, WRITES_AT_ONCE, (key) => exclusive(key, () => write(key)));

  function turn(): void {
    void flush(buffer.due(turns++));
    cancel = clock.after(FLUSH_EVERY_MS, turn);
  }

  async function listed(): Promise<TargetKey[]> {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(OBSERVATIONS_ENDING)).map((name) => name.slice(0, -OBSERVATIONS_ENDING.length)).filter(isTargetKey);
  }

  async function pruneOne(key: TargetKey): Promise<void> {
    const keepMs = keepDays() * DAY_MS;
    const pruned = await pruneObservations(pathOf(key), clock.nowMs() - keepMs, keepMs * PRUNE_SHARE).catch(cantPrune);
    if (pruned && pruned.damaged.length > 0) onWarning(`observations of ${key}: ${pruned.damaged.length} damaged records were removed`);
  }

  function cantPrune(error: unknown): null {
    said.warn('prune', `old observations can't be removed: ${String(error)}`);
    return null;
  }

  return {
    pathOf,
    take: buffer.take,
    targets: async () => [...new Set([...(await listed()), ...buffer.keys()])],
    flush: (keys = buffer.keys()) => flush(keys),
    async prune(signal) {
      for (const key of (await listed().catch(cantPrune)) ?? []) if (!signal?.aborted) await exclusive(key, () => pruneOne(key));
    },
    async forget(key) {
      buffer.forget(key);
      await exclusive(key, () => Promise.resolve());
      if (isTargetKey(key)) await rm(pathOf(key), { force: true });
    },
    async stop() {
      cancel();
      await flush(buffer.keys());
    },
  };
}

/** What goes on failing is said when it begins, and when it is over. */
function saidOnce(onWarning: (text: string) => void): { warn(about: string, text: string): void; over(about: string, text: string): void } {
  const said = new Set<string>();
  return {
    warn(about, text) {
      if (said.has(about)) return;
      said.add(about);
      onWarning(text);
    },
    over(about, text) {
      if (said.delete(about)) onWarning(text);
    },
  };
}
