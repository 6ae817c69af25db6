import { describe, expect, it } from 'vitest';
import { defaultLimits, prove } from './proof.ts';
import { leakyTrace, madeTrace } from './testing.ts';

describe('the proof', () => {
  it('judges on the test traces alone what the training traces taught', () => {
    const training = [1, 2, 3, 4].flatMap((seed) => [leakyTrace(seed, 420), madeTrace({ kind: 'idle', seed, ticks: 300 })]);
    const test = [5000, 5001].flatMap((seed) => [leakyTrace(seed, 420), madeTrace({ kind: 'idle', seed, ticks: 300 })]);
    const { training: practice, test: figures, staticThresholds, gaussian, untrained, brier } = prove(training, test);
    expect(practice).toMatchObject({ events: 4, recall: 1, falseAlarms: 0 });
    for (const one of [figures, untrained, staticThresholds.test, gaussian.test]) expect(one.events).toBe(2);
    expect(figures).toMatchObject({ recall: 1, falseAlarms: 0 });
    expect(staticThresholds.chosen.figures.falseAlarms).toBe(0);
    expect(gaussian.chosen.figures.falseAlarms).toBe(0);
    expect(brier.map(({ horizonSeconds }) => horizonSeconds)).toEqual([60, 300]);
    for (const { brier: { score, ticks } } of brier) expect([ticks, score! > 0 && score! < 1]).toEqual([1400, true]);
  });
  it('works with no traces at all, and then knows nothing', () => {
    expect(prove([], []).test).toMatchObject({ recall: null, falseAlarmsPerDay: null, falseAlarmsPerDayUpper: null });
  });
  it('has the limits of the configuration', () => {
    expect(defaultLimits()).toEqual({ raiseAbove: expect.any(Number), clearBelow: expect.any(Number), raiseForSeconds: expect.any(Number), clearForSeconds: expect.any(Number) });
  });
});
