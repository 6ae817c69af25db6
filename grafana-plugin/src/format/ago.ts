import { userLanguage } from './language';

const UNITS: Array<[Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** How long before (or after) now, in the user's language: `1 hour ago`, `in 5 minutes`, `now`. Not a time: empty. */
export function formatAgo(atMs: number, nowMs: number): string {
  const differenceMs = atMs - nowMs;
  if (!Number.isFinite(differenceMs)) {
    return '';
  }
  for (const [unit, unitMs] of UNITS) {
    const value = Math.trunc(differenceMs / unitMs);
    if (value !== 0) {
      return relative('always').format(value, unit);
    }
  }
  return relative('auto').format(0, 'second');
}

function relative(numeric: 'always' | 'auto'): Intl.RelativeTimeFormat {
  return new Intl.RelativeTimeFormat(userLanguage(), { numeric });
}
