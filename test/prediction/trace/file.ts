import { gunzipSync, gzipSync } from 'node:zlib';
import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';
import { COLUMNS, NUMBER_FIELDS, decodeColumn, encodeColumn } from './columns.ts';
import { isKindName, splitOf } from './kinds.ts';
import { LABEL_KINDS } from './trace.ts';
import type { Label, LabelKind, Trace } from './trace.ts';

const FORMAT = 'virtmedic-trace';
const VERSION = 2;
/** Ten days of ticks of 5 s, and what such a file could at most take. */
const MAX_TICKS = 172_800;
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_TEXT_BYTES = 96 * 1024 * 1024;
const MAX_LABELS = 10_000;
const MAX_TEXT_LENGTH = 1000;
const LAST_TIME_MS = 8.64e15;

/** A trace file that cannot be used; the message names the place. */
export class TraceError extends Error {
  override name = 'TraceError';
}

/** gzip over text: a header as JSON in the first line, then one line of whole numbers for each column. */
export function encodeTrace(trace: Trace): Buffer {
  const { kind, seed, tickMs, about, labels, readings } = trace;
  const header = {
    format: FORMAT, version: VERSION, kind, seed, tickMs, about, ticks: readings.length, columns: COLUMNS,
    labels: labels.map(({ atMs, kind: label, detail }) => [atMs, label, detail]),
  };
  const columns = COLUMNS.map((name) => encodeColumn(readings.map((reading) => numberOf(reading[name]))));
  return gzipSync([JSON.stringify(header), ...columns, ''].join('\n'), { level: 9 });
}

/** @throws TraceError for whatever is not such a file; nothing of it is taken on trust. */
export function decodeTrace(file: Buffer): Trace {
  const lines = unpack(file).split('\n');
  if (lines.length !== COLUMNS.length + 2 || lines.at(-1) !== '') throw new TraceError(`${lines.length - 1} lines instead of ${COLUMNS.length + 1}`);
  const { ticks, ...head } = readHeader(lines[0] ?? '');
  const columns = new Map(COLUMNS.map((name, index) => [name, readColumn(name, lines[index + 1] ?? '', ticks)]));
  const readings: DomainReading[] = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    const at = (name: keyof DomainReading): number | null => columns.get(name)?.[tick] ?? null;
    readings.push(readingAt(at, readings.at(-1)?.atMs ?? -1, tick));
  }
  return { ...head, readings };
}

function numberOf(value: number | boolean | null): number | null {
  return typeof value === 'boolean' ? Number(value) : value;
}

function unpack(file: Buffer): string {
  if (file.length > MAX_FILE_BYTES) throw new TraceError(`${file.length} bytes; allowed are ${MAX_FILE_BYTES}`);
  try {
    return gunzipSync(file, { maxOutputLength: MAX_TEXT_BYTES }).toString();
  } catch (error) {
    throw new TraceError(`no gzip file, damaged or too large: ${(error as Error).message}`);
  }
}

function readHeader(line: string): Omit<Trace, 'readings'> & { ticks: number } {
  const header = parseObject(line);
  if (header['format'] !== FORMAT) throw new TraceError('no trace: "format" is wrong');
  if (header['version'] !== VERSION) throw new TraceError(`version ${show(header['version'])}; this program reads ${VERSION}`);
  if (JSON.stringify(header['columns']) !== JSON.stringify(COLUMNS)) throw new TraceError('the columns are not those of this version');
  const kind = text(header, 'kind');
  const seed = whole(header['seed'], 'seed', 0, Number.MAX_SAFE_INTEGER);
  if (!isKindName(kind)) throw new TraceError(`unknown kind ${show(kind)}`);
  if (splitOf(kind, seed) === undefined) throw new TraceError(`seed ${seed} is of no split that may hold ${kind}`);
  return {
    kind, seed,
    tickMs: whole(header['tickMs'], 'tickMs', 1, 3_600_000),
    about: text(header, 'about'),
    ticks: whole(header['ticks'], 'ticks', 0, MAX_TICKS),
    labels: readLabels(header['labels']),
  };
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The same to the caller as any other wrong header.
  }
  throw new TraceError('the first line is no JSON object');
}

function readLabels(value: unknown): Label[] {
  if (!Array.isArray(value) || value.length > MAX_LABELS) throw new TraceError('"labels" is no list, or too long');
  let lastMs = 0;
  return value.map((entry: unknown, index) => {
    const [atMs, kind, detail] = Array.isArray(entry) ? (entry as unknown[]) : [];
    lastMs = whole(atMs, `time of label ${index}`, lastMs, LAST_TIME_MS);
    if (!LABEL_KINDS.includes(kind as LabelKind)) throw new TraceError(`label ${index}: unknown kind ${show(kind)}`);
    return { atMs: lastMs, kind: kind as LabelKind, detail: text({ detail }, 'detail') };
  });
}

function readColumn(name: string, line: string, ticks: number): (number | null)[] {
  try {
    return decodeColumn(line, ticks);
  } catch (error) {
    throw new TraceError(`column ${name}: ${(error as Error).message}`);
  }
}

function readingAt(at: (name: keyof DomainReading) => number | null, lastMs: number, tick: number): DomainReading {
  const atMs = at('atMs');
  const running = at('running');
  if (atMs === null || atMs <= lastMs || atMs > LAST_TIME_MS) throw new TraceError(`tick ${tick}: its time is missing or not after the one before`);
  if (running !== 0 && running !== 1) throw new TraceError(`tick ${tick}: running is neither 0 nor 1`);
  const numbers = Object.fromEntries(NUMBER_FIELDS.map((name) => [name, at(name)])) as Omit<DomainReading, 'atMs' | 'running'>;
  return { atMs, running: running === 1, ...numbers };
}

function text(header: Record<string, unknown>, name: string): string {
  const value = header[name];
  if (typeof value !== 'string' || value.length > MAX_TEXT_LENGTH) throw new TraceError(`"${name}" is no text, or too long`);
  return value;
}

function whole(value: unknown, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TraceError(`${name}: ${show(value)} is no whole number from ${least} to ${most}`);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
