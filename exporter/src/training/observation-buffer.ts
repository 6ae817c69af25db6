/** The newest observations of all targets, in memory until they are written: of each at most an hour, and what could not be written. */
import type { ObservedTick, TargetKey } from '../prediction/model-source.ts';
import { isTargetKey } from './keys.ts';
import { encodeRecord, MOST_TICKS } from './observation-record.ts';
import { addTick, newRecorder, recordOf } from './recorder.ts';
import type { Recorder } from './recorder.ts';

export interface ObservationBuffer {
  /** Cheap, never throws: what can't be kept is left out, and said once. */
  take(tick: Pick<ObservedTick, 'key' | 'atMs' | 'tickSeconds' | 'code' | 'interruption'>): void;
  keys(): TargetKey[];
  /** Those whose turn it is, of so many turns. Those of which nothing came since the last time are forgotten. */
  due(turn: number): TargetKey[];
  /** What is to be written; from now on it is not here any more. */
  drain(key: TargetKey): Buffer[];
  /** It could not be written. */
  putBack(key: TargetKey, records: readonly Buffer[]): void;
  forget(key: TargetKey): void;
}

export interface BufferOptions {
  mostTargets: number;
  /** Each target has its turn once in so many. */
  turns: number;
  warnOnce(about: string, text: string): void;
}

const HOUR_MS = 3_600_000;
/** What waits may take so much of a target, as when writing fails; the oldest is lost then. Of ticks of 5 s it is 11 hours. */
const MOST_WAITING_BYTES = 16_384;
/** Odd names are told one by one, up to so many. */
const MOST_NAMES_TOLD = 10;

interface Kept {
  recorder: Recorder | null;
  waiting: Buffer[];
  turn: number;
}

export function createObservationBuffer({ mostTargets, turns, warnOnce }: BufferOptions): ObservationBuffer {
  const targets = new Map<TargetKey, Kept>();
  const odd = new Set<string>();
  let created = 0;

  function create(key: TargetKey): Kept | null {
    if (!isTargetKey(key)) {
      if (odd.size < MOST_NAMES_TOLD) odd.add(key);
      if (odd.has(key)) warnOnce(`name ${String(key)}`, `observations of ${JSON.stringify(key)} are not kept: this is no name for a file`);
      return null;
    }
    if (targets.size >= mostTargets) {
      warnOnce('most', `observations of more than ${mostTargets} targets are not kept`);
      return null;
    }
    const kept: Kept = { recorder: null, waiting: [], turn: created++ % turns };
    targets.set(key, kept);
    return kept;
  }

  return {
    take({ key, atMs, tickSeconds, code, interruption }) {
      if (!Number.isFinite(atMs) || !(tickSeconds > 0 && tickSeconds < Infinity)) return;
      const kept = targets.get(key) ?? create(key);
      if (kept === null) return;
      const most = Math.max(1, Math.min(MOST_TICKS, Math.ceil(HOUR_MS / (tickSeconds * 1000))));
      // A life that ended is a record of its own.
      const goesOn = kept.recorder !== null && interruption !== 'restart' && addTick(kept.recorder, atMs, tickSeconds, code, most);
      if (goesOn) return;
      close(kept);
      kept.recorder = newRecorder(atMs, tickSeconds, code);
    },
    keys: () => [...targets.keys()],
    due(turn) {
      const due: TargetKey[] = [];
      for (const [key, { recorder, waiting, turn: own }] of targets) {
        if (own !== turn % turns) continue;
        if (recorder === null && waiting.length === 0) targets.delete(key);
        else due.push(key);
      }
      return due;
    },
    drain(key) {
      const kept = targets.get(key);
      if (kept === undefined) return [];
      close(kept);
      return kept.waiting.splice(0);
    },
    putBack(key, records) {
      const kept = targets.get(key) ?? create(key);
      kept?.waiting.unshift(...records);
      if (kept) dropOldest(kept.waiting);
    },
    forget: (key) => void targets.delete(key),
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
