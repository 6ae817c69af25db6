import { describe, expect, it } from 'vitest';
import { poissonUpper } from './poisson.ts';

describe('upper limit of a Poisson mean', () => {
  // Garwood, Biometrika 28 (1936), table of fiducial limits; also Pearson and Hartley, Biometrika Tables for Statisticians, table 40.
  it.each([[0, 3.0], [1, 4.74], [2, 6.3], [3, 7.75], [4, 9.15], [5, 10.51], [10, 16.96], [20, 29.06]])('one side at 95 %%: %i events, %d', (count, limit) => {
    expect(poissonUpper(count)).toBeCloseTo(limit, 2);
  });
  it.each([[0, 3.69], [1, 5.57], [2, 7.22], [5, 11.67], [10, 18.39], [30, 42.83], [50, 65.92]])('both sides at 95 %%: %i events, %d', (count, limit) => {
    expect(poissonUpper(count, 0.975)).toBeCloseTo(limit, 2);
  });
  it('no event: ln 20, as can be worked out by hand', () => expect(poissonUpper(0)).toBeCloseTo(Math.log(20), 12));
  it('many events: near the normal approximation', () => {
    expect(poissonUpper(10_000)).toBeGreaterThan(10_000 + 1.6 * 100);
    expect(poissonUpper(10_000)).toBeLessThan(10_000 + 1.7 * 100);
  });
  it('refuses what is none', () => {
    expect(() => poissonUpper(-1)).toThrow(RangeError);
    expect(() => poissonUpper(0.5)).toThrow(RangeError);
    expect(() => poissonUpper(1, 1)).toThrow(RangeError);
  });
});
