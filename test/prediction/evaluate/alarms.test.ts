import { describe, expect, it } from 'vitest';
import { alarmsOf } from './alarms.ts';
import type { Limits } from './alarms.ts';

const LIMITS: Limits = { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 0, clearForSeconds: 0 };

function alarms(scores: readonly number[], limits: Partial<Limits> = {}) {
  const series = { atMs: Float64Array.from(scores, (_, t) => t * 5000), score: Float64Array.from(scores) };
  return alarmsOf(series, { ...LIMITS, ...limits }).map(({ fromMs, toMs }) => [fromMs / 5000, toMs / 5000]);
}

describe('alarms', () => {
  it('begin at the upper limit and end below the lower one', () => {
    expect(alarms([0, 0.79, 0.8, 0.5, 0.4, 0.39, 0.79, 0.9])).toEqual([[2, 5], [7, Infinity]]);
  });
  it('need as long as is asked, both ways', () => {
    expect(alarms([0.9, 0.9, 0.5, 0.9, 0.9, 0.9, 0.1, 0.1, 0.5, 0.1, 0.1, 0.1], { raiseForSeconds: 10, clearForSeconds: 10 })).toEqual([[5, 11]]);
  });
  it('stay what they are while nothing is known', () => {
    expect(alarms([0.9, Number.NaN, 0.9, Number.NaN, Number.NaN, 0.1], { raiseForSeconds: 10, clearForSeconds: 10 })).toEqual([[2, Infinity]]);
    expect(alarms([Number.NaN, Number.NaN])).toEqual([]);
  });
});
