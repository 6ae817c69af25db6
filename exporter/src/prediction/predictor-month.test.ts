/** A month of readings through the whole predictor, its observer included, for lives that stay healthy. */
import { describe, expect, it } from 'vitest';
import { randomNumbers } from './hmm/random-model.ts';
import { dailyPattern, freshReading, readingAfter } from './observation/simulated-domain.ts';
import type { Doing } from './observation/simulated-domain.ts';
import { DEFAULT_PARAMETERS } from './observation/parameters.ts';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor, predictDomain, useModel } from './predictor.ts';
import type { Predictor, PredictorSettings } from './predictor.ts';
import { structuredModel } from './prior.ts';
import { healthProbabilities, loadProbabilities } from './states.ts';

/** The default of the configuration: what alarms. */
const RAISE_ABOVE = 0.8;
const TICK_S = 30;
const DAY_TICKS = 86_400 / TICK_S;
const DAYS = 30;
const START_MS = Date.UTC(2026, 0, 1);
const SETTINGS: PredictorSettings = { ...DEFAULT_PREDICTOR, parameters: { ...DEFAULT_PARAMETERS, intervalSeconds: TICK_S } };

type Living = (atMs: number, random: () => number) => Doing;

const idle: Living = (_, random) => ({ cpuRatio: 0.004 + 0.004 * random(), memoryUsedRatio: 0.22 + 0.004 * random(), networkBytesPerSecond: 150 * random(), diskBytesPerSecond: random() < 0.3 ? 4096 * random() : 0 });

/** For three minutes in each half hour it computes, reads and holds memory. */
const batch: Living = (atMs, random) => {
  const busy = atMs % 1_800_000 < 180_000;
  const noise = 0.8 + 0.4 * random();
  return busy
    ? { cpuRatio: 0.75 * noise, memoryUsedRatio: 0.55 + 0.02 * random(), networkBytesPerSecond: 20_000 * noise, diskBytesPerSecond: 8e6 * noise }
    : { cpuRatio: 0.01 * noise, memoryUsedRatio: 0.3 + 0.01 * random(), networkBytesPerSecond: 2000 * noise, diskBytesPerSecond: random() < 0.2 ? 20_000 * noise : 0 };
};

interface Month {
  predictor: Predictor;
  /** Highest probability of the first horizon of each day. */
  highest: number[];
  /** Share of each day's ticks at or over RAISE_ABOVE. */
  over: number[];
  unsound: number;
}

/** Its counters begin anew once a week, as after an update of the host. */
function liveMonth(living: Living, seed: number): Month {
  const random = randomNumbers(seed);
  const month: Month = { predictor: createPredictor(SETTINGS, forecasterFor(structuredModel(TICK_S), SETTINGS)), highest: [], over: [], unsound: 0 };
  let reading = freshReading(START_MS);
  for (let day = 0; day < DAYS; day++) {
    let [highest, over] = [0, 0];
    for (let tick = 0; tick < DAY_TICKS; tick++) {
      const restarted = day % 7 === 6 && tick === 1000;
      reading = restarted ? freshReading(reading.atMs + TICK_S * 1000) : readingAfter(reading, TICK_S, living(reading.atMs, random));
      const { failureProbability: [first, second], belief } = predictDomain(month.predictor, reading, false);
      const sum = belief.reduce((total, value) => total + value, 0);
      if (!(first! >= 0 && first! <= second! && second! <= 1 && Math.abs(sum - 1) < 1e-9)) month.unsound++;
      highest = Math.max(highest, first!);
      if (first! >= RAISE_ABOVE) over++;
    }
    month.highest.push(highest);
    month.over.push(over / DAY_TICKS);
  }
  return month;
}

describe('a month of a healthy target', () => {
  it.each<[string, Living]>([['idle', idle], ['by day and night', dailyPattern], ['in batches', batch]])('%s: sound, and under the threshold', (_, living) => {
    const { predictor, highest, over, unsound } = liveMonth(living, 11);
    expect(unsound).toBe(0);
    // The first two days are news.
    expect(Math.max(...highest.slice(2)), highest.map((value) => value.toFixed(3)).join(' ')).toBeLessThan(RAISE_ABOVE);
    expect(over.every((share) => share < 0.001)).toBe(true);
    // Its trouble is still seen after a month.
    expect(leakAfter(predictor)).toBeGreaterThan(RAISE_ABOVE);
    const { belief } = predictor.standing;
    const [health, load] = [healthProbabilities(belief), loadProbabilities(belief)];
    for (const values of [Object.values(health), Object.values(load)]) expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    expect(health.abnormal + health.failed).toBeGreaterThan(health.normal);
  });

  it('by another model every night: the belief goes on', () => {
    const random = randomNumbers(12);
    const predictor = createPredictor(SETTINGS, forecasterFor(structuredModel(TICK_S), SETTINGS));
    let reading = freshReading(START_MS);
    for (let day = 0; day < 3; day++) {
      for (let tick = 0; tick < DAY_TICKS; tick++) {
        reading = readingAfter(reading, TICK_S, idle(reading.atMs, random));
        expect(predictDomain(predictor, reading, false).failureProbability[0]).toBeLessThan(RAISE_ABOVE);
      }
      const before = predictor.standing.belief.slice();
      useModel(predictor, forecasterFor(structuredModel(TICK_S), { ...SETTINGS, form: day % 2 === 0 ? 'viterbi' : 'filter' }));
      expect(predictor.standing.belief).toEqual(before);
    }
  });
});

/** Memory fills within ten minutes, then the processor works in vain: the highest probability. */
function leakAfter(predictor: Predictor): number {
  let reading = predictor.observer.previous!;
  let highest = 0;
  for (let tick = 0; tick < 60; tick++) {
    const leaked = Math.min(1, tick / 40);
    reading = readingAfter(reading, TICK_S, {
      cpuRatio: leaked < 1 ? 0.1 : 0.99, memoryUsedRatio: 0.4 + 0.59 * leaked, networkBytesPerSecond: leaked < 1 ? 2000 : 50, diskBytesPerSecond: leaked < 1 ? 5000 : 3e6,
    });
    highest = Math.max(highest, predictDomain(predictor, reading, false).failureProbability[0]!);
  }
  return highest;
}
