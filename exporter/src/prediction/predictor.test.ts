import { describe, expect, it } from 'vitest';
import { structuredModel } from './prior.ts';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor, predictDomain, useModel } from './predictor.ts';
import { simulatedReadings } from './testing/simulated-readings.ts';
import { notNormalProbability } from './states.ts';

const SETTINGS = DEFAULT_PREDICTOR;
const FORECASTER = forecasterFor(structuredModel(SETTINGS.parameters.intervalSeconds), SETTINGS);

describe('a predictor', () => {
  it('stays low while its target is healthy', () => {
    const predictor = createPredictor(SETTINGS, FORECASTER);
    const last = simulatedReadings({ ticks: 720 }).map((reading) => predictDomain(predictor, reading, false)).at(-1)!;
    expect(last.observation.coldStart).toBe(false);
    for (const probability of last.failureProbability) expect(probability).toBeLessThan(0.1);
    expect(last.failureProbability[0]).toBeLessThanOrEqual(last.failureProbability[1]!);
  });

  it('rises with a leak, and begins anew when the target was started again', () => {
    const predictor = createPredictor(SETTINGS, FORECASTER);
    const readings = simulatedReadings({ ticks: 900, leakFromTick: 700 });
    const highest = Math.max(...readings.map((reading) => predictDomain(predictor, reading, false).failureProbability[0]!));
    expect(highest).toBeGreaterThan(0.5);
    const [reading] = simulatedReadings({ ticks: 1, startMs: readings.at(-1)!.atMs + 5000 });
    const restarted = predictDomain(predictor, reading!, false);
    expect(restarted.observation.rates.interruption).toBe('restart');
    expect(notNormalProbability(restarted.belief)).toBeLessThan(0.05);
  });

  it('forgets in a silence what it believed', () => {
    const predictor = createPredictor(SETTINGS, FORECASTER);
    const readings = simulatedReadings({ ticks: 900, leakFromTick: 700 });
    const before = readings.map((reading) => predictDomain(predictor, reading, false).failureProbability[0]!).at(-1)!;
    const late = { ...readings.at(-1)!, atMs: readings.at(-1)!.atMs + 3_600_000 };
    const after = predictDomain(predictor, late, false);
    expect(after.observation.rates.interruption).toBe('gap');
    expect(after.failureProbability[0]).not.toBeCloseTo(before, 3);
  });

  it('keeps its belief with another model', () => {
    const predictor = createPredictor(SETTINGS, FORECASTER);
    for (const reading of simulatedReadings({ ticks: 300 })) predictDomain(predictor, reading, false);
    const belief = predictor.standing.belief.slice();
    useModel(predictor, forecasterFor(structuredModel(5), { ...SETTINGS, form: 'viterbi' }));
    expect(predictor.standing.belief).toEqual(belief);
  });

  it('refuses a horizon that is none', () => {
    expect(() => forecasterFor(structuredModel(5), { ...SETTINGS, horizonSeconds: [0] })).toThrow(RangeError);
  });
});
