/** Time along the bottom of every picture, amounts along its side. */
import { formatTime } from '../../cli/format.ts';
import { FRAME } from './markup.ts';

export interface TimeAxis {
  fromMs: number;
  toMs: number;
  /** Milliseconds since the epoch to a coordinate, never outside the picture. */
  x(ms: number): number;
  marks: { x: number; time: string; /** Where it is another than the mark's before. */ date: string | null }[];
  /** `UTC`, `Europe/Berlin`. */
  zone: string;
}

const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1000, 60_000, 3_600_000, 86_400_000];
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 7, 14, 28, 56, 112, 224, 448, 896, 1792, 3584, 7168].map((n) => n * DAY_MS),
];
const MOST_MARKS = 8;

/** @param toMs not before `fromMs` */
export function timeAxis(fromMs: number, toMs: number, utc: boolean): TimeAxis {
  const spanMs = Math.max(1, toMs - fromMs);
  const scale = (FRAME.width - FRAME.left - FRAME.right) / spanMs;
  const x = (ms: number): number => FRAME.left + Math.min(spanMs, Math.max(0, ms - fromMs)) * scale;
  const stepMs = STEPS_MS.find((step) => spanMs / step <= MOST_MARKS) ?? spanMs / MOST_MARKS;
  // Full hours and days are those of the zone.
  const offsetMs = utc ? 0 : -new Date(fromMs).getTimezoneOffset() * MINUTE_MS;
  const marks: TimeAxis['marks'] = [];
  let lastDate = '';
  for (let ms = Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs; ms <= toMs && marks.length <= 2 * MOST_MARKS; ms += stepMs) {
    const [date = '', time = ''] = formatTime(ms, utc).split(' ');
    const shown = stepMs >= DAY_MS ? '' : stepMs >= MINUTE_MS ? time.slice(0, 5) : time.slice(0, 8);
    marks.push({ x: x(ms), time: shown, date: date === lastDate ? null : date });
    lastDate = date;
  }
  return { fromMs, toMs, x, marks, zone: utc ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone };
}

export interface AmountAxis {
  /** At least what was asked for, and round. */
  most: number;
  marks: { value: number; label: string }[];
}

/** From 0 on: ratios as percent, bytes in binary units. */
export function amountAxis(most: number, unit: 'ratio' | 'bytes'): AmountAxis {
  if (unit === 'ratio') return { most: 1, marks: [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, label: `${value * 100} %` })) };
  const [size, name] = unitFor(most);
  const step = roundStep(most / size / 4) * size;
  const marks = Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, n) => ({ value: n * step, label: `${Number(((n * step) / size).toPrecision(6))} ${name}` }));
  return { most: marks.at(-1)!.value, marks };
}

const BYTE_UNITS = ['B/s', 'KiB/s', 'MiB/s', 'GiB/s', 'TiB/s'] as const;

function unitFor(bytes: number): [number, string] {
  const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return [2 ** (10 * power), BYTE_UNITS[power]!];
}

/** 1, 2 or 5 times a power of ten, at least so much. */
function roundStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return (least <= power ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10) * power;
}
