import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addExpectations, createWorkspace, logLikelihoodOf, noExpectations } from './expectation.ts';
import type { Sequence } from './expectation.ts';
import { MISSING } from './model.ts';
import type { Hmm } from './model.ts';
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

describe('a sequence longer than one block of working memory', () => {
  it.each([1, 2, 63, 64, 65, 127, 128, 129, 200])('of %i ticks counts as by the formulas', (length) => {
    for (const states of [1, 2, 3, 4, 9]) {
      const random = randomNumbers(length * 10 + states);
      const model = randomModel(states, M, random, 1e-6);
      const symbols = Int16Array.from({ length }, () => Math.floor(random() * (M + 1)) - 1);
      const possible = Int32Array.from({ length }, () => (random() < 0.2 ? 1 + Math.floor(random() * (2 ** states - 1)) : 0));
      const sums = noExpectations(model);
      // A workspace that another, longer sequence has used.
      const work = createWorkspace(model, 300);
      addExpectations(model, { symbols: new Int16Array(300), possible: null }, noExpectations(model), work);
      addExpectations(model, { symbols, possible }, sums, work);
      const wanted = byFormulas(model, symbols, possible);
      for (const table of ['initial', 'transition', 'emission'] as const) sums[table].forEach((value, n) => expect(value).toBeCloseTo(wanted[table][n]!, 9));
      expect(sums.logLikelihood).toBeCloseTo(wanted.logLikelihood, 9);
    }
  });

  /** gamma and xi of the HMM paper, section 2.4, as written there but for the scales. */
  function byFormulas({ states: N, initial, transition, emission }: Hmm, symbols: Int16Array, possible: Int32Array) {
    const T = symbols.length;
    const all = Array.from({ length: N }, (_, i) => i);
    const b = (j: number, t: number): number => (possible[t] !== 0 && (possible[t]! & (1 << j)) === 0 ? 0 : symbols[t] === MISSING ? 1 : emission[symbols[t]! * N + j]!);
    const [alpha, beta, scales]: [number[][], number[][], number[]] = [[], [], []];
    for (let t = 0; t < T; t++) {
      const row = all.map((j) => b(j, t) * (t === 0 ? initial[j]! : all.reduce((sum, i) => sum + alpha[t - 1]![i]! * transition[i * N + j]!, 0)));
      scales[t] = row.reduce((sum, value) => sum + value, 0);
      alpha[t] = row.map((value) => value / scales[t]!);
    }
    for (let t = T - 1; t >= 0; t--) {
      beta[t] = all.map((i) => (t === T - 1 ? 1 : all.reduce((sum, j) => sum + (transition[i * N + j]! * b(j, t + 1) * beta[t + 1]![j]!) / scales[t + 1]!, 0)));
    }
    const result = { initial: new Float64Array(N), transition: new Float64Array(N * N), emission: new Float64Array(M * N), logLikelihood: scales.reduce((sum, scale) => sum + Math.log(scale), 0) };
    for (let t = 0; t < T; t++) {
      for (const i of all) {
        const gamma = alpha[t]![i]! * beta[t]![i]!;
        if (t === 0) result.initial[i] = gamma;
        if (symbols[t] !== MISSING) result.emission[symbols[t]! * N + i]! += gamma;
        if (t + 1 < T) for (const j of all) result.transition[i * N + j]! += (alpha[t]![i]! * transition[i * N + j]! * b(j, t + 1) * beta[t + 1]![j]!) / scales[t + 1]!;
      }
    }
    return result;
  }
});

it('nothing is as likely as nothing', () => {
  const model = randomModel(2, M, randomNumbers(1), 1e-6);
  expect(logLikelihoodOf(model, { symbols: new Int16Array(), possible: null }, createWorkspace(model, 1))).toBe(0);
  expect(logLikelihoodOf(model, { symbols: Int16Array.of(MISSING, MISSING), possible: null }, createWorkspace(model, 2))).toBeCloseTo(0, 12);
});
