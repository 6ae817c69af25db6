/** When a target failed, as somebody wrote it down: CSV with the columns `from` and `to`. */
import { readFile, stat } from 'node:fs/promises';
import type { Interval } from '../../prediction/states-known.ts';
import { readTime, timeFormOf } from './csv/cells.ts';
import { splitCells } from './csv/header.ts';
import { CsvError } from './csv/problems.ts';

const MOST_BYTES = 1 << 20;
const EXPECTED = 'expected a first line from,to, then a failure a line: Unix seconds, milliseconds or ISO 8601; without "to" it goes on';

/** @throws CsvError that names the line; ENOENT and the like as they are */
export async function readFailures(path: string): Promise<Interval[]> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new CsvError(`${size} bytes, at most ${MOST_BYTES}`);
  const lines = (await readFile(path, 'utf8')).replace(/^\ufeff/, '').split(/\r?\n/);
  const names = splitCells(lines[0] ?? '', ',').map((name) => name.trim().toLowerCase());
  const [from, to] = [names.indexOf('from'), names.indexOf('to')];
  if (from < 0) throw new CsvError(`line 1: ${EXPECTED}`);
  return lines.slice(1).flatMap((line, n) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const cells = splitCells(line, ',');
    const fromMs = timeOf(cells[from] ?? '', n + 2);
    const toMs = (cells[to] ?? '').trim() === '' ? Infinity : timeOf(cells[to] ?? '', n + 2);
    if (toMs < fromMs) throw new CsvError(`line ${n + 2}: the failure ends before it begins`);
    return [{ fromMs, toMs }];
  });
}

function timeOf(cell: string, line: number): number {
  const form = timeFormOf(cell);
  if (form === null) throw new CsvError(`line ${line}: ${JSON.stringify(cell.slice(0, 40))} is no time; ${EXPECTED}`);
  return readTime(cell, form);
}
