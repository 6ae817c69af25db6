/** The rows of a CSV file as they stand, with what is wrong in them counted. */
import type { FileHandle } from 'node:fs/promises';
import { hasZone, readNumber, readTime, timeFormOf } from './cells.ts';
import type { TimeForm } from './cells.ts';
import { CSV_COLUMNS, readHeader, splitCells } from './header.ts';
import type { CsvHeader } from './header.ts';
import { linesOf } from './lines.ts';
import { addProblem, CsvError } from './problems.ts';
import type { Problems } from './problems.ts';

export interface RawRow {
  line: number;
  atMs: number;
  /** In the order of CSV_COLUMNS, in the file's unit; NaN: not said. */
  values: ArrayLike<number>;
}

/** What is told by the first rows, and what was found wrong so far. */
export interface Reading {
  header: CsvHeader | null;
  timeForm: TimeForm | null;
  /** Timestamps of ISO 8601 without a zone. */
  localTime: boolean;
  /** Lines after the header that are neither empty nor comments. */
  rows: number;
  problems: Problems;
}

export function newReading(): Reading {
  return { header: null, timeForm: null, localTime: false, rows: 0, problems: new Map() };
}

/** @throws CsvError when there is no header */
export async function* rawRows(file: FileHandle, size: number, reading: Reading, onBytes?: (bytes: number) => void): AsyncGenerator<RawRow[]> {
  let number = 0;
  for await (const lines of linesOf(file, size, onBytes)) {
    const rows: RawRow[] = [];
    for (const line of lines) {
      number++;
      if (line !== null && (line.startsWith('#') || line.trim() === '')) continue;
      if (reading.header === null) {
        reading.header = readHeader(line ?? '', number);
        continue;
      }
      reading.rows++;
      if (line === null) addProblem(reading.problems, 'too-long', number);
      const row = line === null ? null : readRow(line, number, reading, reading.header);
      if (row !== null) rows.push(row);
    }
    yield rows;
  }
  if (reading.header === null) throw new CsvError('the file is empty; expected a first line such as timestamp,cpu,memory,network,disk');
}

function readRow(line: string, number: number, reading: Reading, header: CsvHeader): RawRow | null {
  const { problems } = reading;
  const cells = splitCells(line, header.delimiter);
  if (cells.length !== header.cells) return skip(problems, 'wrong-cells', number);
  const time = cells[header.timestamp]!;
  if (reading.timeForm === null) {
    reading.timeForm = timeFormOf(time);
    reading.localTime = reading.timeForm === 'iso' && !hasZone(time);
  }
  const atMs = reading.timeForm === null ? Number.NaN : readTime(time, reading.timeForm);
  if (!Number.isFinite(atMs)) return skip(problems, 'no-time', number);
  const values = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  const decimalComma = header.delimiter !== ',';
  for (let n = 0; n < CSV_COLUMNS.length; n++) {
    const index = header.columns[CSV_COLUMNS[n]!];
    if (index === null) continue;
    const value = readNumber(cells[index]!, decimalComma);
    if (value === null) addProblem(problems, 'empty', number);
    else if (!(Math.abs(value) < Infinity)) addProblem(problems, 'not-a-number', number);
    else if (value < 0) addProblem(problems, 'negative', number);
    else values[n] = value;
  }
  return { line: number, atMs, values };
}

function skip(problems: Problems, kind: 'wrong-cells' | 'no-time', line: number): null {
  addProblem(problems, kind, line);
  return null;
}
