import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile } from './statistics.ts';

describe('quantile', () => {
  it('interpolates between order statistics', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10], 0.9)).toBeCloseTo(9);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('lies between least and greatest and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const before = [...values];
        const result = quantile(values, share);
        expect(values).toEqual(before);
        expect(result).toBeGreaterThanOrEqual(Math.min(...values));
        expect(result).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  it('refuses an empty list and a share outside 0 to 1', () => {
    expect(() => median([])).toThrow(/at least one/);
    expect(() => quantile([1], 1.5)).toThrow(/0 to 1/);
    expect(() => quantile([1], Number.NaN)).toThrow(/0 to 1/);
  });
});
