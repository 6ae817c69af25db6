import { t } from '@grafana/i18n';
import { userLanguage } from './language';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * A length of time for people, two units at most: `850 ms`, `4.2 s`, `1 min 12 s`, `3 h 5 min`, `2 d 4 h`. Unknown: a dash; a negative
 * length (clocks that disagree) keeps its sign.
 */
export function formatDuration(ms: number | null | undefined): string {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) {
    return '–';
  }
  return ms < 0 ? `−${positive(-ms)}` : positive(ms);
}

function positive(ms: number): string {
  if (Math.round(ms) === 0) {
    return seconds(0, 0);
  }
  if (Math.round(ms) < SECOND_MS) {
    return t('format.duration.milliseconds', '{{value}} ms', { value: decimal(ms, 0) });
  }
  if (ms < 9.95 * SECOND_MS) {
    return seconds(ms / SECOND_MS, 1);
  }
  if (ms < 59.5 * SECOND_MS) {
    return seconds(ms / SECOND_MS, 0);
  }
  return longer(ms);
}

function longer(ms: number): string {
  if (ms < HOUR_MS - SECOND_MS / 2) {
    const [minutes, rest] = split(ms, MINUTE_MS, SECOND_MS);
    return join(
      t('format.duration.minutes', '{{value}} min', { value: decimal(minutes, 0) }),
      rest === 0 ? '' : seconds(rest, 0)
    );
  }
  if (ms < DAY_MS - MINUTE_MS / 2) {
    const [hours, rest] = split(ms, HOUR_MS, MINUTE_MS);
    return join(
      t('format.duration.hours', '{{value}} h', { value: decimal(hours, 0) }),
      rest === 0 ? '' : t('format.duration.minutes', '{{value}} min', { value: decimal(rest, 0) })
    );
  }
  const [days, rest] = split(ms, DAY_MS, HOUR_MS);
  return join(
    t('format.duration.days', '{{value}} d', { value: decimal(days, 0) }),
    rest === 0 ? '' : t('format.duration.hours', '{{value}} h', { value: decimal(rest, 0) })
  );
}

/** Rounded to the smaller unit first, so that 119.6 s is 2 min and not 1 min 60 s. */
function split(ms: number, unitMs: number, smallerMs: number): [number, number] {
  const smaller = Math.round(ms / smallerMs);
  const perUnit = unitMs / smallerMs;
  return [Math.floor(smaller / perUnit), smaller % perUnit];
}

function seconds(value: number, digits: number): string {
  return t('format.duration.seconds', '{{value}} s', { value: decimal(value, digits) });
}

function join(first: string, second: string): string {
  return second === '' ? first : `${first} ${second}`;
}

/** Making a formatter costs far more than using it, and a chart asks for thousands of durations. */
const formatters = new Map<string, Intl.NumberFormat>();

function decimal(value: number, digits: number): string {
  const language = userLanguage();
  const key = `${language} ${digits}`;
  const formatter = formatters.get(key) ?? new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  formatters.set(key, formatter);
  return formatter.format(value);
}
