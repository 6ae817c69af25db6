/** What recorded failures and recoveries tell of the hidden states: labels for training (DESIGN 10). */
import type { Sequence } from './hmm/expectation.ts';
import { MISSING } from './hmm/model.ts';
import { compatibleSymbols, isPartial, SYMBOLS } from './observation/symbol.ts';
import { maskOf } from './states.ts';

/** Symbols of one target, one each tick. */
export interface SymbolRecord {
  startMs: number;
  tickSeconds: number;
  /** As observed: symbols, MISSING, or codes of partial observations. */
  symbols: Int16Array;
}

export interface Interval {
  fromMs: number;
  /** Not within it any more; Infinity: it goes on. */
  toMs: number;
}

export interface Labels {
  /** From the failure until the target worked again. */
  failures: readonly Interval[];
  /**
   * Where what is seen is not the target's own doing: after an automatic recovery, during operations of ours. Training on them would
   * learn what recovery does to failures.
   */
  censored: readonly Interval[];
}

export interface LabelOptions {
  /** So long before a failure the target may have been abnormal already, which is left to training to find. */
  leadSeconds: number;
  /** The last of it when it certainly was. 0: nothing is certain, as where failures come at a stroke. */
  abnormalSeconds: number;
  /** True: without a failure ahead the target counts as healthy. False: nothing is known there. */
  quietIsNormal: boolean;
}

export const DEFAULT_LABELLING: LabelOptions = { leadSeconds: 900, abnormalSeconds: 0, quietIsNormal: true };

/** What is known of one tick; the greater overrules the smaller. */
const QUIET = 0;
const LEAD = 1;
const ABNORMAL = 2;
const FAILED = 3;
const CENSORED = 4;

/**
 * Cuts a record into uninterrupted sequences and says of each tick which states are possible. A failure ends its sequence: after it the
 * target was started anew. Censored ticks belong to none. A sequence in which nothing was observed is left out.
 */
export function labelledSequences(record: SymbolRecord, labels: Labels, options: LabelOptions = DEFAULT_LABELLING): Sequence[] {
  const { tickSeconds, symbols } = record;
  if (!(tickSeconds > 0 && tickSeconds < Infinity)) throw new RangeError(`tickSeconds: expected more than 0, not ${tickSeconds}`);
  const known = new Uint8Array(symbols.length);
  const ends = new Set<number>();
  const unseen = new Set<number>();
  const tickAt = (ms: number): number => Math.min(symbols.length, Math.max(0, Math.ceil((ms - record.startMs) / (tickSeconds * 1000))));
  const endMs = record.startMs + symbols.length * tickSeconds * 1000;
  const mark = (from: number, to: number, what: number): void => {
    for (let t = from; t < to; t++) known[t] = Math.max(known[t]!, what);
  };
  for (const { fromMs, toMs } of labels.failures) {
    const [from, to] = [tickAt(fromMs), tickAt(toMs)];
    mark(tickAt(fromMs - options.leadSeconds * 1000), from, LEAD);
    mark(tickAt(fromMs - options.abnormalSeconds * 1000), from, ABNORMAL);
    mark(from, to, FAILED);
    ends.add(to);
    // Over before the next tick, or right after the last one: it failed all the same.
    if (from === to && from > 0 && fromMs < toMs && fromMs <= endMs) unseen.add(to);
  }
  for (const { fromMs, toMs } of labels.censored) mark(tickAt(fromMs), tickAt(toMs), CENSORED);
  return cut(symbols, known, ends, unseen, masks(options));
}

function masks({ quietIsNormal }: LabelOptions): Int32Array {
  const possible = Int32Array.of(0, 0, 0, 0);
  possible[QUIET] = quietIsNormal ? maskOf('normal') : 0;
  possible[LEAD] = maskOf('normal', 'abnormal');
  possible[ABNORMAL] = maskOf('abnormal');
  possible[FAILED] = maskOf('failed');
  return possible;
}

function cut(symbols: Int16Array, known: Uint8Array, ends: ReadonlySet<number>, unseen: ReadonlySet<number>, possible: Int32Array): Sequence[] {
  const sequences: Sequence[] = [];
  const take = (from: number, to: number): void => {
    const slice = symbols.slice(from, to);
    if (slice.every((symbol) => symbol === MISSING)) return;
    const masked = Int32Array.from(known.subarray(from, to), (what) => possible[what]!);
    sequences.push(withSets(unseen.has(to) ? withFailedTick(slice, masked) : { symbols: slice, possible: masked }));
  };
  let from = 0;
  for (let t = 0; t <= symbols.length; t++) {
    const censored = t < symbols.length && known[t] === CENSORED;
    if (t < symbols.length && !censored && !ends.has(t)) continue;
    if (t > from) take(from, t);
    from = censored ? t + 1 : t;
  }
  return sequences;
}

function withFailedTick(symbols: Int16Array, possible: Int32Array): Sequence {
  const longer = { symbols: new Int16Array(symbols.length + 1).fill(MISSING), possible: new Int32Array(symbols.length + 1).fill(maskOf('failed')) };
  longer.symbols.set(symbols);
  longer.possible.set(possible);
  return longer;
}

/** Training knows partial observations as sets of symbols. */
function withSets(sequence: Sequence): Sequence {
  if (!sequence.symbols.some(isPartial)) return sequence;
  const rows = new Map<number, number>();
  const sets: Uint8Array[] = [];
  const symbols = sequence.symbols.map((code) => {
    if (!isPartial(code)) return code;
    const known = rows.get(code);
    if (known !== undefined) return known;
    const set = compatibleSymbols(code);
    // A number that is no code: nothing is known.
    const row = set.length === 0 ? MISSING : SYMBOLS + sets.length;
    if (set.length > 0) sets.push(set);
    rows.set(code, row);
    return row;
  });
  return { ...sequence, symbols, sets };
}
