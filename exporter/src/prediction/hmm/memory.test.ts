import { expect, it } from 'vitest';
import { joinPriors, remember } from './memory.ts';

const counts = (initial: number[], transition: number[], emission: number[]) => ({
  initial: Float64Array.from(initial), transition: Float64Array.from(transition), emission: Float64Array.from(emission),
});

const OLD = counts([10, 20], [1, 2, 3, 4], [5, 6, 7, 8, 9, 10]);
const NEW = counts([1, 1], [1, 1, 1, 1], [1, 1, 1, 1, 1, 1]);

it('old counts fade, each state at its own pace', () => {
  expect(remember(OLD, NEW, [0.5, 1])).toEqual(counts([6, 21], [1.5, 2, 4, 5], [3.5, 7, 4.5, 9, 5.5, 11]));
});

it('nothing old leaves the new, as a copy', () => {
  const first = remember(null, NEW, [1, 1]);
  expect(first).toEqual(NEW);
  first.initial[0] = 9;
  expect(NEW.initial[0]).toBe(1);
  expect(() => remember(OLD, NEW, [1])).toThrow(/expected 2 shares, not 1/);
});

it('two priors add up', () => {
  expect(joinPriors(OLD, NEW)).toEqual(remember(OLD, NEW, [1, 1]));
  expect(joinPriors(OLD, null)).toBe(OLD);
});
