/** The first line of a CSV file: which cell is what. */
import { CsvError } from './problems.ts';

export const CSV_COLUMNS = ['cpu', 'memory', 'network', 'disk'] as const;
export type CsvColumn = (typeof CSV_COLUMNS)[number];

export interface CsvHeader {
  delimiter: string;
  cells: number;
  /** Index of the cell. */
  timestamp: number;
  columns: Record<CsvColumn, number | null>;
  /** Names of cells that are not used. */
  others: string[];
}

const DELIMITERS: readonly (readonly [string, string])[] = [[',', 'comma'], [';', 'semicolon'], ['\t', 'tab'], ['|', 'vertical bar']];
const MOST_SHOWN = 120;
const MOST_CELLS = 1000;
const EXPECTED = 'expected a first line such as timestamp,cpu,memory,network,disk';

export function nameOfDelimiter(delimiter: string): string {
  return DELIMITERS.find(([sign]) => sign === delimiter)?.[1] ?? delimiter;
}

/**
 * @param line as `linesOf` gives it
 * @throws CsvError when it is no header
 */
export function readHeader(line: string, lineNumber: number): CsvHeader {
  if (/^(?:\u00ff\u00fe|\u00fe\u00ff)/.test(line)) throw new CsvError(`line ${lineNumber}: the file is UTF-16; save it as UTF-8`);
  if (line.includes('\0')) throw new CsvError(`line ${lineNumber}: no text file; ${EXPECTED}`);
  const found = DELIMITERS.map(([delimiter]) => ({ delimiter, names: splitCells(line, delimiter).map((name) => nameOf(name)) })).find(({ names }) => names.includes('timestamp'));
  if (found === undefined) throw new CsvError(`line ${lineNumber}: ${EXPECTED}, not ${shown(line)}`);
  const { delimiter, names } = found;
  if (names.length > MOST_CELLS) throw new CsvError(`line ${lineNumber}: ${names.length} columns, at most ${MOST_CELLS}`);
  const indexOf = (name: string): number | null => {
    if (names.indexOf(name) !== names.lastIndexOf(name)) throw new CsvError(`line ${lineNumber}: two columns are called ${name}`);
    return names.includes(name) ? names.indexOf(name) : null;
  };
  const columns = Object.fromEntries(CSV_COLUMNS.map((name) => [name, indexOf(name)])) as CsvHeader['columns'];
  if (CSV_COLUMNS.every((name) => columns[name] === null)) {
    throw new CsvError(`line ${lineNumber}: none of the columns ${CSV_COLUMNS.join(', ')} is there, only ${shown(line)}; ${EXPECTED}`);
  }
  const others = names.filter((name) => name !== 'timestamp' && !(CSV_COLUMNS as readonly string[]).includes(name));
  return { delimiter, cells: names.length, timestamp: indexOf('timestamp') ?? 0, columns, others: others.map((name) => name.slice(0, MOST_SHOWN)) };
}

/** Cells as they stand, without their quotes. */
export function splitCells(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const cells: string[] = [];
  let [cell, quoted] = ['', false];
  for (let n = 0; n < line.length; n++) {
    const sign = line[n]!;
    if (sign === '"' && quoted && line[n + 1] === '"') cell += line[n++];
    else if (sign === '"') quoted = !quoted;
    else if (sign === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += sign;
  }
  return [...cells, cell];
}

function nameOf(cell: string): string {
  return Buffer.from(cell, 'latin1').toString().trim().toLowerCase();
}

/** Quoted, with whatever steers a terminal written out. */
function shown(line: string): string {
  const text = Buffer.from(line.slice(0, 2 * MOST_SHOWN), 'latin1').toString();
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
}
