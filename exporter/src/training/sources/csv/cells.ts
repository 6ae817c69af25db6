/** Single cells of a CSV file. */

/** How timestamps are written; numbers since the epoch. */
export const TIME_FORMS = { s: 'Unix seconds', ms: 'Unix milliseconds', iso: 'ISO 8601' } as const;
export type TimeForm = keyof typeof TIME_FORMS;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d:?\d\d)?$/i;
const NOTHING = /^(?:|nan|na|n\/a|null|none|-)$/i;
/** Seconds until the year 5138; the same number of milliseconds is 1973. */
const LEAST_MILLISECONDS = 1e11;
/** As milliseconds the year 5138: more is microseconds or nanoseconds. */
const MOST_MILLISECONDS = 1e14;

/** Null: empty, or a word for it; NaN: no number. */
export function readNumber(cell: string, decimalComma: boolean): number | null {
  const text = decimalComma ? cell.trim().replace(',', '.') : cell.trim();
  if (NUMBER.test(text)) return Number(text);
  return NOTHING.test(text) ? null : Number.NaN;
}

/** Null: none of the forms. Those of one file are all of one form: told by its first. */
export function timeFormOf(cell: string): TimeForm | null {
  const text = cell.trim();
  if (NUMBER.test(text)) return unitOf(Number(text));
  return Number.isNaN(isoTime(text)) ? null : 'iso';
}

/** Milliseconds since the epoch, or NaN where the cell is not of that form. ISO without a zone is local time; a date is its midnight. */
export function readTime(cell: string, form: TimeForm): number {
  const text = cell.trim();
  if (form === 'iso') return isoTime(text);
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (unitOf(number) !== form) return Number.NaN;
  return Math.round(form === 's' ? number * 1000 : number);
}

function unitOf(number: number): TimeForm | null {
  const size = Math.abs(number);
  return size < LEAST_MILLISECONDS ? 's' : size < MOST_MILLISECONDS ? 'ms' : null;
}

/** Whether a timestamp of ISO 8601 names its zone. */
export function hasZone(cell: string): boolean {
  return ISO.exec(cell.trim())?.[5] !== undefined;
}

function isoTime(text: string): number {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [, date, minutes = '00:00', seconds = ':00', fraction = '0', zone = ''] = match;
  return Date.parse(`${date}T${minutes}${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${zone.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`);
}
