import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MISSING } from '../hmm/model.ts';
import { randomNumbers } from '../hmm/random-model.ts';
import { structuredModel } from '../prior.ts';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor, predictDomain, predictValues } from '../predictor.ts';
import { simulatedReadings } from '../testing/simulated-readings.ts';
import { createObserver, observe, observeValues } from './observer.ts';
import type { Circumstances, MeasuredValues } from './observer.ts';
import { SIGNALS } from './signals.ts';
import { dailyPattern, freshReading, readingAfter } from './simulated-domain.ts';

const NORMAL: Circumstances = { frozen: false, ownOperation: false };
const START_MS = 1_700_000_000_000;

function measured(tick: number, cpuRatio = 0.3): MeasuredValues {
  return { atMs: START_MS + tick * 5000, values: { cpuRatio, memoryUsedRatio: 0.5, networkBytesPerSecond: 1e5, diskBytesPerSecond: 1e6 }, memorySource: 'usable' };
}

describe('observing values', () => {
  it('says and learns what the counters behind them do', () => {
    const random = randomNumbers(3);
    const [fromCounters, fromValues] = [createObserver(), createObserver<MeasuredValues>()];
    let reading = freshReading(START_MS);
    observe(fromCounters, reading, NORMAL);
    for (let tick = 1; tick < 2000; tick++) {
      reading = readingAfter(reading, 5, dailyPattern(reading.atMs, random));
      const counted = observe(fromCounters, reading, NORMAL);
      const seen = observeValues(fromValues, { atMs: reading.atMs, values: counted.rates.values, memorySource: 'usable' }, NORMAL);
      expect({ code: seen.code, missing: seen.missing, coldStart: seen.coldStart }).toEqual({ code: counted.code, missing: counted.missing, coldStart: counted.coldStart });
    }
    expect(fromValues.quantiles).toEqual(fromCounters.quantiles);
  });

  it('tells of the first tick and of one after a gap, of which no hour is learnt', () => {
    const observer = createObserver<MeasuredValues>();
    expect(observeValues(observer, measured(0), NORMAL).rates).toMatchObject({ interruption: null, intervalSeconds: 5, values: { cpuRatio: 0.3 } });
    expect(observeValues(observer, measured(720), NORMAL).rates).toMatchObject({ interruption: null, values: { cpuRatio: 0.3 } });
    expect(observer.learntSeconds).toBeLessThan(11);
  });

  it.each([
    ['clock-step', measured(0)],
    ['clock-step', measured(-3)],
    ['bad-time', { ...measured(1), atMs: Number.NaN }],
  ] as const)('nothing: %s', (why, next) => {
    const observer = createObserver<MeasuredValues>();
    observeValues(observer, measured(0), NORMAL);
    expect(observeValues(observer, next, NORMAL)).toMatchObject({ code: MISSING, missing: [{ signal: null, why }] });
  });

  it('takes no number on trust', () => {
    const observer = createObserver<MeasuredValues>();
    const anything = fc.option(fc.double(), { nil: null });
    fc.assert(fc.property(fc.array(fc.tuple(fc.double({ noNaN: true, min: -10, max: 1e6 }), anything, anything, anything, anything)), (rows) => {
      for (const [tick, cpuRatio, memoryUsedRatio, networkBytesPerSecond, diskBytesPerSecond] of rows) {
        const { rates } = observeValues(observer, { ...measured(tick), values: { cpuRatio, memoryUsedRatio, networkBytesPerSecond, diskBytesPerSecond } }, NORMAL);
        for (const signal of SIGNALS) expect(rates.values[signal] === null || (rates.values[signal] >= 0 && rates.values[signal] < Infinity)).toBe(true);
      }
    }));
  });
});

describe('predicting from values', () => {
  const forecaster = forecasterFor(structuredModel(5), DEFAULT_PREDICTOR);

  it('gives the probabilities that counters give', () => {
    const [counting, valuing] = [createPredictor(DEFAULT_PREDICTOR, forecaster), createPredictor<MeasuredValues>(DEFAULT_PREDICTOR, forecaster)];
    let highest = 0;
    for (const reading of simulatedReadings({ ticks: 900, leakFromTick: 700 })) {
      const counted = predictDomain(counting, reading, false);
      const values = counted.observation.rates.values;
      const seen = predictValues(valuing, { atMs: reading.atMs, values, memorySource: 'usable' }, false);
      expect(seen.failureProbability).toEqual(counted.failureProbability);
      highest = Math.max(highest, seen.failureProbability[0]!);
    }
    expect(highest).toBeGreaterThan(0.5);
  });

  it('lets a silence pass before the value that ends it', () => {
    const predictor = createPredictor<MeasuredValues>(DEFAULT_PREDICTOR, forecaster);
    for (let tick = 0; tick < 400; tick++) predictValues(predictor, measured(tick), false);
    const silent = createPredictor<MeasuredValues>(DEFAULT_PREDICTOR, forecaster);
    for (let tick = 0; tick < 400; tick++) predictValues(silent, measured(tick), false);
    const [next, late] = [predictValues(predictor, measured(400), false), predictValues(silent, measured(2000), false)];
    expect(late.observation.code).toBe(next.observation.code);
    expect(late.failureProbability[0]).not.toBeCloseTo(next.failureProbability[0]!, 4);
  });
});
