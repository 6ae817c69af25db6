import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULT_PARAMETERS } from '../../exporter/src/prediction/observation/parameters.ts';
import { ratesBetween } from '../../exporter/src/prediction/observation/rates.ts';
import { decodeTrace } from './trace/file.ts';
import type { Trace } from './trace/trace.ts';

const USAGE = `Usage: npm run -s traces:csv -- TRACE [--failures FILE] > FILE.csv

Writes what a trace measured as CSV, timestamp,cpu,memory,network,disk, for \`virtmedic backtest --csv\`. A tick that tells no rates, as after a
restart, has empty cells. Fewer signals than the trace has: requests, latency, faults and filling of the disk have no column.

  --failures FILE   also writes when the guest failed, from,to, for \`virtmedic backtest --failures\`
`;

/** A row for each reading. Times are Unix seconds, ratios 0 to 1, the rest bytes/s. */
export function traceCsv({ readings, tickMs }: Pick<Trace, 'readings' | 'tickMs'>): string {
  const seconds = tickMs / 1000;
  const limits = { shortestSeconds: DEFAULT_PARAMETERS.shortestIntervals * seconds, longestSeconds: DEFAULT_PARAMETERS.longestIntervals * seconds };
  const rows = readings.map((reading, n) => {
    const { values } = ratesBetween(readings[n - 1] ?? null, reading, limits);
    return [reading.atMs / 1000, values.cpuRatio, values.memoryUsedRatio, values.networkBytesPerSecond, values.diskBytesPerSecond].map((value) => value ?? '').join(',');
  });
  return ['timestamp,cpu,memory,network,disk', ...rows, ''].join('\n');
}

/** From each failure until the guest was started again. */
export function traceFailures({ labels }: Pick<Trace, 'labels'>): string {
  const rows = labels.flatMap(({ kind, atMs }) => {
    if (kind !== 'failed') return [];
    const restarted = labels.find((label) => label.kind === 'restarted' && label.atMs >= atMs);
    return [`${atMs / 1000},${restarted === undefined ? '' : restarted.atMs / 1000}`];
  });
  return ['from,to', ...rows, ''].join('\n');
}

function main(argv: string[]): number {
  try {
    const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options: { failures: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } });
    const [path] = positionals;
    if (values.help) return print(USAGE);
    if (path === undefined || positionals.length > 1) throw new Error('expected one trace file');
    const trace = decodeTrace(readFileSync(path));
    if (values.failures !== undefined) writeFileSync(values.failures, traceFailures(trace));
    return print(traceCsv(trace));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n--help shows how it is used\n`);
    return 2;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
