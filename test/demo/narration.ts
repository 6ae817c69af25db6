/** Words and columns of the demo; nothing here looks at anything. */
import { TOUR } from './breaks.ts';
import type { Fact } from './facts.ts';
import type { BreakName } from './options.ts';

export interface Seconds {
  name: BreakName;
  /** From the fault until the guest answered HTTP again; null: it did not. */
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

/** EDR (event-driven virtualization fault detection and recovery, 2015), Table 3: recovery times of three virtual machines. */
const EDR_TABLE_3 = {
  deleted: ['VM deleted', '< 40 s', '< 30 s', '< 1 min'],
  down: ['VM down', '< 30 s', '< 25 s', '< 50 s'],
} as const;

const ROW_OF: Readonly<Record<BreakName, keyof typeof EDR_TABLE_3>> = { 'vm-deleted': 'deleted', 'vm-killed': 'down', 'vm-hung': 'down' };

export function formatTable(measured: readonly Seconds[]): string {
  const header = ['', 'EDR, Table 3', 'VM1', 'VM2', 'VM3', 'this run: serving again', 'verified'];
  const rows = measured.map(({ name, serving, verified }) => [name, ...EDR_TABLE_3[ROW_OF[name]], seconds(serving), seconds(verified)]);
  const widths = header.map((title, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)));
  const lines = [header, ...rows].map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}`);
  return [
    'Seconds from the fault, beside those that the source paper gives for its own machines:',
    ...lines,
    '  Ours are tiny guests under emulation, theirs were servers with KVM: the table shows the order of size, not a race.',
  ].join('\n');
}

function seconds(value: number | null): string {
  return value === null ? 'not recovered' : `${value.toFixed(1)} s`;
}
