import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enumerate } from './brute-force.ts';
import { filterPartialTick, filterTick, startBelief } from './filter.ts';
import { emptyModel, MISSING } from './model.ts';
import type { Hmm } from './model.ts';
import { randomModel, randomNumbers } from './random-model.ts';

const SYMBOLS = 4;

/** The model with one symbol more for each set of symbols, as probable as those together. */
function withSets(model: Hmm): Hmm {
  const { states: N } = model;
  const emission = new Float64Array(2 ** SYMBOLS * N);
  for (let bits = 0; bits < 2 ** SYMBOLS; bits++) for (const k of members(bits)) for (let j = 0; j < N; j++) emission[bits * N + j]! += model.emission[k * N + j]!;
  return { ...model, symbols: 2 ** SYMBOLS, emission };
}

function members(bits: number): Uint8Array {
  return Uint8Array.from([0, 1, 2, 3].filter((k) => bits & (1 << k)));
}

describe('a partial observation', () => {
  it('agrees with the sum over all paths and over all symbols that it can have been', () => {
    const sets = fc.array(fc.integer({ min: 1, max: 2 ** SYMBOLS - 1 }), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 3 }), sets, (seed, states, seen) => {
      const model = randomModel(states, SYMBOLS, randomNumbers(seed), 1e-6);
      const belief = startBelief(model);
      let logLikelihood = 0;
      seen.forEach((bits, t) => (logLikelihood += filterPartialTick(model, belief, members(bits), t === 0, new Float64Array(states))));
      const truth = enumerate(withSets(model), seen);
      belief.forEach((value, j) => expect(value).toBeCloseTo(truth.states.at(-1)![j]!, 9));
      expect(logLikelihood).toBeCloseTo(Math.log(truth.probability), 9);
    }));
  });

  it('of one symbol is that symbol, of all symbols is MISSING', () => {
    const model = randomModel(3, SYMBOLS, randomNumbers(2), 1e-6);
    for (const [code, compatible] of [[2, [2]], [MISSING, [0, 1, 2, 3]]] as const) {
      const [belief, other] = [startBelief(model), startBelief(model)];
      for (const first of [true, false]) {
        const whole = filterTick(model, belief, code, first, new Float64Array(3));
        expect(filterPartialTick(model, other, Uint8Array.from(compatible), first, new Float64Array(3))).toBeCloseTo(whole, 12);
        other.forEach((value, j) => expect(value).toBeCloseTo(belief[j]!, 12));
      }
    }
  });

  it('that is impossible tells nothing', () => {
    const model = emptyModel(2, 3);
    model.initial.set([1, 0]);
    model.transition.set([0.5, 0.5, 0.5, 0.5]);
    model.emission.set([1, 1, 0, 0, 0, 0]);
    const belief = startBelief(model);
    filterTick(model, belief, 0, true, new Float64Array(2));
    expect(filterPartialTick(model, belief, Uint8Array.of(1, 2), false, new Float64Array(2))).toBe(-Infinity);
    expect([...belief]).toEqual([0.5, 0.5]);
    expect(filterPartialTick(model, belief, new Uint8Array(0), false, new Float64Array(2))).toBe(-Infinity);
  });
});
