/** Words and columns of the demo; nothing here looks at anything. */
import { TOUR } from './breaks.ts';
import type { Fact } from './facts.ts';
import type { BreakName } from './options.ts';

export interface Seconds {
  name: BreakName;
  /** From the fault until HTTP was answered again; null: it was not. */
  serving: number | null;
  /** Until virtmedic had verified it; null: it did not. */
  verified: number | null;
}

export function formatFact({ atMs, what, text }: Fact, faultAtMs: number): string {
  return `  ${((atMs - faultAtMs) / 1000).toFixed(1).padStart(6)} s  ${what.padEnd(10)}  ${text}`;
}

export function formatTitle(name: BreakName, index: number, count: number): string {
  const { title, guestName, treatment } = TOUR[name];
  return `\n[${index + 1}/${count}] ${name}: ${title}\n  ${guestName}: ${treatment}`;
}

/**
 * EDR (event-driven virtualization fault detection and recovery, 2015), Tables 3 and 4: recovery times in three virtual machines. Its
 * applications were ended with a task manager; none was made to hang.
 */
const EDR = {
  deleted: ['Table 3, VM deleted', '< 40 s', '< 30 s', '< 1 min'],
  down: ['Table 3, VM down', '< 30 s', '< 25 s', '< 50 s'],
  web: ['Table 4, web server', '< 1 min', '< 45 s', '< 2 min'],
} as const;

const ROW_OF: Readonly<Record<BreakName, keyof typeof EDR>> = { 'vm-deleted': 'deleted', 'vm-killed': 'down', 'vm-hung': 'down', 'app-killed': 'web', 'app-hung': 'web' };

export function formatTable(measured: readonly Seconds[]): string {
  const header = ['', 'EDR', 'VM1', 'VM2', 'VM3', 'this run: serving again', 'verified'];
  const rows = measured.map(({ name, serving, verified }) => [name, ...EDR[ROW_OF[name]], seconds(serving), seconds(verified)]);
  const widths = header.map((title, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)));
  const lines = [header, ...rows].map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}`);
  return [
    'Seconds from the fault, beside those that the source paper gives for its own machines:',
    ...lines,
    '  Ours are tiny guests under emulation, theirs were servers with KVM: the table shows the order of size, not a race.',
    ...(measured.some(({ name }) => name === 'app-hung') ? ['  The paper ended its applications; it made none hang.'] : []),
  ].join('\n');
}

function seconds(value: number | null): string {
  return value === null ? 'not recovered' : `${value.toFixed(1)} s`;
}
