import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enumerate } from './brute-force.ts';
import { createForecaster, forecastTick, newStanding } from './forecaster.ts';
import { MISSING } from './model.ts';
import { randomModel, randomNumbers } from './random-model.ts';

const cases = fc.record({ seed: fc.nat(), symbols: fc.array(fc.integer({ min: MISSING, max: 3 }), { minLength: 1, maxLength: 4 }) });
const TARGETS = [false, false, true];

describe('forecast tick by tick', () => {
  it('is the share of all paths that come by a target state within the horizon', () => {
    fc.assert(fc.property(cases, ({ seed, symbols }) => {
      const model = randomModel(3, 4, randomNumbers(seed), 1e-6);
      const forecaster = createForecaster(model, TARGETS, [0, 1, 2]);
      const [standing, probabilities] = [newStanding(forecaster), new Float64Array(3)];
      for (const symbol of symbols) forecastTick(forecaster, standing, symbol, probabilities);
      const now = enumerate(model, symbols).states.at(-1)!;
      const missed = (state: number, left: number): number =>
        TARGETS[state] ? 0 : left === 0 ? 1 : TARGETS.reduce((sum, _, j) => sum + model.transition[state * 3 + j]! * missed(j, left - 1), 0);
      [0, 1, 2].forEach((ticks) => expect(probabilities[ticks]).toBeCloseTo(now.reduce((sum, value, i) => sum + value * (1 - missed(i, ticks)), 0), 9));
    }));
  });

  it('in the viterbi form goes by the best path to each state', () => {
    const model = randomModel(3, 4, randomNumbers(4), 1e-6);
    const forecaster = createForecaster(model, TARGETS, [0], 'viterbi');
    const [standing, probabilities] = [newStanding(forecaster), new Float64Array(1)];
    for (const symbol of [1, 0, 3]) forecastTick(forecaster, standing, symbol, probabilities);
    const { bestTo } = enumerate(model, [1, 0, 3]);
    expect(probabilities[0]).toBeCloseTo(bestTo[2]! / bestTo.reduce((sum, value) => sum + value, 0), 9);
  });

  it.each(['filter', 'viterbi'] as const)('in the %s form a partial observation of one symbol is that symbol, of all symbols is none', (form) => {
    const forecaster = createForecaster(randomModel(3, 4, randomNumbers(6), 1e-6), TARGETS, [2], form);
    const run = (observed: readonly (number | Uint8Array)[]): number => {
      const [standing, into] = [newStanding(forecaster), new Float64Array(1)];
      for (const one of observed) forecastTick(forecaster, standing, one, into);
      return into[0]!;
    };
    expect(run([Uint8Array.of(2), 1, Uint8Array.of(0, 1, 2, 3)])).toBeCloseTo(run([2, 1, MISSING]), 12);
    expect(run([2, Uint8Array.of(0, 1)])).not.toBeCloseTo(run([2, MISSING]), 3);
  });

  it('targets of one forecaster do not disturb each other', () => {
    const forecaster = createForecaster(randomModel(3, 4, randomNumbers(5), 1e-6), TARGETS, [3]);
    const run = (symbols: readonly number[], others: readonly number[]): number => {
      const [standing, other, into] = [newStanding(forecaster), newStanding(forecaster), new Float64Array(1)];
      for (const [t, symbol] of symbols.entries()) {
        if (others[t] !== undefined) forecastTick(forecaster, other, others[t], new Float64Array(1));
        forecastTick(forecaster, standing, symbol, into);
      }
      return into[0]!;
    };
    expect(run([0, 1, 2], [3, 3, 0])).toBe(run([0, 1, 2], []));
  });
});
