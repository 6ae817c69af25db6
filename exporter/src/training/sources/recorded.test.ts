import { describe, expect, it } from 'vitest';
import { MISSING } from '../../prediction/hmm/model.ts';
import type { Interruption } from '../../prediction/observation/signals.ts';
import { forEachSignal } from '../../prediction/observation/signals.ts';
import { createRecorded } from './recorded.ts';

const observed = (code: number, interruption: Interruption | null = null): Parameters<ReturnType<typeof createRecorded>['take']>[1] => ({
  code,
  rates: { intervalSeconds: null, interruption, values: forEachSignal(() => null), memorySource: null },
});

describe('what was recorded of a source', () => {
  it('lies a tick apart, silent ticks missing, up to the end of a life', () => {
    const recorded = createRecorded(5);
    for (const [second, code] of [[0, 1], [5.2, 2], [9.9, 3], [25, 4]] as const) recorded.take(second * 1000, observed(code));
    recorded.take(Number.NaN, observed(9));
    recorded.take(30_000, observed(MISSING, 'restart'));
    recorded.take(35_000, observed(5));
    expect(recorded.records().map(({ startMs, tickSeconds, symbols }) => [startMs, tickSeconds, ...symbols])).toEqual([[0, 5, 1, 2, 3, MISSING, MISSING, 4], [30_000, 5, MISSING, 5]]);
  });

  it('is nothing of nothing, and of a long time several', () => {
    const recorded = createRecorded(1);
    expect(recorded.records()).toEqual([]);
    for (let second = 0; second < 100_000; second++) recorded.take(second * 1000, observed(7));
    const records = recorded.records();
    expect(records.length).toBeGreaterThan(1);
    expect(records.reduce((sum, { symbols }) => sum + symbols.length, 0)).toBe(100_000);
  });
});
