import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addExpectations, createWorkspace, logLikelihoodOf, noExpectations } from './expectation.ts';
import type { Sequence } from './expectation.ts';
import { MISSING } from './model.ts';
import { randomModel, randomNumbers } from './random-model.ts';

const M = 4;

describe('an observation of which only a part is known', () => {
  const sets = fc.array(fc.uniqueArray(fc.nat({ max: M - 1 }), { minLength: 1, maxLength: M }), { minLength: 1, maxLength: 3 });
  const cases = fc.record({ seed: fc.nat(), sets, picks: fc.array(fc.integer({ min: MISSING, max: M + 2 }), { minLength: 1, maxLength: 5 }) });

  it('counts as each of its symbols, by their probabilities', () => {
    fc.assert(fc.property(cases, ({ seed, sets, picks }) => {
      const model = randomModel(3, M, randomNumbers(seed), 1e-6);
      const symbols = picks.map((pick) => (pick < M ? pick : M + ((pick - M) % sets.length)));
      const sums = noExpectations(model);
      const sequence: Sequence = { symbols: Int16Array.from(symbols), possible: null, sets: sets.map((set) => Uint8Array.from(set)) };
      addExpectations(model, sequence, sums, createWorkspace(model, symbols.length));
      // The same by going through all that it can have been, each weighted by its probability.
      const wanted = noExpectations(model);
      let probability = 0;
      for (const whole of completions(symbols, sets)) {
        const one = noExpectations(model);
        addExpectations(model, { symbols: Int16Array.from(whole), possible: null }, one, createWorkspace(model, whole.length));
        const weight = Math.exp(one.logLikelihood);
        probability += weight;
        for (const table of ['initial', 'transition', 'emission'] as const) one[table].forEach((value, n) => (wanted[table][n]! += weight * value));
      }
      expect(sums.logLikelihood).toBeCloseTo(Math.log(probability), 9);
      expect(logLikelihoodOf(model, sequence, createWorkspace(model, symbols.length))).toBe(sums.logLikelihood);
      for (const table of ['initial', 'transition', 'emission'] as const) sums[table].forEach((value, n) => expect(value).toBeCloseTo(wanted[table][n]! / probability, 9));
    }));
  });

  function completions(symbols: readonly number[], sets: readonly (readonly number[])[]): number[][] {
    return symbols.reduce<number[][]>((all, symbol) => all.flatMap((start) => (symbol < M ? [symbol] : sets[symbol - M]!).map((one) => [...start, one])), [[]]);
  }
});

it('nothing is as likely as nothing', () => {
  const model = randomModel(2, M, randomNumbers(1), 1e-6);
  expect(logLikelihoodOf(model, { symbols: new Int16Array(), possible: null }, createWorkspace(model, 1))).toBe(0);
  expect(logLikelihoodOf(model, { symbols: Int16Array.of(MISSING, MISSING), possible: null }, createWorkspace(model, 2))).toBeCloseTo(0, 12);
});
