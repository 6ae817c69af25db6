import { describe, expect, it } from 'vitest';
import { DEFAULT_PREDICTOR, forecasterFor } from '../../../../exporter/src/prediction/predictor.ts';
import { structuredModel } from '../../../../exporter/src/prediction/prior.ts';
import { randomNumbers } from '../../../../exporter/src/prediction/hmm/random-model.ts';
import { forEachSignal } from '../../../../exporter/src/prediction/observation/signals.ts';
import { replay } from '../replay.ts';
import type { ReplayedTick } from '../replay.ts';
import { leakyTrace, madeTrace } from '../testing.ts';
import { STATIC_RATIO, usedShares } from './static-thresholds.ts';
import { largestDeviation } from './windowed-gaussian.ts';

const FORECASTER = forecasterFor(structuredModel(5), DEFAULT_PREDICTOR);
const SETTINGS = { windowTicks: 100, leastTicks: 50, scale: 'raw', leastDeviation: 1e-6 } as const;

/** Ticks of which only the processor is known. */
function ticksOf(cpu: readonly (number | null)[]): ReplayedTick[] {
  return cpu.map((cpuRatio, t) => ({
    atMs: t * 5000, probability: new Float64Array(1), belief: new Float64Array(9), code: 0, coldStart: false, missing: [],
    values: { ...forEachSignal(() => null), cpuRatio },
  }));
}

describe('static thresholds', () => {
  it('see a leak when memory is nearly full, and not before', () => {
    const { score } = usedShares(replay(leakyTrace(1), DEFAULT_PREDICTOR, FORECASTER));
    expect(Math.max(...score.slice(70, 300))).toBeLessThan(0.5);
    const first = score.findIndex((value) => value >= STATIC_RATIO);
    expect(first).toBeGreaterThan(340);
    expect(first).toBeLessThan(362);
  });
  it('know nothing of an operation', () => {
    const trace = madeTrace({ kind: 'reboot', seed: 1, ticks: 220, labels: [[200, 'operation-start'], [204, 'operation-end']] });
    const { score } = usedShares(replay(trace, DEFAULT_PREDICTOR, FORECASTER));
    expect([...score.slice(201, 205)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe('the windowed Gaussian', () => {
  it('measures in the standard deviations of the window, without the value itself', () => {
    const random = randomNumbers(3);
    const values = Array.from({ length: 150 }, () => 0.2 + 0.1 * random());
    const { score } = largestDeviation(ticksOf([...values, 0.9]), SETTINGS);
    const window = values.slice(50);
    const mean = window.reduce((sum, value) => sum + value, 0) / 100;
    const deviation = Math.sqrt(window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 100);
    expect(score[150]).toBeCloseTo((0.9 - mean) / deviation, 6);
    expect(score[49]).toBeNaN();
    expect(score[50]).toBeGreaterThan(0);
  });
  it('takes a constant for as wide as it was told to', () => {
    const { score } = largestDeviation(ticksOf([...Array<number>(60).fill(0.5), 0.6]), { ...SETTINGS, leastDeviation: 0.05 });
    expect(score[60]).toBeCloseTo(2, 9);
  });
  it('passes over what is not said', () => {
    const { score } = largestDeviation(ticksOf([...Array<number>(60).fill(0.5), null, 0.5]), SETTINGS);
    expect(score[60]).toBeNaN();
    expect(score[61]).toBe(0);
  });
});
