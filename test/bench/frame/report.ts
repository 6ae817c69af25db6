import os from 'node:os';
import type { BenchResult, Figure, Goal } from './bench.ts';

export interface Machine {
  cpus: number;
  memory_bytes: number;
  node: string;
  kernel: string;
}

/** The one JSON object that a bench prints. */
export interface Report {
  bench: string;
  figures: Record<string, Figure>;
  goals: Record<string, Goal & { met: boolean }>;
  runs: number;
  machine: Machine;
}

export function thisMachine(): Machine {
  return { cpus: os.availableParallelism(), memory_bytes: os.totalmem(), node: process.versions.node, kernel: os.release() };
}

/** Not met where the figure is missing, null or no number: what was not measured was not reached. */
export function isMet(goal: Goal, figure: Figure | undefined): boolean {
  if (typeof figure !== 'number' || !Number.isFinite(figure)) return false;
  switch (goal.op) {
    case '<=':
      return figure <= goal.value;
    case '>=':
      return figure >= goal.value;
    case '<':
      return figure < goal.value;
    case '>':
      return figure > goal.value;
    case '==':
      return figure === goal.value;
  }
}

export function makeReport(name: string, goals: Record<string, Goal>, result: BenchResult, machine: Machine): Report {
  const judged = Object.entries(goals).map(([figure, goal]) => [figure, { ...goal, met: isMet(goal, result.figures[figure]) }]);
  return {
    bench: name,
    figures: mapFigures(result.figures),
    goals: Object.fromEntries(judged) as Report['goals'],
    runs: result.runs,
    machine,
  };
}

/** JSON has neither NaN nor infinity: both become null. Six significant digits are more than any bench has. */
function mapFigures(figures: Record<string, Figure>): Record<string, Figure> {
  return Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, roundFigure(figure)]));
}

function roundFigure(figure: Figure): Figure {
  if (figure === null) return null;
  if (typeof figure === 'object') return mapFigures(figure);
  if (!Number.isFinite(figure)) return null;
  return Number.isInteger(figure) ? figure : Number(figure.toPrecision(6));
}

/** The report as a table for people. */
export function formatTable(report: Report, notes: readonly string[]): string {
  const goalNames = Object.keys(report.goals);
  const flat = flatten(report.figures, '');
  const missing = goalNames.filter((name) => !flat.some(([figure]) => figure === name)).map((name): [string, string] => [name, '-']);
  const rows = [...flat, ...missing].map(([name, value]) => {
    const goal = report.goals[name];
    return [name, value, goal ? `${goal.op} ${formatNumber(goal.value)}` : '', goal ? (goal.met ? 'met' : 'MISSED') : ''];
  });
  const table = [['figure', 'value', 'goal', ''], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => (row[column] as string).length)));
  const lines = table.map(([name, value, goal, met]) =>
    `${(name as string).padEnd(widths[0] as number)}  ${(value as string).padStart(widths[1] as number)}  ${(goal as string).padEnd(widths[2] as number)}  ${met}`.trimEnd(),
  );
  const { cpus, memory_bytes, node, kernel } = report.machine;
  const where = `${report.runs} runs; ${cpus} CPUs, ${(memory_bytes / 2 ** 30).toFixed(1)} GiB, Node ${node}, Linux ${kernel}`;
  return [...lines, where, ...notes].join('\n');
}

function flatten(figures: Record<string, Figure>, prefix: string): [string, string][] {
  return Object.entries(figures).flatMap(([name, figure]): [string, string][] =>
    figure !== null && typeof figure === 'object'
      ? flatten(figure, `${prefix}${name}.`)
      : [[prefix + name, figure === null ? '-' : formatNumber(figure)]],
  );
}

function formatNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 6 });
}
