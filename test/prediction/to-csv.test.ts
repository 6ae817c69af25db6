import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { run } from '../../exporter/src/cli/run.ts';
import { simulatedReadings } from '../../exporter/src/prediction/testing/simulated-readings.ts';
import { readFailures } from '../../exporter/src/training/sources/failures.ts';
import { traceCsv, traceFailures } from './to-csv.ts';
import type { Label } from './trace/trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'to-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = 1_700_000_000_000;
const READINGS = simulatedReadings({ ticks: 400, startMs: START_MS, leakFromTick: 300 });
const LABELS: Label[] = [
  { atMs: START_MS + 1_990_000, kind: 'failed', detail: 'silent' },
  { atMs: START_MS + 1_994_500, kind: 'restarted', detail: '' },
  { atMs: START_MS + 2_000_000, kind: 'failed', detail: 'stuck' },
];

it('a trace as CSV is what a backtest takes', async () => {
  const [csv, failures] = [join(folder, 'trace.csv'), join(folder, 'failures.csv')];
  writeFileSync(csv, traceCsv({ readings: READINGS, tickMs: 5000 }));
  writeFileSync(failures, traceFailures({ labels: LABELS }));
  let [out, note] = ['', ''];
  const code = await run(['backtest', '--csv', csv, '--failures', failures, '--utc'], { out: (text) => (out += text), note: (text) => (note += text), colour: false, nowMs: () => 0 });
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(401);
  expect(note).toContain('ticks of 5 s (the median time between rows)');
  // The first reading has no rates.
  expect(note).toContain('empty cells: 4 (first in line 2)');
  expect(note).toMatch(/^Failure {5}2023-11-14 22:46:30Z: /m);
  expect(await readFailures(failures)).toEqual([{ fromMs: START_MS + 1_990_000, toMs: START_MS + 1_994_500 }, { fromMs: START_MS + 2_000_000, toMs: Infinity }]);
});

it('rows are the rates between readings', () => {
  const rows = traceCsv({ readings: READINGS, tickMs: 5000 }).split('\n');
  expect(rows.slice(0, 2)).toEqual(['timestamp,cpu,memory,network,disk', `${START_MS / 1000},,,,`]);
  const [at, cpu, memory, network, disk] = rows[10]!.split(',').map(Number);
  const [before, after] = [READINGS[8]!, READINGS[9]!];
  expect(at).toBe(after.atMs / 1000);
  expect(cpu).toBeCloseTo((after.cpuNanoseconds! - before.cpuNanoseconds!) / 1e10, 9);
  expect(memory).toBeCloseTo(1 - after.memoryUsableBytes! / after.memoryTotalBytes!, 9);
  expect(network).toBeCloseTo((after.receivedBytes! - before.receivedBytes!) / 5, 6);
  expect(disk).toBeCloseTo((after.writtenBytes! - before.writtenBytes!) / 5, 6);
});
