/** Marks of the time axis, at round times of the dashboard's time zone. */
import { dateTimeFormat, dateTimeForTimeZone, systemDateFormats } from '@grafana/data';
import type { TimeRangeMs } from './timeScale';

export interface Tick {
  atMs: number;
  label: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14].map((n) => n * DAY),
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];
const MONTH = 30.44 * DAY;
const LIMIT = 200;

/** At most about `most` marks, at least one step apart. */
export function timeTicks(range: TimeRangeMs, timeZone: string, most: number): Tick[] {
  const lengthMs = range.toMs - range.fromMs;
  if (!(lengthMs > 0) || most < 1) {
    return [];
  }
  const wantedMs = lengthMs / most;
  const stepMs = STEPS_MS.find((step) => step >= wantedMs);
  return stepMs === undefined ? monthTicks(range, timeZone, wantedMs) : evenTicks(range, timeZone, stepMs);
}

function evenTicks({ fromMs, toMs }: TimeRangeMs, timeZone: string, stepMs: number): Tick[] {
  const ticks: Tick[] = [];
  const localFromMs = fromMs + offsetMs(fromMs, timeZone);
  for (let k = Math.ceil(localFromMs / stepMs); ticks.length < LIMIT; k++) {
    const localMs = k * stepMs;
    const guessMs = localMs - offsetMs(fromMs, timeZone);
    const atMs = stepMs >= HOUR ? localMs - offsetMs(guessMs, timeZone) : guessMs;
    if (atMs > toMs) {
      break;
    }
    ticks.push({ atMs, label: label(atMs, timeZone, stepMs, localMs % DAY === 0) });
  }
  return ticks;
}

function monthTicks({ fromMs, toMs }: TimeRangeMs, timeZone: string, wantedMs: number): Tick[] {
  const months = MONTHS.find((n) => n * MONTH >= wantedMs) ?? MONTHS[MONTHS.length - 1] ?? 12;
  const ticks: Tick[] = [];
  const at = dateTimeForTimeZone(timeZone, fromMs).startOf('year');
  at.subtract(at.toDate().getUTCFullYear() % Math.max(1, months / 12), 'year');
  for (let i = 0; i < LIMIT * 12 && at.valueOf() <= toMs && ticks.length < LIMIT; i++) {
    const atMs = at.valueOf();
    if (atMs >= fromMs) {
      const format = months >= 12 ? systemDateFormats.interval.year : systemDateFormats.interval.month;
      ticks.push({ atMs, label: dateTimeFormat(atMs, { timeZone, format }) });
    }
    at.add(months, 'month');
  }
  return ticks;
}

function label(atMs: number, timeZone: string, stepMs: number, midnight: boolean): string {
  const { interval } = systemDateFormats;
  const format =
    stepMs >= DAY || midnight
      ? interval.day
      : stepMs >= MINUTE
        ? interval.minute
        : stepMs >= SECOND
          ? interval.second
          : interval.millisecond;
  return dateTimeFormat(atMs, { timeZone, format });
}

function offsetMs(atMs: number, timeZone: string): number {
  return dateTimeForTimeZone(timeZone, atMs).utcOffset() * MINUTE;
}
