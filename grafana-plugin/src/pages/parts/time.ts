import { dateTimeFormat } from '@grafana/data';
import { config } from '@grafana/runtime';

/** The time zone that the person at the screen has chosen in Grafana. */
export function userTimeZone(): string {
  return config.bootData?.user?.timezone || 'browser';
}

/** A time for people; not a time: a dash. */
export function showTime(atMs: number | null): string {
  return atMs === null || !Number.isFinite(atMs) ? '–' : dateTimeFormat(atMs, { timeZone: userTimeZone() });
}
