import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthProbabilities, HEALTHS, loadProbabilities, LOADS, maskOf, notNormalProbability, STATE_COUNT, STATE_NAMES, stateIndex, STATES, statesOf } from './states.ts';

const belief = fc.array(fc.double({ min: 1e-12, max: 1, noNaN: true }), { minLength: STATE_COUNT, maxLength: STATE_COUNT }).map((weights) => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float64Array.from(weights, (weight) => weight / sum);
});

describe('hidden states', () => {
  it('are nine, and their index leads back to them', () => {
    expect(STATE_NAMES).toEqual([
      'normal-low', 'normal-medium', 'normal-high', 'abnormal-low', 'abnormal-medium', 'abnormal-high', 'failed-low', 'failed-medium', 'failed-high',
    ]);
    STATES.forEach(({ health, load }, index) => expect(stateIndex(health, load)).toBe(index));
  });

  it('masks have a bit for each state of a health', () => {
    expect(maskOf('normal')).toBe(0b000_000_111);
    expect(maskOf('failed')).toBe(0b111_000_000);
    expect(maskOf('abnormal', 'failed')).toBe(0b111_111_000);
    expect(statesOf('abnormal', 'failed')).toEqual([false, false, false, true, true, true, true, true, true]);
  });
});

describe('probabilities of a belief', () => {
  it('add up the states of that name', () => {
    fc.assert(fc.property(belief, (one) => {
      const [health, load] = [healthProbabilities(one), loadProbabilities(one)];
      for (const name of HEALTHS) expect(health[name]).toBeCloseTo(LOADS.reduce((sum, other) => sum + one[stateIndex(name, other)]!, 0), 12);
      for (const name of LOADS) expect(load[name]).toBeCloseTo(HEALTHS.reduce((sum, other) => sum + one[stateIndex(other, name)]!, 0), 12);
      expect(notNormalProbability(one)).toBeCloseTo(health.abnormal + health.failed, 12);
      for (const value of [...Object.values(health), ...Object.values(load), notNormalProbability(one)]) expect(value >= 0 && value <= 1).toBe(true);
    }));
  });

  it('a tiny probability is not lost to rounding', () => {
    const one = new Float64Array(STATE_COUNT);
    one[stateIndex('normal', 'low')] = 1;
    one[stateIndex('failed', 'low')] = 1e-30;
    expect(notNormalProbability(one)).toBe(1e-30);
  });
});
