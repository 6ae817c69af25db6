/** What every part of an untrusted answer is read with: a value of the right type and size, or none. */

export const NAME_LENGTH = 256;
export const TEXT_LENGTH = 2000;
const MOST_ITEMS = 10_000;
const MOST_INNER_ITEMS = 1000;
/** The range of a JavaScript date. */
const LAST_TIME_MS = 8.64e15;

export type Given = Record<string, unknown>;

/** What came instead of an answer of virtmedic. */
export type Stranger = 'html' | 'text' | 'json' | 'empty';

/** Something answered that is not virtmedic's API: a login page, another service, a wrong path. */
export class NotVirtmedicError extends Error {
  override name = 'NotVirtmedicError';
  constructor(readonly saw: Stranger) {
    super(`The answer is not one of virtmedic's API (${saw}).`);
  }
}

/** A list, and how many of its entries were left out because nothing could be made of them. */
export interface Listed<T> {
  items: T[];
  skipped: number;
}

/** The JSON in `body`; throws NotVirtmedicError where there is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    const start = body.slice(0, 1000).trimStart();
    throw new NotVirtmedicError(start === '' ? 'empty' : start.startsWith('<') ? 'html' : 'text');
  }
}

export function itemsOf<T>(answer: unknown, read: (given: Given) => T | null): Listed<T> {
  const { items } = objectOf(answer);
  if (!Array.isArray(items)) {
    throw new NotVirtmedicError('json');
  }
  const known = inner(items, read, MOST_ITEMS);
  return { items: known, skipped: items.length - known.length };
}

export function inner<T>(given: unknown, read: (entry: Given) => T | null, most = MOST_INNER_ITEMS): T[] {
  const list: unknown[] = Array.isArray(given) ? given.slice(0, most) : [];
  return list.flatMap((entry) => (isObject(entry) ? (read(entry) ?? []) : []));
}

export function objectOf(answer: unknown): Given {
  if (!isObject(answer)) {
    throw new NotVirtmedicError('json');
  }
  return answer;
}

export function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(value: unknown, most: number): string {
  if (typeof value !== 'string') {
    return '';
  }
  return value.length <= most ? value : `${value.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

export function orNull<T extends string>(value: T): T | null {
  return value === '' ? null : value;
}

export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function timeMs(value: unknown): number | null {
  const ms = finite(value);
  return ms === null || Math.abs(ms) > LAST_TIME_MS ? null : ms;
}

/** Of what is never below zero: a length of time, a number of bytes. */
export function size(value: unknown): number | null {
  const given = finite(value);
  return given === null || given < 0 ? null : given;
}

export function count(value: unknown): number {
  return Math.max(0, Math.trunc(finite(value) ?? 0));
}

export function ratio(value: unknown): number | null {
  const number = finite(value);
  return number === null || number < 0 || number > 1 ? null : number;
}
