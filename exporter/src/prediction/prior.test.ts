import { describe, expect, it } from 'vitest';
import { noExpectations } from './hmm/expectation.ts';
import { filterTick, startBelief } from './hmm/filter.ts';
import { modelProblem } from './hmm/model.ts';
import type { Hmm } from './hmm/model.ts';
import { randomNumbers } from './hmm/random-model.ts';
import { expectNamed, forecasts } from './testing/named-states.ts';
import { symbolOfLevels } from './testing/simulated-target.ts';
import { pooledPrior, PROBABILITY_FLOOR, scatteredStarts, structuredModel, structuredPrior } from './prior.ts';
import { healthProbabilities, STATE_COUNT } from './states.ts';

const TICK_S = 5;
const HOUR_S = 3600;
const THRESHOLD = 0.5;

function beliefAfter(model: Hmm, symbols: Iterable<number>): Float64Array {
  const [belief, scratch] = [startBelief(model), new Float64Array(STATE_COUNT)];
  let first = true;
  for (const symbol of symbols) {
    filterTick(model, belief, symbol, first, scratch);
    first = false;
  }
  return belief;
}

const repeat = (symbol: number, ticks: number): number[] => Array<number>(ticks).fill(symbol);
describe('the structured prior', () => {
  it('is a model whose states are what they are called', () => expectNamed(structuredModel(TICK_S)));

  it('means the same at every tick length', () => {
    const [short, long] = [structuredModel(5).transition, structuredModel(15).transition];
    const product = (left: Float64Array, right: Float64Array): Float64Array =>
      left.map((_, n) => Array.from({ length: STATE_COUNT }, (__, k) => left[Math.floor(n / STATE_COUNT) * STATE_COUNT + k]! * right[k * STATE_COUNT + (n % STATE_COUNT)]!).reduce((sum, value) => sum + value, 0));
    // The floors are all that differs.
    product(product(short, short), short).forEach((value, n) => expect(Math.abs(value - long[n]!)).toBeLessThan(50 * PROBABILITY_FLOOR));
    expect(() => structuredModel(0)).toThrow(/tickSeconds/);
    for (const seconds of [0.5, 60, 3600, 1e6]) expect(modelProblem(structuredModel(seconds))).toBeNull();
  });

  it('alone ranks what is obvious', () => {
    const model = structuredModel(TICK_S);
    const last = (symbols: readonly number[]): number => forecasts(model, symbols, TICK_S).at(-1)!;
    const hour = HOUR_S / TICK_S;
    const idle = last(repeat(symbolOfLevels(0, 1, 0, 0), hour));
    const usual = last(repeat(symbolOfLevels(1, 1, 1, 1), hour));
    const busy = last(repeat(symbolOfLevels(2, 1, 2, 1), hour));
    for (const healthy of [idle, usual, busy]) expect(healthy).toBeLessThan(0.02);
    const leak = [...repeat(symbolOfLevels(1, 1, 1, 1), 100), ...repeat(symbolOfLevels(1, 2, 1, 1), 60)];
    expect(last(leak)).toBeGreaterThan(0.9);
    const hung = beliefAfter(model, [...leak, ...repeat(symbolOfLevels(2, 2, 0, 2), 12), ...repeat(symbolOfLevels(0, 2, 0, 0), 12)]);
    expect(healthProbabilities(hung).failed).toBeGreaterThan(0.9);
    expect(healthProbabilities(beliefAfter(model, leak)).abnormal).toBeGreaterThan(0.9);
  });

  it('a short look-alike is a bump, not an alarm', () => {
    const calm = repeat(symbolOfLevels(1, 1, 1, 1), 100);
    const risen = forecasts(structuredModel(TICK_S), [...calm, ...repeat(symbolOfLevels(1, 2, 1, 1), 2), ...calm], TICK_S);
    expect(Math.max(...risen)).toBeGreaterThan(2 * risen[99]!);
    expect(Math.max(...risen)).toBeLessThan(THRESHOLD);
    expect(risen.at(-1)).toBeLessThan(0.01);
  });

  it('starts for training scatter around it and keep the names', () => {
    const model = structuredModel(TICK_S);
    const starts = scatteredStarts(model, 4, randomNumbers(1));
    expect(starts[0]).toEqual(model);
    starts.forEach(expectNamed);
    expect(starts[1]!.emission).not.toEqual(starts[2]!.emission);
  });
});

describe('the pooled prior', () => {
  const structured = structuredPrior(TICK_S, { normal: 10, abnormal: 10, failed: 10, sequences: 1 });
  const strength = { normal: 100, abnormal: 50, failed: 25, sequences: 2 };
  const part = (ticks: number, symbol: number) => {
    const sums = noExpectations(structuredModel(TICK_S));
    sums.initial[0] = 1;
    for (let i = 0; i < STATE_COUNT; i++) {
      sums.transition[i * STATE_COUNT + i] = ticks;
      sums.emission[symbol * STATE_COUNT + i] = ticks;
    }
    return sums;
  };

  it('adds no more than its strength, in the proportions seen', () => {
    const pooled = pooledPrior(structured, [part(1000, 3), part(1000, 5)], strength);
    const added = (symbol: number, state: number): number => pooled.emission[symbol * STATE_COUNT + state]! - structured.emission[symbol * STATE_COUNT + state]!;
    for (const [state, most] of [[0, 100], [4, 50], [8, 25]] as const) {
      expect(added(3, state)).toBeCloseTo(most / 2, 9);
      expect(added(5, state)).toBeCloseTo(most / 2, 9);
      expect(pooled.transition[state * STATE_COUNT + state]! - structured.transition[state * STATE_COUNT + state]!).toBeCloseTo(most, 9);
    }
    expect(pooled.initial[0]! - structured.initial[0]!).toBeCloseTo(2, 9);
  });

  it('little counts for what it is, nothing for nothing', () => {
    const pooled = pooledPrior(structured, [part(3, 3), part(0, 5)], strength);
    expect(pooled.emission[3 * STATE_COUNT]! - structured.emission[3 * STATE_COUNT]!).toBeCloseTo(3, 9);
    expect(pooledPrior(structured, [], strength)).toEqual(structured);
  });

  it('no target outweighs the others; broken counts are left out', () => {
    const pooled = pooledPrior(structured, [part(1e9, 3), ...Array.from({ length: 9 }, () => part(100, 5)), part(Number.NaN, 7)], { ...strength, normal: 1e12 });
    const added = (symbol: number): number => pooled.emission[symbol * STATE_COUNT]! - structured.emission[symbol * STATE_COUNT]!;
    expect(added(3)).toBeLessThan(0.21 * 1e9);
    expect(added(5)).toBeCloseTo(900, 3);
    expect(pooled.emission.some(Number.isNaN)).toBe(false);
  });
});
