/** What Prometheus answered, checked: every label and value before it is used. */
import { PrometheusError } from './client.ts';

/** One series of a range. */
export interface Series {
  labels: Readonly<Record<string, string>>;
  /** Unix seconds and value; what is no finite number is left out. */
  samples: [number, number][];
}

const MOST_SERIES = 500_000;
const MOST_LABELS = 64;
const MOST_LABEL_CHARACTERS = 1024;
/** More than a question may ask for. */
const MOST_SAMPLES = 20_000;

/** Of a range vector or a range query. @throws PrometheusError */
export function readMatrix(data: unknown): Series[] {
  const { resultType, result } = (isObject(data) ? data : {}) as { resultType?: unknown; result?: unknown };
  if (resultType !== 'matrix') throw unexpected(`no matrix but ${String(JSON.stringify(resultType)).slice(0, 40)}`);
  return listOf(result, MOST_SERIES).map((entry) => {
    if (!isObject(entry)) throw unexpected('a series that is none');
    return { labels: readLabels(entry['metric']), samples: listOf(entry['values'], MOST_SAMPLES).flatMap(readSample) };
  });
}

/** Of `series`. @throws PrometheusError */
export function readLabelSets(data: unknown): Readonly<Record<string, string>>[] {
  return listOf(data, MOST_SERIES).map(readLabels);
}

function readLabels(value: unknown): Record<string, string> {
  if (!isObject(value)) throw unexpected('labels that are none');
  const labels = Object.entries(value);
  if (labels.length > MOST_LABELS) throw unexpected(`${labels.length} labels on one series`);
  for (const [name, text] of labels) {
    if (typeof text !== 'string' || text.length > MOST_LABEL_CHARACTERS || name.length > MOST_LABEL_CHARACTERS) throw unexpected('a label that is no text, or too long');
  }
  return Object.fromEntries(labels) as Record<string, string>;
}

function readSample(pair: unknown): [number, number][] {
  const [at, text] = Array.isArray(pair) ? (pair as unknown[]) : [];
  if (typeof at !== 'number' || !Number.isFinite(at) || typeof text !== 'string' || text.length > 64) throw unexpected('a sample that is none');
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? [[at, value]] : [];
}

function listOf(value: unknown, most: number): unknown[] {
  if (!Array.isArray(value)) throw unexpected('no list');
  if (value.length > most) throw new PrometheusError(`answered a list of ${value.length}, at most ${most}`, true);
  return value as unknown[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unexpected(what: string): PrometheusError {
  return new PrometheusError(`answered ${what}`);
}
