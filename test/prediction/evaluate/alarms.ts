import { alarmTick, quietAlarm } from '../../../exporter/src/prediction/alarm.ts';
import type { AlarmSettings } from '../../../exporter/src/prediction/alarm.ts';

/** Of each tick of a trace one number that alarms when it is high. */
export interface Series {
  atMs: Float64Array;
  /** NaN: of this tick nothing is known, and an alarm stays what it was. */
  score: Float64Array;
}

/** As `prediction.alarm` in the configuration. */
export type Limits = AlarmSettings;

export interface Alarm {
  fromMs: number;
  /** Infinity: still up at the end. */
  toMs: number;
}

/** The daemon's own alarm, tick by tick. */
export function alarmsOf({ atMs, score }: Series, limits: Limits): Alarm[] {
  const alarms: Alarm[] = [];
  const alarm = quietAlarm();
  for (let t = 0; t < score.length; t++) {
    const [now, probability] = [atMs[t]!, score[t]!];
    if (Number.isNaN(probability) || !alarmTick(alarm, limits, { probability, atMs: now, monotonicMs: now, longestGapMs: Infinity })) continue;
    if (alarm.failing) alarms.push({ fromMs: now, toMs: Infinity });
    else alarms.at(-1)!.toMs = now;
  }
  return alarms;
}
