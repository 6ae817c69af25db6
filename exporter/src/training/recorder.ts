/** The newest observations of one target, on their way to its file: slots of a tick each, from the first one's time on. */
import { MISSING } from '../prediction/hmm/model.ts';
import type { SymbolRecord } from '../prediction/states-known.ts';

export interface Recorder {
  startMs: number;
  tickSeconds: number;
  codes: Int16Array;
  /** Of the slots, those that are filled. */
  ticks: number;
  lastMs: number;
}

/** A silence of more ticks ends a record. */
const MOST_SILENT_TICKS = 60;
const FIRST_SLOTS = 64;
/** What comes sooner after the tick before, in ticks, was sampled in between. */
const LEAST_TICK = 0.5;
/** So far, in ticks, what was sampled may be from where its slot is. */
const MOST_DRIFT = 1.5;

export function newRecorder(atMs: number, tickSeconds: number, code: number): Recorder {
  const codes = new Int16Array(FIRST_SLOTS);
  codes[0] = code;
  return { startMs: atMs, tickSeconds, codes, ticks: 1, lastMs: atMs };
}

/** @returns false: the tick does not go on from the last one, a new record must begin with it */
export function addTick(recorder: Recorder, atMs: number, tickSeconds: number, code: number, mostTicks: number): boolean {
  if (tickSeconds !== recorder.tickSeconds || atMs < recorder.lastMs) return false;
  const tickMs = tickSeconds * 1000;
  const since = (atMs - recorder.lastMs) / tickMs;
  if (since < LEAST_TICK) return true;
  const slot = recorder.ticks - 1 + Math.max(1, Math.round(since));
  if (slot >= mostTicks || slot - recorder.ticks > MOST_SILENT_TICKS || Math.abs(recorder.startMs + slot * tickMs - atMs) > MOST_DRIFT * tickMs) return false;
  if (slot >= recorder.codes.length) {
    const longer = new Int16Array(Math.min(mostTicks, Math.max(slot + 1, recorder.codes.length * 2)));
    longer.set(recorder.codes.subarray(0, recorder.ticks));
    recorder.codes = longer;
  }
  recorder.codes.fill(MISSING, recorder.ticks, slot);
  recorder.codes[slot] = code;
  recorder.ticks = slot + 1;
  recorder.lastMs = atMs;
  return true;
}

export function recordOf({ startMs, tickSeconds, codes, ticks }: Recorder): SymbolRecord {
  return { startMs, tickSeconds, symbols: codes.slice(0, ticks) };
}
