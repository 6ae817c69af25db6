/** Alarms against what happened: events recalled and how long before, and false alarms. Every event and every alarm counts once, whatever its length. */
import type { KindName } from '../trace/kinds.ts';
import { alarmsOf } from './alarms.ts';
import type { Alarm, Limits, Series } from './alarms.ts';
import type { Course } from './course.ts';

/** One trace and the scores that a method gave it. */
export interface Scored {
  course: Course;
  series: Series;
}

export interface EventResult {
  kind: KindName;
  seed: number;
  abrupt: boolean;
  /** From the decline to the failure. */
  declineSeconds: number;
  /** How long before the failure the alarm came that was up when it failed; null: there was none, or it had come before the decline. */
  leadSeconds: number | null;
}

export interface FalseAlarm {
  kind: KindName;
  seed: number;
  /** Since the trace began. */
  atSeconds: number;
  lastedSeconds: number;
}

export interface Tally {
  events: EventResult[];
  falseAlarms: FalseAlarm[];
  /** Where an alarm would have been a false one, by kind. */
  healthyDays: Map<KindName, number>;
  /** Declines that the guest survived, and in how many of them there was an alarm. */
  survived: number;
  alarmedSurvivors: number;
}

const DAY_MS = 86_400_000;

export function judge(scored: readonly Scored[], limits: Limits): Tally {
  const tally: Tally = { events: [], falseAlarms: [], healthyDays: new Map(), survived: 0, alarmedSurvivors: 0 };
  for (const { course, series } of scored) addTrace(tally, course, alarmsOf(series, limits));
  return tally;
}

function addTrace(tally: Tally, course: Course, alarms: readonly Alarm[]): void {
  const { kind, seed, healthy, event, survived } = course;
  tally.healthyDays.set(kind, (tally.healthyDays.get(kind) ?? 0) + (healthy.toMs - healthy.fromMs) / DAY_MS);
  for (const { fromMs, toMs } of alarms) {
    if (fromMs < healthy.fromMs || fromMs >= healthy.toMs) continue;
    tally.falseAlarms.push({ kind, seed, atSeconds: (fromMs - healthy.fromMs) / 1000, lastedSeconds: (Math.min(toMs, healthy.toMs) - fromMs) / 1000 });
  }
  if (event !== null) {
    const { watchedFromMs, declineMs, failedMs, abrupt } = event;
    const standing = alarms.find(({ fromMs, toMs }) => fromMs >= watchedFromMs && fromMs <= failedMs && toMs > failedMs);
    tally.events.push({ kind, seed, abrupt, declineSeconds: (failedMs - declineMs) / 1000, leadSeconds: standing === undefined ? null : (failedMs - standing.fromMs) / 1000 });
  }
  if (survived) {
    tally.survived++;
    if (alarms.some(({ fromMs }) => fromMs >= healthy.toMs)) tally.alarmedSurvivors++;
  }
}
