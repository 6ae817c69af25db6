import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../hmm/random-model.ts';
import { binWidth, BINS, clear, coordinate, createQuantiles, learn, quantile, quantileCoordinate, restoreQuantiles, saveQuantiles } from './quantiles.ts';
import type { RunningQuantiles } from './quantiles.ts';

const LAYOUT = { scale: 4096, largest: 1e11 };
const SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

function learnAll(values: Iterable<number>, layout = LAYOUT, keep = 1): RunningQuantiles {
  const quantiles = createQuantiles(layout);
  for (const value of values) learn(quantiles, value, keep);
  return quantiles;
}

/** The value of rank p among sorted ones. */
function exact(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))]!;
}

describe('against exact quantiles', () => {
  const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const distributions: [string, (random: () => number) => number][] = [
    ['constant', () => 12_345],
    ['zero', () => 0],
    ['tiny', (random) => 1e-9 * random()],
    ['huge', (random) => 1e10 * (1 + random())],
    ['too large', () => 1e300],
    ['uniform', (random) => 1e6 * random()],
    ['exponential', (random) => -1e4 * Math.log(1 - random())],
    ['normal', (random) => 1e5 + 1e4 * normal(random)],
    ['log-normal', (random) => Math.exp(8 + 2 * normal(random))],
    ['Pareto', (random) => 100 / (1 - random()) ** (1 / 1.1)],
    ['zero nine times of ten', (random) => (random() < 0.9 ? 0 : 1e5 * random())],
    ['two humps', (random) => (random() < 0.5 ? 1e3 : 1e7) * (1 + 0.1 * random())],
    ['on and off', (random) => (random() < 0.3 ? 1e6 : 0)],
  ];
  it.each(distributions)('%s', (_, draw) => {
    const random = randomNumbers(11);
    const values = Array.from({ length: 5000 }, () => draw(random));
    const quantiles = learnAll(values);
    const sorted = values.toSorted((a, b) => a - b);
    for (const p of SHARES) {
      const at = quantileCoordinate(quantiles, p)!;
      // At a step of the distribution every value between its ends is a quantile.
      expect(at).toBeGreaterThanOrEqual(coordinate(LAYOUT, exact(sorted, p - 0.001)) - binWidth(LAYOUT) - 1e-9);
      expect(at).toBeLessThanOrEqual(coordinate(LAYOUT, exact(sorted, p + 0.001)) + binWidth(LAYOUT) + 1e-9);
    }
  });

  it('any values: within one bin, ordered, and back from the coordinate', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e11, noNaN: true }), { minLength: 1, maxLength: 60 }), fc.double({ min: 0.001, max: 1, noNaN: true }), (values, p) => {
      const quantiles = learnAll(values);
      const sorted = values.toSorted((a, b) => a - b);
      const at = quantileCoordinate(quantiles, p)!;
      expect(at).toBeGreaterThanOrEqual(coordinate(LAYOUT, exact(sorted, p - 1e-6)) - binWidth(LAYOUT) - 1e-9);
      expect(at).toBeLessThanOrEqual(coordinate(LAYOUT, exact(sorted, p + 1e-6)) + binWidth(LAYOUT) + 1e-9);
      expect(quantileCoordinate(quantiles, p / 2)!).toBeLessThanOrEqual(at);
      expect(coordinate(LAYOUT, quantile(quantiles, p)!)).toBeCloseTo(at, 6);
    }));
  });
});

describe('what was learnt', () => {
  it('is nothing at first, and nothing again when cleared', () => {
    const quantiles = createQuantiles(LAYOUT);
    expect(quantile(quantiles, 0.5)).toBeNull();
    learn(quantiles, 5, 0.9);
    clear(quantiles);
    expect([quantile(quantiles, 0.5), quantiles.learnt]).toEqual([null, 0]);
  });

  it('is forgotten by half after a half-life', () => {
    const keep = 2 ** (-1 / 1000);
    const quantiles = learnAll(Array.from({ length: 20_000 }, () => 1e3), LAYOUT, keep);
    for (let n = 0; n < 1000; n++) learn(quantiles, 1e6, keep);
    expect(quantile(quantiles, 0.49)).toBeLessThan(1.2e3);
    expect(quantile(quantiles, 0.51)).toBeGreaterThan(0.8e6);
  });

  it('stays exact enough over many half-lives, where weights are brought back', () => {
    const random = randomNumbers(2);
    const quantiles = learnAll(Array.from({ length: 200_000 }, () => 1e6 * random()), LAYOUT, 2 ** (-1 / 2000));
    expect(quantiles.weight).toBeLessThanOrEqual(2 ** 30);
    for (const p of [0.1, 0.5, 0.9]) expect(Math.abs(quantile(quantiles, p)! / 1e6 - p)).toBeLessThan(0.06);
  });

  it('counts a share of a value as that, also where weights are brought back', () => {
    for (const [keep, ticks] of [[1, 1000], [0.9, 1000]] as const) {
      const quantiles = createQuantiles(LAYOUT);
      for (let n = 0; n < ticks; n++) {
        learn(quantiles, 1e3, keep, 1);
        learn(quantiles, 1e6, 1, 0.25);
      }
      expect(quantile(quantiles, 0.78)).toBeLessThan(1.2e3);
      expect(quantile(quantiles, 0.82)).toBeGreaterThan(0.8e6);
    }
    const forgotten = learnAll([1e3, 1e3]);
    learn(forgotten, 1e6, 0, 0.25);
    learn(forgotten, 1e3, 1, 0.25);
    expect(quantile(forgotten, 0.49)).toBeLessThan(1.2e3);
    expect(quantile(forgotten, 0.51)).toBeGreaterThan(0.8e6);
  });

  it('is of finite numbers whatever is learnt', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.double(), fc.double({ min: 0, max: 1 })), { maxLength: 30 }), (values) => {
      const quantiles = createQuantiles(LAYOUT);
      for (const [value, keep] of values) learn(quantiles, value, keep);
      expect(quantiles.bins.every((share) => share >= 0 && share < Infinity)).toBe(true);
      const at = quantileCoordinate(quantiles, 0.95);
      expect(at === null ? values.length === 0 : at >= 0 && at < Infinity).toBe(true);
    }));
  });

  it('needs a layout', () => {
    expect(() => createQuantiles({ scale: 0, largest: 1 })).toThrow(RangeError);
    expect(() => createQuantiles({ scale: 1, largest: Number.NaN })).toThrow(RangeError);
  });
});

describe('saved', () => {
  it('and restored it says and learns the same', () => {
    const random = randomNumbers(4);
    const quantiles = learnAll(Array.from({ length: 3000 }, () => 1e5 * random()), LAYOUT, 0.99);
    const restored = restoreQuantiles(LAYOUT, JSON.parse(JSON.stringify(saveQuantiles(quantiles))))!;
    for (let n = 0; n < 100; n++) {
      learn(quantiles, 5e6, 0.99);
      learn(restored, 5e6, 0.99);
    }
    expect(restored.learnt).toBe(3100);
    for (const p of SHARES) expect(quantileCoordinate(restored, p)).toBeCloseTo(quantileCoordinate(quantiles, p)!, 4);
  });

  const saved = saveQuantiles(learnAll([1, 2, 3]));
  const floats = (value: number): string => Buffer.from(new Float32Array(BINS).fill(value).buffer).toString('base64');
  it.each([
    ['nothing', null],
    ['another version', { ...saved, version: 2 }],
    ['another layout', { ...saved, scale: 1 }],
    ['learnt NaN', { ...saved, learnt: Number.NaN }],
    ['learnt less than there is', { ...saved, learnt: 1 }],
    ['learnt without anything', { ...saved, learnt: 0 }],
    ['something without learning', { ...saved, learnt: 5, bins: floats(0) }],
    ['bins of NaN', { ...saved, bins: floats(Number.NaN) }],
    ['negative bins', { ...saved, bins: floats(-1) }],
    ['infinite bins', { ...saved, learnt: Number.MAX_SAFE_INTEGER, bins: floats(Infinity) }],
    ['too few bins', { ...saved, bins: saved.bins.slice(4) }],
    ['bins of other characters', { ...saved, bins: '*'.repeat(saved.bins.length) }],
    ['a megabyte', { ...saved, bins: 'A'.repeat(1 << 20) }],
  ])('hostile: %s', (_, hostile) => expect(restoreQuantiles(LAYOUT, hostile)).toBeNull());

  it('hostile: anything at all', () => {
    fc.assert(fc.property(fc.anything(), fc.dictionary(fc.constantFrom('version', 'scale', 'largest', 'learnt', 'bins'), fc.anything()), (any, changes) => {
      restoreQuantiles(LAYOUT, any);
      const restored = restoreQuantiles(LAYOUT, { ...saved, ...changes });
      if (restored) expect(quantile(restored, 0.5)! >= 0).toBe(true);
    }));
  });
});
