import type { Holding } from '../trace/folder.ts';

/** Holdings as a Markdown table. */
export function holdingsTable(holdings: readonly Holding[]): string {
  const rows = holdings.map(({ split, kind, traces, days, failures, bytes }) => [split, kind, traces, days.toFixed(3), failures, bytes]);
  const sum = (pick: (holding: Holding) => number): number => holdings.reduce((total, holding) => total + pick(holding), 0);
  const all = ['all', '', sum(({ traces }) => traces), sum(({ days }) => days).toFixed(3), sum(({ failures }) => failures), sum(({ bytes }) => bytes)];
  return [['split', 'kind', 'traces', 'VM-days', 'failures', 'bytes'], ['---', '---', '--:', '--:', '--:', '--:'], ...rows, all]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
