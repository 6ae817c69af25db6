import type { Counts } from './counts.ts';

export interface StageResult {
  readonly name: string;
  readonly title: string;
  /** Why it ended as it did. */
  readonly outcome: 'passed' | 'failed' | 'timed out' | 'interrupted' | 'not run';
  readonly counts: Counts;
  readonly seconds: number;
  /** Each failed test with its message. */
  readonly failures: readonly string[];
  /** Each test that passed only when it was tried again, with the message of the first try. */
  readonly retried: readonly string[];
}

/** What failed or was tried again, a table of the stages, then the line with the totals, which is the last one. */
export function summary(results: readonly StageResult[]): string {
  const header = ['stage', 'result', 'passed', 'failed', 'skipped', 'time'];
  const rows = results.map(({ name, outcome, counts, seconds }) => [
    name, outcome, String(counts.passed), String(counts.failed), String(counts.skipped), `${seconds.toFixed(1)} s`,
  ]);
  const widths = header.map((title, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)));
  const lines = [header, ...rows].map((row) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ').trimEnd());
  const told = (kind: 'failures' | 'retried', words: string): string[] => results.flatMap((result) => result[kind].map((test) => `${words} ${result.name}: ${test}\n`));
  return [...told('retried', 'passed only at the second try in'), ...told('failures', 'failed in'), ...lines, '', totals(results)].join('\n');
}

/** `N passed, N failed`, and `, N skipped` where any were. */
export function totals(results: readonly StageResult[]): string {
  const sum = (kind: keyof Counts): number => results.reduce((total, { counts }) => total + counts[kind], 0);
  const skipped = sum('skipped');
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
