import { describe, expect, it } from 'vitest';
import type { MeasuredValues } from '../prediction/observation/observer.ts';
import { describeLacks, describeSummary, percent } from './describe.ts';
import type { Told } from './describe.ts';
import type { BacktestTick } from './replay.ts';
import { createSummary } from './summary.ts';
import type { Summary } from './summary.ts';
import { replayed, simulatedValues } from './testing/leaking.ts';

const ALARM = { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 30, clearForSeconds: 30 };
const START_MS = 1_700_000_000_000;

function summarise(ticks: readonly BacktestTick[], failuresAtMs: readonly number[] = []): Summary {
  const summary = createSummary({ tickSeconds: 5, alarm: ALARM, failures: failuresAtMs.map((fromMs) => ({ fromMs, toMs: fromMs + 60_000 })) });
  for (const tick of ticks) summary.take(tick);
  return summary.result();
}

/** Ticks with these probabilities. */
function ticksOf(probabilities: readonly number[]): BacktestTick[] {
  const [tick] = replayed(simulatedValues({ ticks: 2 }));
  return probabilities.map((failureProbability, n) => ({ ...tick!, atMs: START_MS + 5000 * n, failureProbability }));
}

const TOLD: Told = { source: 'web-1.csv', model: 'built-in', tickSeconds: 5, horizonSeconds: 60, form: 'filter', threshold: 0.8, utc: true, notes: [] };

describe('a summary', () => {
  it('counts what was observed, in part, missing and learnt', () => {
    const values = simulatedValues({ ticks: 401 });
    const lost = values.map((measured, n): MeasuredValues => (n === 300 ? { ...measured, values: {} } : n === 301 ? { ...measured, values: { ...measured.values, cpuRatio: null } } : measured));
    const summary = summarise(replayed(lost));
    expect([summary.ticks, summary.observed + summary.partial + summary.missing]).toEqual([400, 400]);
    expect([summary.observed, summary.partial]).toEqual([278, 1]);
    expect(summary.coldStart).toBe(120);
    expect(summary.lacks).toContainEqual({ signal: 'cpuRatio', why: 'not-said', ticks: 2 });
    expect(describeLacks(summary)).toContainEqual(['processor', 'not said by the source: 2 ticks (0.5 %)']);
  });

  it('finds gaps, and the longest', () => {
    const values = simulatedValues({ ticks: 200 }).filter((_, n) => !(n > 10 && n < 15) && !(n > 50 && n < 110) && n !== 150);
    const { gaps } = summarise(replayed(values));
    expect(gaps).toEqual({ count: 2, longestMs: 300_000, longestFromMs: values[46]!.atMs });
  });

  it('raises alarms as the daemon does, and tells how long before a failure', () => {
    const high = Array<number>(20).fill(0.9);
    const ticks = ticksOf([...high, ...Array<number>(20).fill(0.1), ...high]);
    const summary = summarise(ticks, [START_MS - 1, START_MS + 10_000, START_MS + 60_000, START_MS + 300_000, START_MS + 9e6]);
    expect(summary.alarms.map(({ fromMs, toMs }) => [fromMs - START_MS, toMs === null ? null : toMs - START_MS])).toEqual([[30_000, 130_000], [230_000, null]]);
    expect(summary.failures.map(({ fromMs, leadMs }) => [fromMs - START_MS, leadMs])).toEqual([[10_000, null], [60_000, 30_000], [300_000, 70_000]]);
    expect([summary.above, summary.highest]).toEqual([40, { probability: 0.9, atMs: START_MS }]);
    const text = describeSummary(summary, TOLD).map(([label, line]) => `${label}: ${line}`);
    expect(text).toContain('Alarms: 2: 2023-11-14 22:13:50Z for 1 min 40 s; 2023-11-14 22:17:10Z until the end');
    expect(text).toContain('Failure: 2023-11-14 22:13:30Z: no alarm before');
    expect(text).toContain('Failure: 2023-11-14 22:14:20Z: alarm 30 s before');
    expect(text).toContain('Above: 40 (66.7 %) ticks at 0.8 or more');
  });

  it('never says all or nothing of what is not', () => {
    expect([0, 1e-6, 0.001, 0.5, 0.9996, 1].map(percent)).toEqual(['0 %', '< 0.1 %', '0.1 %', '50 %', '> 99.9 %', '100 %']);
  });

  it('of nothing says so', () => {
    const text = describeSummary(summarise([]), TOLD).map(([label, line]) => `${label}: ${line}`);
    expect(text).toContain('Ticks: 0 of 5 s: observed 0, in part 0, missing 0');
    expect(text).toContain('Alarms: none');
  });
});
