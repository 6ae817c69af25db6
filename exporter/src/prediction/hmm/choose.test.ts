import { describe, expect, it } from 'vitest';
import { chooseModel, perTick } from './choose.ts';
import type { Sequence } from './expectation.ts';
import { emptyModel, MISSING } from './model.ts';
import type { Hmm } from './model.ts';

/** One state that emits symbol 0 with this probability. */
function coin(probability: number): Hmm {
  const model = emptyModel(1, 2);
  model.initial[0] = model.transition[0] = 1;
  model.emission.set([probability, 1 - probability]);
  return model;
}

const data = (...symbols: number[]): Sequence => ({ symbols: Int16Array.from(symbols), possible: null });
const HELD_BACK = [data(0, 0, 1), data(0)];

describe('a new model', () => {
  it('takes the place of one that explains held-back data no better', () => {
    expect(chooseModel(coin(0.5), coin(0.7), HELD_BACK)).toMatchObject({ kept: 'next', reason: expect.stringMatching(/not worse/) });
    expect(chooseModel(coin(0.7), coin(0.7), HELD_BACK).kept).toBe('next');
    expect(chooseModel(coin(0.7), coin(0.5), HELD_BACK)).toMatchObject({ kept: 'last', reason: expect.stringMatching(/worse on held-back data \(-0\.6931 to -0\.5\d+ per tick\)/) });
    expect(chooseModel(coin(0.7), coin(0.5), HELD_BACK, 1).kept).toBe('next');
  });

  it('is the first one, or of another shape', () => {
    expect(chooseModel(null, coin(0.5), HELD_BACK)).toMatchObject({ kept: 'next', lastPerTick: null, nextPerTick: expect.closeTo(Math.log(0.5), 12) });
    expect(chooseModel(emptyModel(1, 3), coin(0.5), HELD_BACK).kept).toBe('next');
  });

  it('does not take its place where it cannot be compared, is broken, or makes what happened impossible', () => {
    expect(chooseModel(coin(0.5), coin(0.7), [])).toMatchObject({ kept: 'last', reason: expect.stringMatching(/held back/) });
    expect(chooseModel(coin(0.5), coin(0), HELD_BACK)).toMatchObject({ kept: 'last', nextPerTick: -Infinity });
    expect(chooseModel(coin(0.5), coin(Number.NaN), HELD_BACK)).toMatchObject({ kept: 'last', nextPerTick: null });
    expect(chooseModel(null, coin(Number.NaN), HELD_BACK).kept).toBe('last');
  });
});

it('the likelihood per tick', () => {
  expect(perTick(coin(0.25), [data(0, 1), data(MISSING, MISSING)])).toBeCloseTo((Math.log(0.25) + Math.log(0.75)) / 4, 12);
  expect(perTick(coin(0.25), [data()])).toBeNull();
});
