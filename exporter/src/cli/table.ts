import { styleText, stripVTControlCharacters } from 'node:util';

/** A cell: text, and optionally what it means, for colour. */
export type Cell = string | { text: string; tone: 'good' | 'bad' | 'doubtful' };

const COLOURS = { good: 'green', bad: 'red', doubtful: 'yellow' } as const;

/** Columns as wide as they need to be, two spaces between them. Without rows: nothing. */
export function renderTable(titles: readonly string[], rows: readonly (readonly Cell[])[], colour: boolean): string {
  if (rows.length === 0) return '';
  const lines = [titles, ...rows].map((row) => row.map((cell) => ({ text: printable(typeof cell === 'string' ? cell : cell.text), tone: typeof cell === 'string' ? null : cell.tone })));
  const widths = titles.map((_title, column) => Math.max(...lines.map((line) => width(line[column]?.text ?? ''))));
  return lines
    .map((line) =>
      line
        .map(({ text, tone }, column) => paint(text, tone, colour) + ' '.repeat((widths[column] ?? 0) - width(text)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}

/** Names and messages come from hosts and guests' owners: nothing in them may steer the terminal. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

function paint(text: string, tone: keyof typeof COLOURS | null, colour: boolean): string {
  return tone === null || !colour ? text : styleText(COLOURS[tone], text, { validateStream: false });
}

function width(text: string): number {
  return Array.from(text).length;
}
