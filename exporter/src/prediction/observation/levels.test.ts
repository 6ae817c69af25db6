import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../hmm/random-model.ts';
import { absoluteLevel, featureSets, relativeLevel } from './levels.ts';
import type { Leveled } from './levels.ts';
import { DEFAULT_PARAMETERS, parametersProblem } from './parameters.ts';
import type { ObservationParameters } from './parameters.ts';
import { createQuantiles, learn } from './quantiles.ts';
import { forEachSignal } from './signals.ts';
import type { Signal } from './signals.ts';
import { ABOVE, AROUND, atLeast, BELOW, only } from './symbol.ts';
import type { Level } from './symbol.ts';

const { scales, coldStartTicks } = DEFAULT_PARAMETERS;

/** Levels of a signal whose habit are these values. */
function levelsAfter(signal: Signal, habit: (n: number) => number, ticks = 2000): (value: number) => Level | null {
  const quantiles = createQuantiles(scales[signal]);
  for (let n = 0; n < ticks; n++) learn(quantiles, habit(n), 1);
  return (value) => relativeLevel(quantiles, value, scales[signal], coldStartTicks);
}

describe('against its own quantiles', () => {
  it('constant CPU: small moves stay around', () => {
    const level = levelsAfter('cpuRatio', () => 0.4);
    expect([0.35, 0.4, 0.45].map(level)).toEqual([AROUND, AROUND, AROUND]);
    expect([0, 0.2, 0.6, 1, 7].map(level)).toEqual([BELOW, BELOW, ABOVE, ABOVE, ABOVE]);
  });

  it('nothing at all: crumbs stay around, and nothing is below', () => {
    const level = levelsAfter('networkBytesPerSecond', () => 0);
    expect([0, 100, 4000].map(level)).toEqual([AROUND, AROUND, AROUND]);
    expect([10_000, 1e9, Infinity].map(level)).toEqual([ABOVE, ABOVE, ABOVE]);
  });

  it('zero most of the time with bursts: neither zero nor a burst is special, ten times a burst is', () => {
    const level = levelsAfter('diskBytesPerSecond', (n) => (n % 6 === 0 ? 1e6 : 0));
    expect([0, 1e5, 1e6].map(level)).toEqual([AROUND, AROUND, AROUND]);
    expect(level(1e7)).toBe(ABOVE);
  });

  it('busy traffic: silence is below, and above is a factor', () => {
    const random = randomNumbers(3);
    const level = levelsAfter('networkBytesPerSecond', () => 1e6 * (0.5 + random()));
    expect([0, 1e4, 1e6, 3e6, 1e7].map(level)).toEqual([BELOW, BELOW, AROUND, AROUND, ABOVE]);
  });

  it('little, but regular: silence is below, and so is a fraction; irregular: it is not', () => {
    const regular = levelsAfter('networkBytesPerSecond', (n) => 400 + 10 * (n % 5));
    expect([0, 100, 200, 400, 3000].map(regular)).toEqual([BELOW, BELOW, AROUND, AROUND, AROUND]);
    const now = levelsAfter('networkBytesPerSecond', (n) => (n % 4 === 0 ? 0 : 400));
    expect([0, 100, 400].map(now)).toEqual([AROUND, AROUND, AROUND]);
  });

  it('always at full load: full load is no news', () => {
    const level = levelsAfter('cpuRatio', () => 1);
    expect([1, 1.2, 0.5].map(level)).toEqual([AROUND, AROUND, BELOW]);
  });

  it('memory that comes and goes widely: a fifth above its usual top is above', () => {
    const random = randomNumbers(5);
    const level = levelsAfter('memoryUsedRatio', () => 0.1 + 0.4 * random());
    expect([0, 0.1, 0.5, 0.55, 0.75].map(level)).toEqual([AROUND, AROUND, AROUND, AROUND, ABOVE]);
    expect(levelsAfter('memoryUsedRatio', () => 0.3)(0.45)).toBe(ABOVE);
  });

  it('is not told before enough ticks', () => {
    expect(levelsAfter('cpuRatio', () => 0.1, coldStartTicks - 1)(1)).toBeNull();
    expect(levelsAfter('cpuRatio', () => 0.1, coldStartTicks)(1)).toBe(ABOVE);
  });
});

describe('absolute headroom', () => {
  it('never says below', () => {
    const levels = [null, 0, 0.8499, 0.85, 0.9499, 0.95, 1, Number.NaN].map((ratio) => absoluteLevel(ratio, DEFAULT_PARAMETERS.memory));
    expect(levels).toEqual([BELOW, BELOW, BELOW, AROUND, AROUND, ABOVE, ABOVE, BELOW]);
  });
});

describe('features', () => {
  /** @param projected where it is not what there is now */
  const tick = (values: Partial<Leveled['values']>, levels: Partial<Leveled['levels']>, memorySource: Leveled['memorySource'] = 'usable', projected: Partial<Leveled['projected']> = {}) =>
    featureSets({
      values: { ...forEachSignal(() => null), ...values },
      levels: { ...forEachSignal(() => null), ...levels },
      projected: { memoryUsedRatio: values.memoryUsedRatio ?? null, diskFillRatio: values.diskFillRatio ?? null, ...projected },
      memorySource,
    }, DEFAULT_PARAMETERS);

  it('of nothing known can be anything', () => expect(tick({}, {})).toEqual({ cpu: 7, memory: 7, network: 7, disk: 7 }));

  it.each([
    ['habit alone', 0.5, BELOW, null, only(BELOW)],
    ['more than ever, and scarce', 0.82, ABOVE, null, only(ABOVE)],
    ['more than ever, but ample', 0.78, ABOVE, null, only(AROUND)],
    ['short against the habit', 0.97, AROUND, null, only(ABOVE)],
    ['getting short', 0.9, BELOW, null, only(AROUND)],
    ['faults', 0.5, AROUND, ABOVE, only(ABOVE)],
    ['few faults say nothing', 0.5, AROUND, BELOW, only(AROUND)],
    ['short while cold', 0.97, null, null, only(ABOVE)],
    ['getting short while cold', 0.9, null, null, atLeast(AROUND)],
    ['enough while cold', 0.5, null, null, atLeast(BELOW)],
  ] as const)('memory: %s', (_, memoryUsedRatio, level, faults, wanted) =>
    expect(tick({ memoryUsedRatio }, { memoryUsedRatio: level, majorFaultsPerSecond: faults }).memory).toBe(wanted));

  it.each([
    ['more than ever, and scarce', 0.7, ABOVE, ABOVE],
    ['more than ever, but ample', 0.4, ABOVE, AROUND],
    ['much, as always', 0.95, AROUND, AROUND],
    ['less than ever', 0.01, BELOW, BELOW],
  ] as const)('CPU: %s', (_, cpuRatio, level, wanted) => expect(tick({ cpuRatio }, { cpuRatio: level }).cpu).toBe(only(wanted)));

  it('memory that runs out is short before it is', () => {
    expect(tick({ memoryUsedRatio: 0.4 }, { memoryUsedRatio: AROUND }, 'usable', { memoryUsedRatio: 0.96 }).memory).toBe(only(ABOVE));
    expect(tick({ memoryUsedRatio: 0.4 }, { memoryUsedRatio: AROUND }, 'unused', { memoryUsedRatio: 0.96 }).memory).toBe(only(AROUND));
  });

  it('an image that fills up is full before it is', () =>
    expect(tick({ diskFillRatio: 0.2 }, { diskBytesPerSecond: AROUND }, 'usable', { diskFillRatio: 0.96 }).disk).toBe(only(ABOVE)));

  it.each(['unused', 'resident'] as const)('memory by %s has no absolute level', (source) =>
    expect(tick({ memoryUsedRatio: 1 }, { memoryUsedRatio: AROUND }, source).memory).toBe(only(AROUND)));

  it.each([
    ['busy is not slow', { diskBytesPerSecond: ABOVE, diskRequestsPerSecond: ABOVE, diskRequestSeconds: AROUND }, 0.1, only(AROUND)],
    ['bytes or requests', { diskBytesPerSecond: BELOW, diskRequestsPerSecond: ABOVE }, 0.1, only(AROUND)],
    ['below only together', { diskBytesPerSecond: BELOW, diskRequestsPerSecond: AROUND }, 0.1, only(AROUND)],
    ['a stall', { diskBytesPerSecond: BELOW, diskRequestsPerSecond: BELOW }, 0.1, only(BELOW)],
    ['requests alone', { diskRequestsPerSecond: BELOW }, 0.1, only(BELOW)],
    ['slow requests', { diskBytesPerSecond: BELOW, diskRequestSeconds: ABOVE }, 0.1, only(ABOVE)],
    ['quick requests', { diskBytesPerSecond: AROUND, diskRequestSeconds: BELOW }, 0.1, only(AROUND)],
    ['unusually full', { diskBytesPerSecond: AROUND, diskFillRatio: ABOVE }, 0.82, only(ABOVE)],
    ['unusually full, but far from full', { diskBytesPerSecond: AROUND, diskFillRatio: ABOVE }, 0.78, only(AROUND)],
    ['full', { diskBytesPerSecond: AROUND, diskFillRatio: AROUND }, 0.96, only(ABOVE)],
    ['full, nothing else said', {}, 0.96, only(ABOVE)],
    ['getting full, nothing else said', {}, 0.9, atLeast(AROUND)],
  ] as const)('disk: %s', (_, levels, diskFillRatio, wanted) => expect(tick({ diskFillRatio }, levels).disk).toBe(wanted));
});

describe('parameters', () => {
  it('the defaults are sound', () => expect(parametersProblem(DEFAULT_PARAMETERS)).toBeNull());

  const changes: [string, Partial<ObservationParameters>][] = [
    ['intervalSeconds', { intervalSeconds: 0 }],
    ['halfLifeSeconds', { halfLifeSeconds: Number.NaN }],
    ['coldStartTicks', { coldStartTicks: -1 }],
    ['youthSeconds', { youthSeconds: 0 }],
    ['frozenShare', { frozenShare: -1 }],
    ['longestIntervals', { longestIntervals: 0.5 }],
    ['scales.memoryUsedRatio', { scales: { ...scales, memoryUsedRatio: { ...scales.memoryUsedRatio, lowQuantile: 0.95 } } }],
    ['cpu', { cpu: { ampleRatio: 2 } }],
    ['memory', { memory: { ampleRatio: 0.5, tightRatio: 0.9, criticalRatio: 0.8 } }],
    ['disk', { disk: { ampleRatio: 0.95, tightRatio: 0.9, criticalRatio: 0.96 } }],
    ['trendSeconds', { trendSeconds: -1 }],
    ['trendStretchSeconds', { trendStretchSeconds: 0 }],
    ['scales.networkBytesPerSecond', { scales: { ...scales, networkBytesPerSecond: { ...scales.networkBytesPerSecond, crumb: -1 } } }],
    ['scales.cpuRatio', { scales: { ...scales, cpuRatio: { ...scales.cpuRatio, largest: Infinity } } }],
  ];
  it.each(changes)('a wrong %s is named', (name, change) => expect(parametersProblem({ ...DEFAULT_PARAMETERS, ...change })).toContain(name));
});
