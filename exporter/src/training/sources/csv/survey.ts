/** What a first reading of a CSV file tells: units, order, tick length. */
import type { FileHandle } from 'node:fs/promises';
import type { TimeForm } from './cells.ts';
import { CSV_COLUMNS } from './header.ts';
import type { CsvColumn, CsvHeader } from './header.ts';
import { median, Sample } from './median.ts';
import { addProblem, CSV_PROBLEMS, CsvError } from './problems.ts';
import type { Found, Problems } from './problems.ts';
import { newReading, rawRows } from './rows.ts';

export type RatioUnit = 'ratio' | 'percent';

/** What a column holds over the whole file, in the file's unit. */
interface ColumnSurvey {
  count: number;
  least: number;
  largest: number;
  /** Cells that could be no ratio, and no percentage. */
  beyondRatio: Found;
  beyondPercent: Found;
}

export interface Survey {
  header: CsvHeader;
  timeForm: TimeForm;
  localTime: boolean;
  rows: number;
  /** Rows with a time. */
  timed: number;
  fromMs: number;
  toMs: number;
  /** Rows lie in order of time (equal times beside each other count as that). */
  ordered: boolean;
  /** Null: fewer than two different times. */
  medianSeconds: number | null;
  columns: Record<CsvColumn, ColumnSurvey | null>;
  /** Of cpu and memory. */
  units: Record<'cpu' | 'memory', RatioUnit>;
  problems: Problems;
}

/** Rows of a file that is out of order are sorted in memory up to this many; of a longer one those out of order are skipped. */
export const MOST_SORTED_ROWS = 1_000_000;
/** What no ratio is: processors and rounding lead a little beyond 1, never so far. */
export const LARGEST_RATIO = 1.5;
/** One wrong cell in a thousand does not turn ratios into percentages. */
const LEAST_SHARE_BEYOND = 0.001;

/**
 * Reads the file once. A column of cpu or memory is taken for percent where one cell in 1,000 at least is above 1.5; so is the other of
 * the two then, as one file is seldom written in two units. Otherwise they are ratios.
 *
 * @param unit null: as the cells tell
 * @throws CsvError when there is nothing to be used
 */
export async function surveyCsv(file: FileHandle, size: number, unit: RatioUnit | null, onBytes?: (bytes: number) => void): Promise<Survey> {
  const reading = newReading();
  const columns = CSV_COLUMNS.map((): ColumnSurvey => ({ count: 0, least: Infinity, largest: -Infinity, beyondRatio: { count: 0, firstLine: 0 }, beyondPercent: { count: 0, firstLine: 0 } }));
  const order = new Order();
  for await (const rows of rawRows(file, size, reading, onBytes)) {
    for (const { line, atMs, values } of rows) {
      order.add(atMs);
      for (let n = 0; n < columns.length; n++) if (!Number.isNaN(values[n])) addCell(columns[n]!, values[n]!, line);
    }
  }
  const { header, timeForm, problems, rows, localTime } = reading;
  if (header === null || timeForm === null || order.timed === 0) throw nothing(rows, problems);
  const byName = Object.fromEntries(CSV_COLUMNS.map((name, n) => [name, header.columns[name] === null ? null : columns[n]])) as Survey['columns'];
  const units = unit === null ? unitsOf(byName) : { cpu: unit, memory: unit };
  for (const name of ['cpu', 'memory'] as const) {
    const beyond = units[name] === 'ratio' ? byName[name]?.beyondRatio : byName[name]?.beyondPercent;
    if (beyond) addProblem(problems, 'above-range', beyond.firstLine, beyond.count);
  }
  return { header, timeForm, localTime, rows, ...order.result(), columns: byName, units, problems };
}

function addCell(column: ColumnSurvey, value: number, line: number): void {
  column.count++;
  column.least = Math.min(column.least, value);
  column.largest = Math.max(column.largest, value);
  if (value > LARGEST_RATIO && column.beyondRatio.count++ === 0) column.beyondRatio.firstLine = line;
  if (value > 100 * LARGEST_RATIO && column.beyondPercent.count++ === 0) column.beyondPercent.firstLine = line;
}

function unitsOf({ cpu, memory }: Survey['columns']): Survey['units'] {
  const beyond = (column: ColumnSurvey | null): boolean => column !== null && column.beyondRatio.count > LEAST_SHARE_BEYOND * column.count;
  const unit = beyond(cpu) || beyond(memory) ? 'percent' : 'ratio';
  return { cpu: unit, memory: unit };
}

function nothing(rows: number, problems: Problems): CsvError {
  if (rows === 0) return new CsvError('no rows after the header');
  const why = [...problems].map(([kind, { count, firstLine }]) => `${CSV_PROBLEMS[kind]}: ${count} (first in line ${firstLine})`);
  return new CsvError(`no usable row of ${rows}: ${why.join('; ')}. Timestamps: Unix seconds, Unix milliseconds or ISO 8601`);
}

/** Order and distances of the rows' times, in bounded memory. */
class Order {
  timed = 0;
  #fromMs = Infinity;
  #toMs = -Infinity;
  #lastMs = -Infinity;
  #ordered = true;
  readonly #distances = new Sample();
  /** Kept while the file could still be sorted. */
  #times = new Float64Array(1024);

  add(atMs: number): void {
    if (atMs < this.#lastMs) this.#ordered = false;
    if (atMs > this.#lastMs && this.timed > 0) this.#distances.add(atMs - this.#lastMs);
    this.#lastMs = atMs;
    this.#fromMs = Math.min(this.#fromMs, atMs);
    this.#toMs = Math.max(this.#toMs, atMs);
    if (this.timed < MOST_SORTED_ROWS) {
      if (this.timed === this.#times.length) {
        const longer = new Float64Array(2 * this.timed);
        longer.set(this.#times);
        this.#times = longer;
      }
      this.#times[this.timed] = atMs;
    }
    this.timed++;
  }

  result(): Pick<Survey, 'timed' | 'fromMs' | 'toMs' | 'ordered' | 'medianSeconds'> {
    const medianMs = this.#ordered || this.timed > MOST_SORTED_ROWS ? this.#distances.median() : this.#sortedMedian();
    const found = { timed: this.timed, fromMs: this.#fromMs, toMs: this.#toMs, ordered: this.#ordered };
    return { ...found, medianSeconds: medianMs === null ? null : medianMs / 1000 };
  }

  #sortedMedian(): number | null {
    const times = this.#times.slice(0, this.timed).sort();
    const distances = times.subarray(1).map((atMs, n) => atMs - times[n]!);
    return median(distances.filter((ms) => ms > 0));
  }
}
