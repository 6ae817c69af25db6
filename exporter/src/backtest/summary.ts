/** What a backtest comes to, in numbers. */
import { alarmTick, quietAlarm } from '../prediction/alarm.ts';
import type { AlarmSettings } from '../prediction/alarm.ts';
import type { Why } from '../prediction/observation/observer.ts';
import type { Signal } from '../prediction/observation/signals.ts';
import { MISSING } from '../prediction/hmm/model.ts';
import type { Interval } from '../prediction/states-known.ts';
import type { BacktestTick } from './replay.ts';

/** A stretch of time; `toMs` null: it had not ended with the last tick. */
export interface Stretch {
  fromMs: number;
  toMs: number | null;
}

export interface Summary {
  ticks: number;
  fromMs: number | null;
  toMs: number | null;
  /** All four levels known; some of them; none. */
  observed: number;
  partial: number;
  missing: number;
  /** Ticks at which habits were still being learnt. */
  coldStart: number;
  /** Silences of more than three ticks. */
  gaps: { count: number; longestMs: number; longestFromMs: number | null };
  highest: { probability: number; atMs: number } | null;
  /** Ticks at or above the threshold. */
  above: number;
  /** When an alarm would have been raised: the newest ones where there are many. */
  alarms: Stretch[];
  alarmCount: number;
  /** Per failure that was given: how long before it the alarm was raised; null: there was none then. */
  failures: { fromMs: number; leadMs: number | null }[];
  /** How many ticks lacked what, and why; the most frequent first. Signal null: the whole tick. */
  lacks: { signal: Signal | null; why: Why; ticks: number }[];
}

export interface SummaryOptions {
  tickSeconds: number;
  alarm: AlarmSettings;
  failures: readonly Interval[];
}

const MOST_ALARMS = 1000;
/** As the observation's `longestIntervals`. */
const GAP_TICKS = 3;
/** A target may be silent before it is said to have failed; later failures have nothing to do with what was replayed. */
const LATE_FAILURE_MS = 900_000;

/** Returns what takes ticks in order of time, and what tells the summary so far. */
export function createSummary({ tickSeconds, alarm: settings, failures }: SummaryOptions): { take(tick: BacktestTick): boolean; result(): Summary } {
  const longestGapMs = GAP_TICKS * tickSeconds * 1000;
  const alarm = quietAlarm();
  const lacks = new Map<string, Summary['lacks'][number]>();
  const leads = failures.map(({ fromMs }) => ({ fromMs, leadMs: null as number | null, passed: false })).sort((a, b) => a.fromMs - b.fromMs);
  const summary: Omit<Summary, 'failures' | 'lacks'> = {
    ticks: 0, fromMs: null, toMs: null, observed: 0, partial: 0, missing: 0, coldStart: 0,
    gaps: { count: 0, longestMs: 0, longestFromMs: null }, highest: null, above: 0, alarms: [], alarmCount: 0,
  };

  function passFailures(untilMs: number): void {
    for (const failure of leads) {
      if (failure.passed || failure.fromMs > untilMs) continue;
      failure.passed = true;
      if (alarm.failingSinceMs !== null) failure.leadMs = failure.fromMs - alarm.failingSinceMs;
    }
  }

  function countGap(atMs: number): void {
    const { gaps, toMs } = summary;
    if (toMs === null || atMs - toMs <= longestGapMs) return;
    gaps.count++;
    if (atMs - toMs > gaps.longestMs) Object.assign(gaps, { longestMs: atMs - toMs, longestFromMs: toMs });
  }

  return {
    /** Whether an alarm stands after the tick. */
    take({ atMs, failureProbability: probability, observation }) {
      // What is known at a failure is what the ticks before it said.
      passFailures(atMs);
      countGap(atMs);
      summary.ticks++;
      summary.fromMs ??= atMs;
      summary.toMs = atMs;
      summary[observation.symbol !== MISSING ? 'observed' : observation.partial === null ? 'missing' : 'partial']++;
      if (observation.coldStart) summary.coldStart++;
      for (const { signal, why } of observation.missing) {
        const key = `${signal} ${why}`;
        const lack = lacks.get(key);
        if (lack) lack.ticks++;
        else lacks.set(key, { signal, why, ticks: 1 });
      }
      if (summary.highest === null || probability > summary.highest.probability) summary.highest = { probability, atMs };
      if (probability >= settings.raiseAbove) summary.above++;
      if (alarmTick(alarm, settings, { probability, atMs, monotonicMs: atMs, longestGapMs })) {
        if (alarm.failing) {
          summary.alarmCount++;
          summary.alarms.push({ fromMs: atMs, toMs: null });
          if (summary.alarms.length > MOST_ALARMS) summary.alarms.shift();
        } else summary.alarms.at(-1)!.toMs = atMs;
      }
      return alarm.failing;
    },
    result() {
      const { fromMs: first, toMs: last } = summary;
      const known = leads.filter(({ fromMs }) => first !== null && last !== null && fromMs >= first && fromMs <= last + LATE_FAILURE_MS);
      // A target that dies is silent: its failure comes after its last tick.
      passFailures(Infinity);
      return {
        ...summary,
        failures: known.map(({ fromMs, leadMs }) => ({ fromMs, leadMs })),
        lacks: [...lacks.values()].sort((a, b) => b.ticks - a.ticks),
      };
    },
  };
}
