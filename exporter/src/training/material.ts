/**
 * What of a target's records a training learns from: stretches around failures, quiet hours thinned where there are more than it may cost, and
 * what is held back for comparing models.
 */
import type { Sequence } from '../prediction/hmm/expectation.ts';
import { labelledSequences } from '../prediction/states-known.ts';
import type { LabelOptions, Labels, SymbolRecord } from '../prediction/states-known.ts';
import { endOf, observedTicks, scattered, stretchesOf, withoutNonsense } from './stretches.ts';
import type { CutOptions, Stretch } from './stretches.ts';

/** All that was observed of one target, and what is known of it. */
export interface TargetRecords {
  /** Of one tick length; none overlaps another. */
  records: readonly SymbolRecord[];
  labels: Labels;
}

export interface MaterialOptions {
  tickSeconds: number;
  labelling: LabelOptions;
  /** What is trained on at most. Of quiet hours some, drawn by lot, then stand for all; failures take at most half of it, the newest. */
  mostTicks: number;
  holdBack: CutOptions['holdBack'];
}

/** One target's sequences, ready for training. */
export interface Material {
  /** Around failures: each counts once. */
  eventful: Sequence[];
  quiet: Sequence[];
  /** So often each quiet sequence counts. At least 1. */
  quietWeight: number;
  heldBack: Sequence[];
  counts: MaterialCounts;
}

export interface MaterialCounts {
  /** Ticks at which anything was observed, censored and left out ones among them. */
  observed: number;
  trained: number;
  heldBack: number;
  /** Failures of which something is trained on. */
  failures: number;
  /** Wall clock of the first and after the last tick; null: there is none. */
  fromMs: number | null;
  toMs: number | null;
}

/** Comparing models needs no more than this share of `mostTicks`. */
const HELD_BACK_SHARE = 0.25;
const EVENTFUL_SHARE = 0.5;
/** Two records of one tick length may differ by so much. */
export const TICK_TOLERANCE = 0.01;

/** @throws RangeError when a record has another tick length than the options */
export function materialOf({ records, labels }: TargetRecords, options: MaterialOptions): Material {
  const counts: MaterialCounts = { observed: 0, trained: 0, heldBack: 0, failures: 0, fromMs: null, toMs: null };
  const eventful: Stretch[] = [];
  const quiet: Stretch[] = [];
  for (const one of records) {
    if (!sameTick(one.tickSeconds, options.tickSeconds)) throw new RangeError(`a record has ticks of ${one.tickSeconds} s, expected ${options.tickSeconds} s`);
    const record = withoutNonsense(one);
    counts.observed += observedTicks(record.symbols);
    counts.fromMs = Math.min(counts.fromMs ?? Infinity, record.startMs);
    counts.toMs = Math.max(counts.toMs ?? -Infinity, endOf(record));
    const cut = stretchesOf(record, labels, { leadSeconds: options.labelling.leadSeconds, holdBack: options.holdBack });
    eventful.push(...cut.eventful);
    for (const stretch of cut.quiet) quiet.push(stretch);
  }
  const trainedEvents = newest(eventful.filter(({ heldBack }) => !heldBack), options.mostTicks * EVENTFUL_SHARE);
  const trainedQuiet = thinned(quiet.filter(({ heldBack }) => !heldBack), options.mostTicks - ticksOf(trainedEvents));
  const heldBack = thinned([...eventful, ...quiet].filter((stretch) => stretch.heldBack), options.mostTicks * HELD_BACK_SHARE);
  const sequencesOf = (stretches: readonly Stretch[]): Sequence[] => stretches.flatMap(({ record }) => labelledSequences(record, near(record, labels), options.labelling));
  const material = { eventful: sequencesOf(trainedEvents), quiet: sequencesOf(trainedQuiet.kept), quietWeight: trainedQuiet.weight, heldBack: sequencesOf(heldBack.kept) };
  counts.trained = lengthOf(material.eventful) + lengthOf(material.quiet);
  counts.heldBack = lengthOf(material.heldBack);
  counts.failures = trainedEvents.reduce((sum, { failures }) => sum + failures, 0);
  return { ...material, counts };
}

export function sameTick(left: number, right: number): boolean {
  return Math.abs(left - right) <= TICK_TOLERANCE * right;
}

/** `most` ticks or a little more, at least one stretch of what there is, from everywhere. */
function thinned(stretches: readonly Stretch[], most: number): { kept: Stretch[]; weight: number } {
  const ticks = ticksOf(stretches);
  if (ticks <= most) return { kept: [...stretches], weight: 1 };
  const kept: Stretch[] = [];
  let keptTicks = 0;
  const drawn = stretches.map((stretch) => ({ stretch, lot: scattered(Math.floor(stretch.record.startMs / 1000)) })).sort((a, b) => a.lot - b.lot);
  for (const { stretch } of drawn) {
    if (kept.length > 0 && keptTicks >= most) break;
    kept.push(stretch);
    keptTicks += stretch.record.symbols.length;
  }
  return { kept, weight: Math.max(1, ticks / keptTicks) };
}

function newest(stretches: readonly Stretch[], most: number): Stretch[] {
  const kept: Stretch[] = [];
  let ticks = 0;
  for (const stretch of stretches.toSorted((a, b) => b.record.startMs - a.record.startMs)) {
    ticks += stretch.record.symbols.length;
    if (ticks > most && kept.length > 0) break;
    kept.push(stretch);
  }
  return kept;
}

/** Of labels only those that can matter for the record: there may be many of both. */
function near(record: SymbolRecord, { failures, censored }: Labels): Labels {
  const ends = endOf(record);
  return {
    // A lead that reaches into the next stretch was cut off there already.
    failures: failures.filter(({ fromMs, toMs }) => fromMs <= ends && toMs >= record.startMs),
    censored: censored.filter(({ fromMs, toMs }) => fromMs < ends && toMs > record.startMs),
  };
}

function ticksOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { record }) => sum + record.symbols.length, 0);
}

function lengthOf(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { symbols }) => sum + symbols.length, 0);
}
