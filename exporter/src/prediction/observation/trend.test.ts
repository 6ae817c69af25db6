import { describe, expect, it } from 'vitest';
import { breakTrend, createTrend, projected } from './trend.ts';

function follow(values: readonly number[], stretchTicks = 2, ticksAhead = 60): number[] {
  const trend = createTrend(stretchTicks);
  return values.map((value) => projected(trend, value, ticksAhead));
}

describe('a trend', () => {
  it('of steady growth reaches as far as it would', () => {
    const values = Array.from({ length: 10 }, (_, t) => 0.3 + 0.005 * t);
    const seen = follow(values);
    expect(seen.slice(0, 6)).toEqual(values.slice(0, 6));
    expect(seen[6]).toBeCloseTo(values[6]! + 60 * 0.005, 9);
    expect(seen[9]).toBeCloseTo(values[9]! + 60 * 0.005, 9);
  });
  it('is none where it went up in one go, however much, or comes down', () => {
    const step = [...Array<number>(8).fill(0.3), 0.5, 0.7, ...Array<number>(8).fill(0.8)];
    expect(follow(step)).toEqual(step);
    const fall = Array.from({ length: 10 }, (_, t) => 0.9 - 0.01 * t);
    expect(follow(fall)).toEqual(fall);
  });
  it('is the smallest growth of its stretches', () => {
    expect(follow([0, 0.01, 0.02, 0.02, 0.03, 0.2, 0.3])[6]).toBeCloseTo(0.3 + (0.01 / 2) * 60, 9);
  });
  it('begins anew after a break', () => {
    const trend = createTrend(1);
    for (const value of [0.1, 0.2, 0.3]) expect(projected(trend, value, 10)).toBe(value);
    expect(projected(trend, 0.4, 10)).toBeCloseTo(1.4, 9);
    breakTrend(trend);
    for (const value of [0.5, 0.6, 0.7]) expect(projected(trend, value, 10)).toBe(value);
    expect(projected(trend, 0.8, 10)).toBeCloseTo(1.8, 9);
  });
});
