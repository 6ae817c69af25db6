/** Fig. 8 of the HMM paper from real guests: the probability up before a failure, and small where something healthy only looks like one. */
import type { Limits } from '../evaluate/alarms.ts';
import { alarmsOf } from '../evaluate/alarms.ts';
import type { Stretch } from '../evaluate/course.ts';
import type { Lived } from '../evaluate/cross-validate.ts';
import { LEAST_LEAD_TICKS } from '../evaluate/figures.ts';
import { judge } from '../evaluate/judge.ts';
import { scored } from '../evaluate/proof.ts';
import { seriesOf } from '../evaluate/replay.ts';
import { timeOf } from '../trace/trace.ts';
import type { Trace } from '../trace/trace.ts';

/** One guest over time; all times in seconds since its trace began. */
export interface Curve {
  name: string;
  about: string;
  seconds: number[];
  probability: number[];
  /** Until a minute before its habits were being learnt, and nearly nothing was observed: no part of the numbers. */
  learntAt: number;
  /** Healthy load that looks like more. */
  busy: { from: number; to: number }[];
  decline: number | null;
  failed: number | null;
  alarms: { from: number; to: number }[];
}

export interface Fig8 {
  failing: Curve;
  healthy: Curve;
  numbers: {
    horizonSeconds: number;
    raiseAbove: number;
    /** Of the failing guest before its decline: the mean, and the highest. */
    beforeDeclineMean: number;
    beforeDeclineHighest: number;
    /** The mean of the last minute before the failure, and how long before it the alarm came; null: it did not. */
    lastMinuteMean: number;
    leadSeconds: number | null;
    /** Of the healthy guest: the highest while busy (with the minute after), and the mean of all other time. */
    lookAlikeHighest: number;
    quietMean: number;
  };
}

const MINUTE_S = 60;
const LOOK_ALIKES: readonly string[] = ['batch', 'flash-crowd'];

export interface Pair {
  trace: Trace;
  lived: Lived;
}

/**
 * By rules that leave nothing to choose: of the failures that were recalled the one with the median lead, of the bursts and crowds the one at
 * which the probability rose most. @throws RangeError where there is none of either
 */
export function choosePair(pairs: readonly Pair[], limits: Limits, tickSeconds: number): { failing: Pair; healthy: Pair } {
  const failing = pairs.flatMap((pair) => {
    const [event] = judge(scored([pair.lived]), limits).events;
    const leadSeconds = event?.abrupt === false ? event.leadSeconds : null;
    return leadSeconds !== null && leadSeconds >= LEAST_LEAD_TICKS * tickSeconds ? [{ pair, leadSeconds }] : [];
  }).sort((a, b) => a.leadSeconds - b.leadSeconds || a.pair.trace.seed - b.pair.trace.seed);
  const middle = failing[Math.floor((failing.length - 1) / 2)]?.pair;
  const healthy = pairs.filter(({ trace }) => LOOK_ALIKES.includes(trace.kind)).map((pair) => ({ pair, highest: bumpOf(pair) })).sort((a, b) => b.highest - a.highest)[0]?.pair;
  if (middle === undefined) throw new RangeError('no failure was recalled, so there is none to show');
  if (healthy === undefined) throw new RangeError(`no trace of ${LOOK_ALIKES.join(' or ')}`);
  return { failing: middle, healthy };
}

function bumpOf({ trace, lived }: Pair): number {
  const curve = curveOf(trace, lived, { raiseAbove: 1, clearBelow: 1, raiseForSeconds: 0, clearForSeconds: 0 });
  return Math.max(0, ...curve.probability.filter((_, t) => curve.seconds[t]! >= curve.learntAt && isBusy(curve, curve.seconds[t]!)));
}

export function figureOf(failing: Pair, healthy: Pair, limits: Limits, horizonSeconds: number): Fig8 {
  const [down, up] = [curveOf(failing.trace, failing.lived, limits), curveOf(healthy.trace, healthy.lived, limits)];
  const within = ({ seconds, probability, learntAt }: Curve, is: (second: number) => boolean): number[] => probability.filter((_, t) => seconds[t]! >= learntAt && is(seconds[t]!));
  const [decline, failed] = [down.decline ?? Infinity, down.failed ?? Infinity];
  const before = within(down, (second) => second < decline);
  return {
    failing: down, healthy: up,
    numbers: {
      horizonSeconds,
      raiseAbove: limits.raiseAbove,
      beforeDeclineMean: mean(before),
      beforeDeclineHighest: Math.max(0, ...before),
      lastMinuteMean: mean(within(down, (second) => second >= failed - MINUTE_S && second < failed)),
      leadSeconds: leadOf(down),
      lookAlikeHighest: Math.max(0, ...within(up, (second) => isBusy(up, second))),
      quietMean: mean(within(up, (second) => !isBusy(up, second))),
    },
  };
}

function leadOf({ alarms, failed }: Curve): number | null {
  const standing = failed === null ? undefined : alarms.find(({ from, to }) => from <= failed && to > failed);
  return standing === undefined || failed === null ? null : failed - standing.from;
}

/** The minute after is its echo. */
function isBusy({ busy }: Curve, second: number): boolean {
  return busy.some(({ from, to }) => second >= from && second < to + MINUTE_S);
}

function curveOf(trace: Trace, { ticks }: Lived, limits: Limits): Curve {
  const startMs = ticks[0]?.atMs ?? 0;
  const since = (ms: number): number => (ms - startMs) / 1000;
  const place = (ms: number | null): number | null => (ms === null ? null : since(ms));
  const series = seriesOf(ticks);
  const last = series.atMs.at(-1) ?? startMs;
  return {
    name: `${trace.kind}-${trace.seed}`,
    about: trace.about,
    seconds: Array.from(series.atMs, since),
    probability: [...series.score],
    learntAt: (place(ticks.find(({ coldStart }) => !coldStart)?.atMs ?? null) ?? 0) + MINUTE_S,
    busy: busyTimes(trace).map(({ fromMs, toMs }) => ({ from: since(fromMs), to: since(Math.min(toMs, last)) })),
    decline: place(timeOf(trace, 'decline')),
    failed: place(timeOf(trace, 'failed')),
    alarms: alarmsOf(series, limits).map(({ fromMs, toMs }) => ({ from: since(fromMs), to: since(Math.min(toMs, last + 1)) })),
  };
}

function busyTimes({ labels }: Trace): Stretch[] {
  const times: Stretch[] = [];
  for (const { kind, atMs } of labels) {
    const last = times.at(-1);
    if (kind === 'busy-start') times.push({ fromMs: atMs, toMs: Infinity });
    else if (kind === 'busy-end' && last?.toMs === Infinity) last.toMs = atMs;
  }
  return times;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of both curves: guest, seconds, probability. */
export function csvOf({ failing, healthy }: Fig8): string {
  const rows = [failing, healthy].flatMap(({ name, seconds, probability }) => seconds.map((second, t) => `${name},${second},${Number(probability[t]!.toPrecision(6))}`));
  return `${['guest,seconds,failure_probability', ...rows].join('\n')}\n`;
}
