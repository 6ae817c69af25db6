import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestMove, train } from './baum-welch.ts';
import { enumerate } from './brute-force.ts';
import { addExpectations, createWorkspace, noExpectations } from './expectation.ts';
import type { Sequence } from './expectation.ts';
import { filterTick, startBelief } from './filter.ts';
import { expected, nextState, reachProbabilities, viterbiTick } from './forecast.ts';
import { emptyModel, MISSING, modelProblem, normalise } from './model.ts';
import type { Hmm } from './model.ts';
import { randomModel, randomNumbers } from './random-model.ts';

const FLOOR = 1e-6;
const small = fc.record({ seed: fc.nat(), states: fc.integer({ min: 1, max: 3 }), symbols: fc.integer({ min: 1, max: 4 }) }).chain((shape) =>
  fc.record({
    model: fc.constant(randomModel(shape.states, shape.symbols, randomNumbers(shape.seed), FLOOR)),
    symbols: fc.array(fc.integer({ min: MISSING, max: shape.symbols - 1 }), { minLength: 1, maxLength: 6 }),
  }));

function sequence(symbols: readonly number[], possible: readonly number[] | null = null): Sequence {
  return { symbols: Int16Array.from(symbols), possible: possible && Int32Array.from(possible) };
}

function expectations(model: Hmm, ...sequences: Sequence[]) {
  const sums = noExpectations(model);
  for (const one of sequences) addExpectations(model, one, sums, createWorkspace(model, one.symbols.length));
  return sums;
}

function close(actual: Iterable<number>, wanted: Iterable<number>): void {
  const [left, right] = [[...actual], [...wanted]];
  expect(left.length).toBe(right.length);
  left.forEach((value, n) => expect(value).toBeCloseTo(right[n]!, 9));
}

describe('against the sum over all paths', () => {
  it('expected counts and likelihood', () => {
    fc.assert(fc.property(small, ({ model, symbols }) => {
      const { states: N } = model;
      const truth = enumerate(model, symbols);
      const sums = expectations(model, sequence(symbols));
      expect(sums.logLikelihood).toBeCloseTo(Math.log(truth.probability), 9);
      close(sums.initial, truth.states[0]!);
      close(sums.transition, truth.transitions.flat());
      const emission = new Float64Array(model.symbols * N);
      symbols.forEach((symbol, t) => symbol !== MISSING && truth.states[t]!.forEach((value, i) => (emission[symbol * N + i]! += value)));
      close(sums.emission, emission);
    }));
  });

  it('the filter, tick by tick', () => {
    fc.assert(fc.property(small, ({ model, symbols }) => {
      const belief = startBelief(model);
      const scratch = new Float64Array(model.states);
      let logLikelihood = 0;
      symbols.forEach((symbol, t) => {
        logLikelihood += filterTick(model, belief, symbol, t === 0, scratch);
        const truth = enumerate(model, symbols.slice(0, t + 1));
        close(belief, truth.states[t]!);
        expect(logLikelihood).toBeCloseTo(Math.log(truth.probability), 9);
      });
    }));
  });

  it('the next state', () => {
    fc.assert(fc.property(small, ({ model, symbols }) => {
      const belief = startBelief(model);
      symbols.forEach((symbol, t) => filterTick(model, belief, symbol, t === 0, new Float64Array(model.states)));
      close(nextState(model, belief), enumerate(model, [...symbols, MISSING]).states.at(-1)!);
    }));
  });

  it('the best path to each state', () => {
    fc.assert(fc.property(small, ({ model, symbols }) => {
      const scores = startBelief(model);
      symbols.forEach((symbol, t) => viterbiTick(model, scores, symbol, t === 0, new Float64Array(model.states)));
      const { bestTo } = enumerate(model, symbols);
      const sum = bestTo.reduce((total, value) => total + value, 0);
      close(scores, bestTo.map((value) => value / sum));
    }));
  });

  it('the probability to enter a state within some ticks', () => {
    fc.assert(fc.property(small, fc.integer({ min: 0, max: 5 }), fc.nat(), ({ model }, ticks, bits) => {
      const targets = Array.from({ length: model.states }, (_, i) => (bits & (1 << i)) !== 0);
      const reach = reachProbabilities(model, targets, ticks);
      const missed = (state: number, left: number): number =>
        targets[state] ? 0 : left === 0 ? 1 : targets.reduce((sum, _, j) => sum + model.transition[state * model.states + j]! * missed(j, left - 1), 0);
      close(reach, targets.map((_, i) => 1 - missed(i, ticks)));
      const probability = expected(model.initial, reach);
      expect(probability >= 0 && probability <= 1 + 1e-9).toBe(true);
    }));
  });
});

describe('what is known of the hidden state', () => {
  it('leaves only the paths through possible states', () => {
    const model = randomModel(3, 4, randomNumbers(7), FLOOR);
    const symbols = [0, 3, MISSING, 2, 1];
    const sums = expectations(model, sequence(symbols, [0, 0b010, 0, 0b101, 0]));
    // The same by a model of time-dependent emissions: a symbol of its own for each tick.
    const [N, T] = [3, symbols.length];
    const emission = new Float64Array(T * N);
    symbols.forEach((symbol, t) => {
      for (let i = 0; i < N; i++) {
        const allowed = t === 1 ? i === 1 : t === 3 ? i !== 1 : true;
        emission[t * N + i] = allowed ? (symbol === MISSING ? 1 : model.emission[symbol * N + i]!) : 0;
      }
    });
    const truth = enumerate({ ...model, symbols: T, emission }, [0, 1, 2, 3, 4]);
    expect(sums.logLikelihood).toBeCloseTo(Math.log(truth.probability), 9);
    close(sums.transition, truth.transitions.flat());
    close(sums.initial, truth.states[0]!);
  });

  it('an impossible sequence adds nothing but its likelihood', () => {
    const model = emptyModel(2, 2);
    model.initial.set([1, 0]);
    model.transition.set([1, 0, 0, 1]);
    model.emission.set([1, 0, 0, 1]);
    const sums = expectations(model, sequence([0, 1]));
    expect(sums.logLikelihood).toBe(-Infinity);
    expect([...sums.initial, ...sums.transition, ...sums.emission].every((value) => value === 0)).toBe(true);
  });
});

describe('training', () => {
  const options = { prior: null, floor: 0, tolerance: 1e-6, maxIterations: 500 };

  it('never makes the observations less likely, and leaves a model', () => {
    fc.assert(fc.property(small, ({ model, symbols }) => {
      const likelihoods: number[] = [];
      const { model: trained } = train(model, [sequence(symbols)], { ...options, maxIterations: 20, onIteration: (_, value) => void likelihoods.push(value) });
      likelihoods.slice(1).forEach((value, n) => expect(value).toBeGreaterThanOrEqual(likelihoods[n]! - 1e-9));
      expect(modelProblem(trained)).toBeNull();
    }));
  });

  it('finds the model that made the data again', () => {
    const truth = emptyModel(2, 3);
    truth.initial.set([0.5, 0.5]);
    truth.transition.set([0.95, 0.05, 0.1, 0.9]);
    truth.emission.set([0.8, 0.1, 0.15, 0.2, 0.05, 0.7]);
    const random = randomNumbers(42);
    const sequences = Array.from({ length: 20 }, () => sequence(sample(truth, 2000, random)));
    const start = emptyModel(2, 3);
    start.initial.set([0.5, 0.5]);
    start.transition.set([0.7, 0.3, 0.3, 0.7]);
    start.emission.set([0.5, 0.2, 0.3, 0.3, 0.2, 0.5]);
    const { model, converged } = train(start, sequences, { ...options, tolerance: 1e-4 });
    expect(converged).toBe(true);
    truth.transition.forEach((value, n) => expect(Math.abs(model.transition[n]! - value)).toBeLessThan(0.02));
    truth.emission.forEach((value, n) => expect(Math.abs(model.emission[n]! - value)).toBeLessThan(0.02));
  });

  it('a state that nothing visits keeps its rows: no zero rows, no NaN', () => {
    const model = randomModel(3, 2, randomNumbers(3), FLOOR);
    model.initial.set([1, 0, 0]);
    model.transition.set([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const { model: trained } = train(model, [sequence([0, 1, 1, 0])], options);
    expect(modelProblem(trained)).toBeNull();
    expect(trained.emission[1]).toBeCloseTo(model.emission[1]!, 6);
  });

  it('a prior holds what little data would overthrow', () => {
    const model = randomModel(2, 2, randomNumbers(5), FLOOR);
    const prior = { initial: Float64Array.of(1e6, 1e6), transition: Float64Array.of(9e6, 1e6, 1e6, 9e6), emission: Float64Array.of(9e6, 1e6, 1e6, 9e6) };
    const { model: trained } = train(model, [sequence([1, 1, 1, 1])], { ...options, prior });
    close(trained.emission.map((value) => Math.round(value * 1000) / 1000), [0.9, 0.1, 0.1, 0.9]);
  });

  it('empty sequences and sequences of nothing but gaps change no emission', () => {
    const model = randomModel(2, 3, randomNumbers(9), FLOOR);
    const { model: trained, converged } = train(model, [sequence([]), sequence([MISSING, MISSING])], options);
    expect(converged).toBe(true);
    close(trained.emission, model.emission);
    expect(modelProblem(trained)).toBeNull();
  });

  it('the movement of a probability is told as a share of it', () => {
    const [before, after] = [emptyModel(1, 2), emptyModel(1, 2)];
    before.emission.set([0.5, 0.5]);
    after.emission.set([0.55, 0.45]);
    expect(largestMove(before, after)).toBeCloseTo(0.05 / 0.5, 9);
  });
});

describe('tables', () => {
  it('normalising makes distributions of anything', () => {
    fc.assert(fc.property(fc.array(fc.double(), { minLength: 2 + 4 + 6, maxLength: 12 }), (values) => {
      const model = emptyModel(2, 3);
      model.initial.set(values.slice(0, 2));
      model.transition.set(values.slice(2, 6));
      model.emission.set(values.slice(6));
      normalise(model, 1e-4);
      expect(modelProblem(model)).toBeNull();
      expect(Math.min(...model.initial, ...model.transition, ...model.emission)).toBeGreaterThanOrEqual(1e-4 - 1e-12);
    }));
  });

  it('a problem is named', () => {
    const model = randomModel(2, 2, randomNumbers(1), FLOOR);
    expect(modelProblem({ ...model, initial: Float64Array.of(1) })).toMatch(/initial has 1 entries, expected 2/);
    expect(modelProblem({ ...model, transition: Float64Array.of(1, 0, Number.NaN, 1) })).toMatch(/transition\[2\] is NaN/);
    expect(modelProblem({ ...model, emission: Float64Array.of(0.5, 0.5, 0.4, 0.5) })).toMatch(/emission of state 0/);
    expect(() => emptyModel(0, 2)).toThrow(/states: expected a whole number from 1/);
    expect(() => emptyModel(2, 1e9)).toThrow(/symbols/);
  });

  it('an observation that is impossible tells nothing', () => {
    const model = emptyModel(2, 2);
    model.initial.set([1, 0]);
    model.transition.set([0.5, 0.5, 0.5, 0.5]);
    model.emission.set([1, 1, 0, 0]);
    const belief = startBelief(model);
    expect(filterTick(model, belief, 0, true, new Float64Array(2))).toBe(0);
    expect(filterTick(model, belief, 1, false, new Float64Array(2))).toBe(-Infinity);
    close(belief, [0.5, 0.5]);
  });
});

function sample({ states: N, symbols: M, initial, transition, emission }: Hmm, length: number, random: () => number): number[] {
  const draw = (count: number, weight: (n: number) => number): number => {
    let left = random();
    for (let n = 0; n < count; n++) if ((left -= weight(n)) < 0) return n;
    return count - 1;
  };
  let state = draw(N, (i) => initial[i]!);
  return Array.from({ length }, () => {
    const symbol = draw(M, (k) => emission[k * N + state]!);
    state = draw(N, (j) => transition[state * N + j]!);
    return symbol;
  });
}
