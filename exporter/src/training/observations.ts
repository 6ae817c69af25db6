/** What was observed of all targets, for training: the newest hour in memory, the rest in one file a target under `observations/`. */
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObservedTick, TargetKey } from '../prediction/model-source.ts';
import { isTemporary } from './atomic-file.ts';
import { isTargetKey } from './keys.ts';
import { pruneObservations } from './observation-file.ts';
import { encodeRecord, MOST_TICKS } from './observation-record.ts';
import { addTick, newRecorder, recordOf } from './recorder.ts';
import type { Recorder } from './recorder.ts';

export interface Observations {
  /** One tick of a target. Cheap, never throws: what can't be kept is left out, and said once. */
  take(tick: Pick<ObservedTick, 'key' | 'atMs' | 'tickSeconds' | 'code' | 'interruption'>): void;
  /** Targets of which anything is kept, in no order. Rejects with what the file system says. */
  targets(): Promise<TargetKey[]>;
  /** Where a target's are; what is still in memory is not in it before `flush`. */
  pathOf(key: TargetKey): string;
  /** Writes what is in memory, of these targets or of all. Never rejects: what can't be written stays in memory as long as there is room, and it is said. */
  flush(keys?: readonly TargetKey[]): Promise<void>;
  /** Removes what is older than `keepDays`. Never rejects. */
  prune(signal?: AbortSignal): Promise<void>;
  /** A target is deliberately forgotten. */
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
/** What waits to be written may take so much of a target, as when writing fails; the oldest is lost then. Of ticks of 5 s it is 11 hours. */
const MOST_WAITING_BYTES = 16_384;
/** Files are rewritten when so much of what must be kept could be removed. */
const PRUNE_SHARE = 0.2;
/** Of the file of a target. */
export const OBSERVATIONS_ENDING = '.obs';

interface Kept {
  recorder: Recorder | null;
  waiting: Buffer[];
  /** Of `FLUSHES_PER_HOUR`: when it is written. */
  turn: number;
  /** The last thing that is done with its file; they are done one after the other. */
  busy: Promise<void>;
}

/** @throws what the file system says when the folder can't be made */
export async function openObservations({ folder, clock, keepDays, onWarning, mostTargets = MOST_TARGETS }: ObservationsOptions): Promise<Observations> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all((await readdir(folder)).filter(isTemporary).map((name) => rm(join(folder, name), { force: true })));
  const targets = new Map<TargetKey, Kept>();
  const warned = new Set<string>();
  let turns = 0;
  let cancel = clock.after(FLUSH_EVERY_MS, turn);

  function warnOnce(about: string, text: string): void {
    if (warned.has(about)) return;
    warned.add(about);
    onWarning(text);
  }

  function pathOf(key: TargetKey): string {
    return join(folder, `${key}${OBSERVATIONS_ENDING}`);
  }

  function keptOf(key: TargetKey): Kept | null {
    const known = targets.get(key);
    if (known) return known;
    if (!isTargetKey(key) || targets.size >= mostTargets) {
      warnOnce(isTargetKey(key) ? 'most' : `key ${warned.size < 100 ? key : ''}`, isTargetKey(key) ? `observations of more than ${mostTargets} targets are not kept` : `observations of ${JSON.stringify(key)} are not kept: this is no name for a file`);
      return null;
    }
    const kept: Kept = { recorder: null, waiting: [], turn: targets.size % FLUSHES_PER_HOUR, busy: Promise.resolve() };
    targets.set(key, kept);
    return kept;
  }

  /** One thing after the other with each file. */
  function exclusive(kept: Kept, work: () => Promise<void>): Promise<void> {
    return (kept.busy = kept.busy.then(work));
  }

  async function write(key: TargetKey, kept: Kept): Promise<void> {
    close(kept);
    const records = kept.waiting.splice(0);
    if (records.length === 0) return;
    try {
      await appendFile(pathOf(key), Buffer.concat(records), { mode: 0o600 });
      if (warned.delete('write')) onWarning('observations can be written again');
    } catch (error) {
      kept.waiting.unshift(...records);
      dropOldest(kept.waiting);
      warnOnce('write', `observations can't be written, the oldest will be lost: ${String(error)}`);
    }
  }

  async function flush(keys: Iterable<TargetKey>): Promise<void> {
    await atOnce(keys, WRITES_AT_ONCE, async (key) => {
      const kept = targets.get(key);
      if (kept) await exclusive(kept, () => write(key, kept));
    });
  }

  function turn(): void {
    const due: TargetKey[] = [];
    for (const [key, kept] of targets) if (kept.turn === turns % FLUSHES_PER_HOUR) due.push(key);
    turns++;
    void flush(due);
    cancel = clock.after(FLUSH_EVERY_MS, turn);
  }

  async function pruneOne(key: TargetKey, beforeMs: number, atLeastMs: number): Promise<void> {
    try {
      const pruned = await pruneObservations(pathOf(key), beforeMs, atLeastMs);
      if (pruned && pruned.damaged.length > 0) onWarning(`observations of ${key}: ${pruned.damaged.length} damaged records were removed`);
    } catch (error) {
      warnOnce('prune', `old observations can't be removed: ${String(error)}`);
    }
  }

  async function listed(): Promise<TargetKey[]> {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(OBSERVATIONS_ENDING)).map((name) => name.slice(0, -OBSERVATIONS_ENDING.length)).filter(isTargetKey);
  }

  return {
    pathOf,
    take({ key, atMs, tickSeconds, code, interruption }) {
      if (!Number.isFinite(atMs)) return;
      const kept = keptOf(key);
      if (kept === null) return;
      const most = Math.max(1, Math.min(MOST_TICKS, Math.ceil(HOUR_MS / (tickSeconds * 1000))));
      // A life that ended is a record of its own.
      const goesOn = kept.recorder !== null && interruption !== 'restart' && addTick(kept.recorder, atMs, tickSeconds, code, most);
      if (goesOn) return;
      close(kept);
      kept.recorder = newRecorder(atMs, tickSeconds, code);
    },
    async targets() {
      return [...new Set([...(await listed()), ...targets.keys()])];
    },
    flush: (keys = [...targets.keys()]) => flush(keys),
    async prune(signal) {
      const beforeMs = clock.nowMs() - keepDays() * DAY_MS;
      const atLeastMs = keepDays() * DAY_MS * PRUNE_SHARE;
      const keys = await listed().catch((error: unknown) => {
        warnOnce('prune', `old observations can't be removed: ${String(error)}`);
        return [];
      });
      for (const key of keys) {
        if (signal?.aborted) return;
        const kept = targets.get(key);
        await (kept ? exclusive(kept, () => pruneOne(key, beforeMs, atLeastMs)) : pruneOne(key, beforeMs, atLeastMs));
      }
    },
    async forget(key) {
      const kept = targets.get(key);
      targets.delete(key);
      await kept?.busy;
      if (isTargetKey(key)) await rm(pathOf(key), { force: true });
    },
    async stop() {
      cancel();
      await flush([...targets.keys()]);
    },
  };
}

function close(kept: Kept): void {
  if (kept.recorder === null) return;
  kept.waiting.push(encodeRecord(recordOf(kept.recorder)));
  kept.recorder = null;
  dropOldest(kept.waiting);
}

function dropOldest(waiting: Buffer[]): void {
  for (let bytes = waiting.reduce((sum, { length }) => sum + length, 0); bytes > MOST_WAITING_BYTES && waiting.length > 1; ) bytes -= waiting.shift()!.length;
}

/** Never more than `most` at the same time. */
export async function atOnce<T>(items: Iterable<T>, most: number, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: most }, lane));
}
