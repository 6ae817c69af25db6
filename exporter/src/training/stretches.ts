/** Cuts a record into stretches that are trained on, or held back, as one: what happened around failures, and quiet hours. */
import { MISSING } from '../prediction/hmm/model.ts';
import { compatibleSymbols, isPartial, SYMBOLS } from '../prediction/observation/symbol.ts';
import type { Interval, Labels, SymbolRecord } from '../prediction/states-known.ts';

export interface Stretch {
  /** Shares its symbols with the whole. */
  record: SymbolRecord;
  /** For comparing models: never trained on. */
  heldBack: boolean;
  /** How many failures began in it. */
  failures: number;
}

export interface CutOptions {
  /** So long before a failure belongs to it. */
  leadSeconds: number;
  /** `nothing`; `quiet`: ten minutes of each quiet hour; `all`: and one failure in six, where there are many. */
  holdBack: 'nothing' | 'quiet' | 'all';
}

/** Of a failure that lasts no more than this is kept: the rest of it says nothing new. */
const FAILED_MOST_MS = 3_600_000;
const HOUR_MS = 3_600_000;
/** Where ticks are long, what stands for an hour has as many. */
const LEAST_TICKS = 60;
/** One of them is held back. */
const PARTS = 6;

/**
 * What is held back depends on the time alone, so that no training, whenever it runs, learns from what another is compared on. Censored ticks
 * are still in the stretches.
 */
export function stretchesOf(whole: SymbolRecord, labels: Labels, options: CutOptions): { eventful: Stretch[]; quiet: Stretch[] } {
  const leadMs = options.leadSeconds * 1000;
  const failures = labels.failures.filter(({ fromMs, toMs }) => fromMs - leadMs < endOf(whole) && toMs > whole.startMs && fromMs < toMs);
  const record = reaching(whole, failures);
  const windows = failureWindows(failures, options);
  const eventful = windows.map((window): Stretch => ({ record: within(record, window), heldBack: window.heldBack, failures: window.failures }));
  const quiet = quietTimes(record, windows, failures).flatMap((time) => hours(time, record.tickSeconds, options));
  return {
    eventful: eventful.filter(({ record: { symbols } }) => symbols.length > 0),
    quiet: quiet.map(({ heldBack, ...time }) => ({ record: within(record, time), heldBack, failures: 0 })).filter(({ record: { symbols } }) => observedTicks(symbols) > 0),
  };
}

interface Window extends Interval {
  heldBack: boolean;
  failures: number;
}

/** Each failure with what led to it; those that follow closely are one. */
function failureWindows(failures: readonly Interval[], { leadSeconds, holdBack }: CutOptions): Window[] {
  const windows: Window[] = [];
  for (const { fromMs, toMs } of failures.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const window = { fromMs: fromMs - leadSeconds * 1000, toMs: Math.min(toMs, fromMs + FAILED_MOST_MS) };
    const last = windows.at(-1);
    if (last !== undefined && window.fromMs < last.toMs) {
      last.toMs = Math.max(last.toMs, window.toMs);
      last.failures++;
    } else windows.push({ ...window, heldBack: holdBack === 'all' && classOf(Math.floor(fromMs / 1000)) === 0, failures: 1 });
  }
  return windows;
}

/** One of `PARTS`. */
function classOf(seconds: number): number {
  return scattered(seconds) % PARTS;
}

/** A number for a time, always the same one, without any pattern: what comes every hour or every day must not always fall out, nor never. */
export function scattered(seconds: number): number {
  let mixed = Math.imul(seconds ^ (seconds >>> 16), 0x7feb_352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** What failed right after its last tick was seen failing: up to then it is silent. */
function reaching(record: SymbolRecord, failures: readonly Interval[]): SymbolRecord {
  const { startMs, tickSeconds, symbols } = record;
  const next = Math.min(...failures.map(({ fromMs }) => fromMs).filter((fromMs) => fromMs >= endOf(record)));
  if (next === Infinity) return record;
  const longer = new Int16Array(Math.ceil((next - startMs) / (tickSeconds * 1000)) + 1).fill(MISSING);
  longer.set(symbols);
  return { startMs, tickSeconds, symbols: longer };
}

/** What is neither around failures nor the rest of long ones. */
function quietTimes(record: SymbolRecord, windows: readonly Window[], failures: readonly Interval[]): Interval[] {
  const taken = [...windows, ...failures].sort((a, b) => a.fromMs - b.fromMs);
  const times: Interval[] = [];
  let fromMs = record.startMs;
  for (const { fromMs: start, toMs } of taken) {
    if (start > fromMs) times.push({ fromMs, toMs: start });
    fromMs = Math.max(fromMs, toMs);
  }
  const ends = endOf(record);
  if (fromMs < ends) times.push({ fromMs, toMs: ends });
  return times;
}

function hours({ fromMs, toMs }: Interval, tickSeconds: number, { holdBack }: CutOptions): (Interval & { heldBack: boolean })[] {
  const hourMs = Math.max(HOUR_MS, LEAST_TICKS * tickSeconds * 1000);
  const partMs = hourMs / PARTS;
  const cuts: (Interval & { heldBack: boolean })[] = [];
  for (let start = fromMs; start < toMs; ) {
    const hour = Math.floor(start / hourMs);
    const heldFrom = holdBack === 'nothing' ? Infinity : hour * hourMs + classOf(hour) * partMs;
    const end = Math.min(toMs, ...[heldFrom, heldFrom + partMs, (hour + 1) * hourMs].filter((cut) => cut > start));
    cuts.push({ fromMs: start, toMs: end, heldBack: start >= heldFrom && start < heldFrom + partMs });
    start = end;
  }
  return cuts;
}

/** The ticks that lie within the time. */
function within({ startMs, tickSeconds, symbols }: SymbolRecord, { fromMs, toMs }: Interval): SymbolRecord {
  const tickMs = tickSeconds * 1000;
  const tickAt = (ms: number): number => Math.min(symbols.length, Math.max(0, Math.ceil((ms - startMs) / tickMs)));
  const from = tickAt(fromMs);
  return { startMs: startMs + from * tickMs, tickSeconds, symbols: symbols.subarray(from, Math.max(from, tickAt(toMs))) };
}

/** Wall clock after the last tick. */
export function endOf({ startMs, tickSeconds, symbols }: SymbolRecord): number {
  return startMs + symbols.length * tickSeconds * 1000;
}

export function observedTicks(symbols: Int16Array): number {
  let count = 0;
  for (let t = 0; t < symbols.length; t++) if (symbols[t] !== MISSING) count++;
  return count;
}

/** Numbers that are no observation become MISSING. The record itself where there are none. */
export function withoutNonsense(record: SymbolRecord): SymbolRecord {
  const known = (code: number): boolean => code === MISSING || (code >= 0 && code < SYMBOLS) || (isPartial(code) && compatibleSymbols(code).length > 0);
  return record.symbols.every(known) ? record : { ...record, symbols: record.symbols.map((code) => (known(code) ? code : MISSING)) };
}
