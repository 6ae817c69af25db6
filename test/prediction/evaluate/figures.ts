import { median } from '../../bench/frame/statistics.ts';
import type { KindName } from '../trace/kinds.ts';
import { KIND_NAMES } from '../trace/kinds.ts';
import type { EventResult, Tally } from './judge.ts';
import { poissonUpper } from './poisson.ts';

/** An alarm that comes later than so many ticks before the failure is none. */
export const LEAST_LEAD_TICKS = 10;

export interface Figures {
  /** Failures that are not abrupt. */
  events: number;
  /** Share of them with an alarm at least LEAST_LEAD_TICKS before; null: there were none. */
  recall: number | null;
  recalled: number;
  /** Of the events those that came less than LEAST_LEAD_TICKS after their decline began, and the share of all others that was recalled. */
  sudden: number;
  recallNotSudden: number | null;
  /** Of those that were recalled. */
  leadSecondsMedian: number | null;
  falseAlarms: number;
  healthyDays: number;
  falseAlarmsPerDay: number | null;
  /** Upper limit at 95 %, exact for a Poisson process. */
  falseAlarmsPerDayUpper: number | null;
  abruptEvents: number;
  survived: number;
  alarmedSurvivors: number;
  byKind: Map<KindName, KindFigures>;
}

export interface KindFigures {
  events: number;
  recalled: number;
  leadSecondsMedian: number | null;
  falseAlarms: number;
  healthyDays: number;
}

export function figuresOf(tally: Tally, tickSeconds: number): Figures {
  const events = tally.events.filter(({ abrupt }) => !abrupt);
  const healthyDays = [...tally.healthyDays.values()].reduce((sum, days) => sum + days, 0);
  const falseAlarms = tally.falseAlarms.length;
  const all = recallOf(events, tickSeconds);
  const gradual = events.filter(({ declineSeconds }) => declineSeconds >= LEAST_LEAD_TICKS * tickSeconds);
  return {
    events: events.length, ...all,
    recall: events.length === 0 ? null : all.recalled / events.length,
    sudden: events.length - gradual.length,
    recallNotSudden: gradual.length === 0 ? null : recallOf(gradual, tickSeconds).recalled / gradual.length,
    falseAlarms, healthyDays,
    falseAlarmsPerDay: healthyDays === 0 ? null : falseAlarms / healthyDays,
    falseAlarmsPerDayUpper: healthyDays === 0 ? null : poissonUpper(falseAlarms) / healthyDays,
    abruptEvents: tally.events.length - events.length,
    survived: tally.survived, alarmedSurvivors: tally.alarmedSurvivors,
    byKind: new Map(KIND_NAMES.flatMap((kind): [KindName, KindFigures][] => {
      const days = tally.healthyDays.get(kind);
      return days === undefined ? [] : [[kind, kindFigures(tally, kind, days, tickSeconds)]];
    })),
  };
}

function kindFigures(tally: Tally, kind: KindName, healthyDays: number, tickSeconds: number): KindFigures {
  const events = tally.events.filter((event) => event.kind === kind);
  return { events: events.length, ...recallOf(events, tickSeconds), falseAlarms: tally.falseAlarms.filter((alarm) => alarm.kind === kind).length, healthyDays };
}

function recallOf(events: readonly EventResult[], tickSeconds: number): { recalled: number; leadSecondsMedian: number | null } {
  const leads = events.flatMap(({ leadSeconds }) => (leadSeconds !== null && leadSeconds >= LEAST_LEAD_TICKS * tickSeconds ? [leadSeconds] : []));
  return { recalled: leads.length, leadSecondsMedian: leads.length === 0 ? null : median(leads) };
}
