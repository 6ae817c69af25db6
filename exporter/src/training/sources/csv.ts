/**
 * A CSV file of what was measured of one target: `timestamp,cpu,memory,network,disk`. Read twice: once for units, order and tick length, then
 * for its ticks; in bounded memory, however long it is.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { MeasuredValues } from '../../prediction/observation/observer.ts';
import type { Signal } from '../../prediction/observation/signals.ts';
import { CSV_COLUMNS } from './csv/header.ts';
import type { CsvColumn } from './csv/header.ts';
import { addProblem, CSV_PROBLEMS, CsvError } from './csv/problems.ts';
import type { CsvProblemKind, Problems } from './csv/problems.ts';
import { newReading, rawRows } from './csv/rows.ts';
import type { RawRow } from './csv/rows.ts';
import { LARGEST_RATIO, MOST_SORTED_ROWS, surveyCsv } from './csv/survey.ts';
import type { RatioUnit, Survey } from './csv/survey.ts';

export { CsvError } from './csv/problems.ts';
export type { RatioUnit } from './csv/survey.ts';

export interface CsvOptions {
  /** Default: the median time between two rows. */
  tickSeconds?: number;
  /** Of cpu and memory. Default: as the cells tell. */
  unit?: RatioUnit;
  /** Told while the file is read: which of the two readings, and how far it is, 0 to 1. */
  onProgress?: (what: 'first reading' | 'ticks', share: number) => void;
}

export interface CsvSource {
  survey: Survey;
  tickSeconds: number;
  /** In order of time, in batches. May be asked for once and again. */
  ticks(): AsyncGenerator<MeasuredValues[]>;
  /** What was wrong so far: complete when `ticks` has come to its end. */
  problems(): { kind: CsvProblemKind; text: string; count: number; firstLine: number }[];
  close(): Promise<void>;
}

/** In the order of CSV_COLUMNS. */
export const SIGNALS_OF_CSV = ['cpuRatio', 'memoryUsedRatio', 'networkBytesPerSecond', 'diskBytesPerSecond'] as const satisfies readonly Signal[];
/** A tick of so many times the rows' distance is the mean of several rows. */
const MEAN_FROM = 1.5;
/** A median so near to a whole number of seconds is meant to be that. */
const WHOLE_WITHIN = 0.01;
const LONGEST_TICK_SECONDS = 86_400;
const BATCH = 4096;

/** @throws CsvError when nothing of the file can be used; ENOENT and the like as they are */
export async function openCsv(path: string, options: CsvOptions = {}): Promise<CsvSource> {
  const file = await open(path, 'r');
  try {
    return await sourceOf(file, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function sourceOf(file: FileHandle, { tickSeconds: wanted, unit, onProgress = () => undefined }: CsvOptions): Promise<CsvSource> {
  const status = await file.stat();
  if (!status.isFile()) throw new CsvError('no regular file; it has to be read twice');
  const { size } = status;
  const survey = await surveyCsv(file, size, unit ?? null, (bytes) => onProgress('first reading', bytes / size));
  const tickSeconds = wanted ?? tickOf(survey);
  let ordering: Problems = new Map();
  return {
    survey,
    tickSeconds,
    async *ticks() {
      ordering = new Map();
      const rows = rawRows(file, size, newReading(), (bytes) => onProgress('ticks', bytes / size));
      const ordered = survey.ordered || survey.timed > MOST_SORTED_ROWS ? inOrder(rows, ordering) : sorted(rows, ordering, survey.timed);
      const mean = survey.medianSeconds !== null && tickSeconds >= MEAN_FROM * survey.medianSeconds;
      yield* mean ? meansOf(measuredOf(ordered, survey), tickSeconds * 1000) : measuredOf(ordered, survey);
    },
    problems: () => [...survey.problems, ...ordering].map(([kind, found]) => ({ kind, text: CSV_PROBLEMS[kind], ...found })),
    close: () => file.close(),
  };
}

function tickOf({ medianSeconds }: Survey): number {
  if (medianSeconds === null) throw new CsvError('rows of one moment only: two at least are needed to tell the length of a tick, or --tick');
  const whole = Math.round(medianSeconds);
  const tick = Math.abs(medianSeconds - whole) <= WHOLE_WITHIN * medianSeconds ? whole : medianSeconds;
  if (tick > LONGEST_TICK_SECONDS) throw new CsvError(`rows lie ${tick} s apart; ticks have at most ${LONGEST_TICK_SECONDS} s`);
  return tick;
}

async function* inOrder(batches: AsyncIterable<RawRow[]>, problems: Problems): AsyncGenerator<RawRow[]> {
  let lastMs = -Infinity;
  for await (const rows of batches) {
    yield rows.filter(({ atMs, line }) => {
      if (atMs > lastMs) {
        lastMs = atMs;
        return true;
      }
      addProblem(problems, atMs === lastMs ? 'duplicate' : 'out-of-order', line);
      return false;
    });
  }
}

/** All rows in memory, 48 bytes each. */
async function* sorted(batches: AsyncIterable<RawRow[]>, problems: Problems, count: number): AsyncGenerator<RawRow[]> {
  const width = CSV_COLUMNS.length;
  const [times, lines, values] = [new Float64Array(count), new Float64Array(count), new Float64Array(count * width)];
  let length = 0;
  for await (const rows of batches) {
    for (const row of rows.slice(0, count - length)) {
      if (length > 0 && row.atMs < times[length - 1]!) addProblem(problems, 'sorted', row.line);
      times[length] = row.atMs;
      lines[length] = row.line;
      values.set(row.values, length++ * width);
    }
  }
  const places = Uint32Array.from({ length }, (_, n) => n).sort((a, b) => times[a]! - times[b]! || a - b);
  async function* slices(): AsyncGenerator<RawRow[]> {
    for (let from = 0; from < length; from += BATCH) {
      yield Array.from(places.subarray(from, from + BATCH), (n) => ({ line: lines[n]!, atMs: times[n]!, values: values.subarray(n * width, (n + 1) * width) }));
    }
  }
  yield* inOrder(slices(), problems);
}

async function* measuredOf(batches: AsyncIterable<RawRow[]>, { units }: Survey): AsyncGenerator<MeasuredValues[]> {
  const number = (values: ArrayLike<number>, column: CsvColumn): number | null => {
    const value = values[CSV_COLUMNS.indexOf(column)]!;
    return Number.isNaN(value) ? null : value;
  };
  const ratio = (values: ArrayLike<number>, column: 'cpu' | 'memory'): number | null => {
    const value = number(values, column);
    if (value === null) return null;
    const share = units[column] === 'percent' ? value / 100 : value;
    return share > LARGEST_RATIO ? null : Math.min(1, share);
  };
  for await (const rows of batches) {
    yield rows.map(({ atMs, values }) => ({
      atMs,
      values: {
        cpuRatio: ratio(values, 'cpu'),
        memoryUsedRatio: ratio(values, 'memory'),
        networkBytesPerSecond: number(values, 'network'),
        diskBytesPerSecond: number(values, 'disk'),
      },
      memorySource: 'usable' as const,
    }));
  }
}

/** One tick of several rows: their mean, at the time of the last. */
async function* meansOf(batches: AsyncIterable<MeasuredValues[]>, tickMs: number): AsyncGenerator<MeasuredValues[]> {
  let [sums, tick]: [Sums | null, number] = [null, Number.NaN];
  for await (const batch of batches) {
    const ticks: MeasuredValues[] = [];
    for (const { atMs, values } of batch) {
      const next = Math.floor(atMs / tickMs);
      if (next !== tick && sums !== null) ticks.push(meanOf(sums));
      if (sums === null || next !== tick) sums = { atMs, of: SIGNALS_OF_CSV.map(() => ({ sum: 0, count: 0 })) };
      tick = next;
      sums.atMs = atMs;
      SIGNALS_OF_CSV.forEach((signal, n) => {
        const value = values[signal] ?? null;
        if (value === null) return;
        sums!.of[n]!.sum += value;
        sums!.of[n]!.count++;
      });
    }
    yield ticks;
  }
  if (sums !== null) yield [meanOf(sums)];
}

interface Sums {
  atMs: number;
  /** In the order of SIGNALS_OF_CSV. */
  of: { sum: number; count: number }[];
}

function meanOf({ atMs, of }: Sums): MeasuredValues {
  const values = Object.fromEntries(SIGNALS_OF_CSV.map((signal, n) => [signal, of[n]!.count === 0 ? null : of[n]!.sum / of[n]!.count]));
  return { atMs, values, memorySource: 'usable' };
}
