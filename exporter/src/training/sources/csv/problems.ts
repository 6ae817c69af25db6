/** What is wrong with a CSV file: as a whole (an error), or with some of its rows and cells (counted). */

/** Nothing of the file can be used; the message says why, and where. */
export class CsvError extends Error {
  override name = 'CsvError';
}

export const CSV_PROBLEMS = {
  'no-time': 'rows without a usable timestamp, skipped',
  'wrong-cells': 'rows with another number of cells than the header, skipped',
  'too-long': 'lines longer than 65,536 bytes, skipped',
  duplicate: 'rows with the timestamp of an earlier row, skipped',
  'out-of-order': 'rows older than the one before, skipped; sort the file by time',
  sorted: 'rows older than the one before, sorted into place',
  'not-a-number': 'cells that are no number, taken as not said',
  negative: 'negative cells, taken as not said',
  'above-range': 'cells of cpu or memory above 150 %, taken as not said',
  empty: 'empty cells',
} as const;

export type CsvProblemKind = keyof typeof CSV_PROBLEMS;

export interface Found {
  count: number;
  firstLine: number;
}

export type Problems = Map<CsvProblemKind, Found>;

export function addProblem(problems: Problems, kind: CsvProblemKind, line: number, count = 1): void {
  if (count === 0) return;
  const found = problems.get(kind);
  if (found === undefined) problems.set(kind, { count, firstLine: line });
  else found.count += count;
}
