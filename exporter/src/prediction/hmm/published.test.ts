/** Against examples worked out by others: their numbers, to the digits that they printed. */
import { describe, expect, it } from 'vitest';
import { maximised } from './baum-welch.ts';
import { addExpectations, createWorkspace, noExpectations } from './expectation.ts';
import { filterTick, startBelief } from './filter.ts';
import { nextState, viterbiTick } from './forecast.ts';
import { emptyModel } from './model.ts';
import type { Hmm } from './model.ts';

/** `emission`: state by state, as books print it. */
function model(initial: number[], transition: number[][], emission: number[][]): Hmm {
  const result = emptyModel(initial.length, emission[0]!.length);
  result.initial.set(initial);
  result.transition.set(transition.flat());
  emission.forEach((row, state) => row.forEach((value, symbol) => (result.emission[symbol * initial.length + state] = value)));
  return result;
}

function expectations(one: Hmm, symbols: readonly number[]) {
  const sums = noExpectations(one);
  addExpectations(one, { symbols: Int16Array.from(symbols), possible: null }, sums, createWorkspace(one, symbols.length));
  return sums;
}

/** Jurafsky and Martin, Speech and Language Processing, 3rd edition draft, appendix A: hot and cold days by ice creams eaten. */
describe('ice creams 3, 1', () => {
  const iceCream = model([0.8, 0.2], [[0.6, 0.4], [0.5, 0.5]], [[0.2, 0.4, 0.4], [0.5, 0.4, 0.1]]);
  const [three, one] = [2, 0];

  it('forward: 0.32 and 0.02, then 0.0404 and 0.069', () => {
    const [belief, scratch] = [startBelief(iceCream), new Float64Array(2)];
    expect(Math.exp(filterTick(iceCream, belief, three, true, scratch))).toBeCloseTo(0.34, 12);
    expect(belief[0]).toBeCloseTo(0.32 / 0.34, 12);
    filterTick(iceCream, belief, one, false, scratch);
    expect(belief[0]).toBeCloseTo(0.0404 / (0.0404 + 0.069), 12);
    expect(Math.exp(expectations(iceCream, [three, one]).logLikelihood)).toBeCloseTo(0.0404 + 0.069, 12);
  });

  it('viterbi: 0.0384 and 0.064', () => {
    const [scores, scratch] = [startBelief(iceCream), new Float64Array(2)];
    viterbiTick(iceCream, scores, three, true, scratch);
    viterbiTick(iceCream, scores, one, false, scratch);
    expect(scores[0]).toBeCloseTo(0.0384 / (0.0384 + 0.064), 12);
  });
});

/** Russell and Norvig, Artificial Intelligence, chapter on probabilistic reasoning over time: rain by umbrellas. */
describe('umbrellas', () => {
  const umbrellas = model([0.5, 0.5], [[0.7, 0.3], [0.3, 0.7]], [[0.9, 0.1], [0.2, 0.8]]);
  const [yes, no] = [0, 1];

  it('filter: 0.818, 0.883, then without one 0.191, 0.731, 0.867', () => {
    const [belief, scratch] = [startBelief(umbrellas), new Float64Array(2)];
    const rain = [yes, yes, no, yes, yes].map((seen, day) => {
      filterTick(umbrellas, belief, seen, day === 0, scratch);
      return belief[0]!;
    });
    [0.8182, 0.8834, 0.1907, 0.7308, 0.8673].forEach((value, day) => expect(rain[day]).toBeCloseTo(value, 4));
  });

  it('the second day ahead: 0.627; smoothed: 0.883 on the first of two days', () => {
    const belief = startBelief(umbrellas);
    filterTick(umbrellas, belief, yes, true, new Float64Array(2));
    expect(nextState(umbrellas, belief)[0]).toBeCloseTo(0.627, 3);
    expect(expectations(umbrellas, [yes, yes]).initial[0]).toBeCloseTo(0.883, 3);
  });
});

/**
 * Stamp, A revealing introduction to hidden Markov models: hot and cold years by small, medium and large tree rings. Added up there from
 * paths whose probabilities, 1e-5 to 3e-3, were rounded to 1e-6: three digits are certain. `hmm.test.ts` adds up the same paths unrounded.
 */
describe('tree rings small, medium, small, large', () => {
  const rings = model([0.6, 0.4], [[0.7, 0.3], [0.4, 0.6]], [[0.1, 0.4, 0.5], [0.7, 0.2, 0.1]]);
  const seen = [0, 1, 0, 2];
  /** P(hot) and P(cold) in each year. */
  const HOT = [0.188182, 0.519576, 0.228788, 0.804029];
  const COLD = [0.811818, 0.480424, 0.771212, 0.195971];

  it('expectation: the probability of each year', () => {
    const sums = expectations(rings, seen);
    const wanted = [HOT[0]! + HOT[2]!, COLD[0]! + COLD[2]!, HOT[1]!, COLD[1]!, HOT[3]!, COLD[3]!];
    wanted.forEach((value, n) => expect(sums.emission[n]).toBeCloseTo(value, 3));
    expect(sums.initial[0]).toBeCloseTo(HOT[0]!, 3);
    expect(Math.exp(sums.logLikelihood)).toBeCloseTo(0.00963, 5);
  });

  it('one step of Baum-Welch: the emissions are those years as shares', () => {
    const next = maximised(rings, expectations(rings, seen), { prior: null, floor: 0 });
    const total = (years: readonly number[]): number => years.reduce((sum, year) => sum + year, 0);
    [[HOT[0]! + HOT[2]!, HOT[1]!, HOT[3]!, HOT], [COLD[0]! + COLD[2]!, COLD[1]!, COLD[3]!, COLD]].forEach(([small, medium, large, years], state) => {
      [small, medium, large].forEach((value, symbol) => expect(next.emission[symbol * 2 + state]).toBeCloseTo((value as number) / total(years as number[]), 3));
    });
    expect(next.initial[0]).toBeCloseTo(HOT[0]!, 3);
  });
});
