/** Reading single values of frames: whatever a source put there becomes a bounded text, a number, a time, or nothing. */
import type { DataFrame, Field } from '@grafana/data';
import { cutText } from '../../format/text';

export const MAX_NAME_LENGTH = 200;
export const MAX_TEXT_LENGTH = 2000;

/** The last moment that a Date can hold. */
const LAST_TIME_MS = 8.64e15;

/** The field of this name, whatever its case; an exact match goes first. */
export function findField(frame: DataFrame, name: string): Field | undefined {
  const fields = Array.isArray(frame.fields) ? frame.fields : [];
  const lower = name.toLowerCase();
  return (
    fields.find((field) => field.name === name) ?? fields.find((field) => String(field.name).toLowerCase() === lower)
  );
}

/** A text of one line for names and labels. */
export function toName(value: unknown): string {
  return toText(value, MAX_NAME_LENGTH).replace(/\s+/g, ' ').trim();
}

/** Texts, numbers and booleans as text, at most `max` long; anything else is empty. */
export function toText(value: unknown, max = MAX_TEXT_LENGTH): string {
  if (typeof value === 'string') {
    return cutText(value, max);
  }
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : '';
}

/** A finite number, also from a text that is one. */
export function toNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' && value.length < 64 ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** A length of time or a count: a number that is not negative. */
export function toLength(value: unknown): number | null {
  const number = toNumber(value);
  return number !== null && number >= 0 ? number : null;
}

/** 0 to 1, or nothing. */
export function toProbability(value: unknown): number | null {
  const number = toNumber(value);
  return number !== null && number >= 0 && number <= 1 ? number : null;
}

/** Milliseconds since the epoch from a number, a Date, or a text in ISO 8601; zero and less is what sources write for "none". */
export function toTimeMs(value: unknown): number | null {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseTime(value) : value;
  return typeof ms === 'number' && ms > 0 && ms <= LAST_TIME_MS ? ms : null;
}

function parseTime(text: string): number {
  return text.length > 64 ? NaN : /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
}

/** How many rows a frame has; sources that don't say: those of its longest field. */
export function rowCount(frame: DataFrame): number {
  const fields = Array.isArray(frame.fields) ? frame.fields : [];
  return fields.reduce((most, field) => Math.max(most, field.values?.length ?? 0), 0);
}
