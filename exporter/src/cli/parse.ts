import { InvalidArgumentError } from 'commander';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `90s`, `15m`, `2h`, `1h30m`, `7d` -> seconds. Throws InvalidArgumentError. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,3})?)([smhdw])/g)];
  const seconds = parts.reduce((sum, part) => sum + Number(part[1]) * (UNIT_SECONDS[part[2] ?? ''] ?? 0), 0);
  if (parts.map((part) => part[0]).join('') !== text || seconds <= 0) {
    throw new InvalidArgumentError('Expected a duration such as 90s, 15m, 2h, 1h30m or 7d.');
  }
  return seconds;
}

/** A time (RFC 3339, or a date; local where no zone is given), or a duration before `nowMs` -> milliseconds since the epoch. */
export function parseTime(text: string, nowMs: number): number {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const ms = Date.parse(text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T'));
    if (!Number.isNaN(ms)) return ms;
  }
  try {
    return nowMs - parseDuration(text) * 1000;
  } catch {
    throw new InvalidArgumentError('Expected a time such as 2026-01-31, 2026-01-31T12:00:00Z, or a duration before now such as 2h or 7d.');
  }
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < least || value > most) throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return value;
  };
}
