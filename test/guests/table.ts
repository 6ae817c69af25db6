import type { GuestCheck } from './check.ts';
import type { MatrixEntry } from './matrix.ts';
import type { Results } from './results.ts';
import { BOOT, applies } from './run-matrix.ts';

/** One row for each guest, one column for each check, then the errors in full and a line of totals. */
export function summaryTable(entries: readonly MatrixEntry[], checks: readonly GuestCheck[], results: Results): string {
  const find = (guest: string, check: string) => results.all().find((result) => result.guest === guest && result.check === check);
  const partsOf = (name: string) => checks.find((check) => check.name === name)?.parts ?? 1;
  const cell = (guest: string, check: string): string => {
    const result = find(guest, check);
    if (result === undefined || result.status === 'not-run') return result === undefined || result.partsDone === 0 ? 'not run' : `${result.partsDone} of ${partsOf(check)}`;
    return result.status === 'passed' ? `${result.seconds} s` : 'FAILED';
  };
  const rows = [
    ['guest', BOOT, ...checks.map(({ name }) => name)],
    ...entries.map((entry) => [
      entry.name, cell(entry.name, BOOT), ...checks.map((check) => (applies(check, entry) ? cell(entry.name, check.name) : '-')),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  const failures = results.all()
    .filter((result) => result.status === 'failed' && entries.some(({ name }) => name === result.guest))
    .map(({ guest, check, error }) => `${guest}: ${check}: ${error}`);
  return [...lines, ...(failures.length === 0 ? [] : ['', ...failures]), '', totals(entries, checks, results)].join('\n');
}

/** Everything that was asked for has passed. */
export function allPassed(entries: readonly MatrixEntry[], checks: readonly GuestCheck[], results: Results): boolean {
  return entries.every((entry) => checks.every((check) => !applies(check, entry) || results.passed(entry.name, check.name)));
}

function totals(entries: readonly MatrixEntry[], checks: readonly GuestCheck[], results: Results): string {
  const asked = entries.flatMap((entry) => checks.filter((check) => applies(check, entry)).map((check) => ({ entry, check })));
  const passed = asked.filter(({ entry, check }) => results.passed(entry.name, check.name)).length;
  return `${entries.length} guests, ${asked.length} checks: ${passed} passed, ${asked.length - passed} not`;
}
