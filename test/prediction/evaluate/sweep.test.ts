import { describe, expect, it } from 'vitest';
import { GAUSSIAN_LIMITS, GAUSSIAN_SETTINGS, OWN_LIMITS, STATIC_LIMITS } from './candidates.ts';
import type { Figures } from './figures.ts';
import { best, sweep } from './sweep.ts';
import type { Judged } from './sweep.ts';

const limits = { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 0, clearForSeconds: 0 };
function judged(settings: string, recalled: number, falseAlarmsPerDay: number, leadSecondsMedian = 100): Judged<string> {
  return { settings, limits, figures: { recalled, falseAlarmsPerDay, leadSecondsMedian } as Figures };
}

describe('the best of a sweep', () => {
  it('recalls most within the false alarms that are allowed, then has the fewest, then the longest lead', () => {
    const all = [judged('a', 9, 2), judged('b', 8, 1), judged('c', 8, 0.5, 50), judged('d', 8, 0.5, 60), judged('e', 7, 0)];
    expect(best(all, 1).settings).toBe('d');
    expect(best(all, 2).settings).toBe('a');
    expect(best(all, 0).settings).toBe('e');
  });
  it('has the fewest false alarms where all have more than allowed', () => {
    expect(best([judged('a', 9, 5), judged('b', 8, 3), judged('c', 9, 3)], 1).settings).toBe('c');
    expect(() => best([], 1)).toThrow(RangeError);
  });
  it('scores each setting once and judges it by all limits', () => {
    const scored: string[] = [];
    const all = sweep(['x', 'y'], [limits, { ...limits, raiseForSeconds: 10, clearForSeconds: 10 }], (settings) => (scored.push(settings), []), 5);
    expect(scored).toEqual(['x', 'y']);
    expect(all.map(({ settings, limits: { raiseForSeconds } }) => [settings, raiseForSeconds])).toEqual([['x', 0], ['x', 10], ['y', 0], ['y', 10]]);
  });
});

it('what is tried has its limits in order', () => {
  for (const { raiseAbove, clearBelow } of [...OWN_LIMITS, ...STATIC_LIMITS, ...GAUSSIAN_LIMITS]) expect(clearBelow).toBeLessThanOrEqual(raiseAbove);
  expect(new Set(GAUSSIAN_SETTINGS.map((one) => JSON.stringify(one))).size).toBe(GAUSSIAN_SETTINGS.length);
});
