import { describe, expect, it } from 'vitest';
import { structuredModel } from '../prediction/prior.ts';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor, predictValues } from '../prediction/predictor.ts';
import type { MeasuredValues } from '../prediction/observation/observer.ts';
import type { SymbolRecord } from '../prediction/states-known.ts';
import { createReplay } from './replay.ts';
import { replayed, simulatedValues } from './testing/leaking.ts';

const SETTINGS = { ...DEFAULT_PREDICTOR, horizonSeconds: [60] };
const MODEL = structuredModel(5);

describe('a replay', () => {
  it('is what the predictor says, tick by tick', () => {
    const values = simulatedValues({ ticks: 800, leakFromTick: 700 });
    const predictor = createPredictor<MeasuredValues>(SETTINGS, forecasterFor(MODEL, SETTINGS));
    const expected = values.map((measured) => predictValues(predictor, measured, false).failureProbability[0]);
    expect(replayed(values).map(({ failureProbability }) => failureProbability)).toEqual(expected);
  });

  it('tells shares of healths that add up', () => {
    for (const { health } of replayed(simulatedValues({ ticks: 50 }))) expect(health.normal + health.abnormal + health.failed).toBeCloseTo(1, 9);
  });

  it('goes on with a model trained on what came before, once', () => {
    const values = simulatedValues({ ticks: 400 });
    const trainings: SymbolRecord[][] = [];
    const train = (records: SymbolRecord[]) => {
      trainings.push(records);
      const other = structuredModel(5);
      other.initial.reverse();
      other.transition.fill(1 / 9);
      return other;
    };
    const ticks = values.map(createReplay({ settings: SETTINGS, model: MODEL, predict: predictValues, retrain: { atMs: values[300]!.atMs, train } }));
    expect(trainings.map((records) => records.map(({ symbols }) => symbols.length))).toEqual([[300]]);
    const before = replayed(values);
    expect(ticks.slice(0, 300)).toEqual(before.slice(0, 300));
    expect(ticks[300]!.failureProbability).toBeGreaterThan(0.9);
    expect(ticks[398]!.observation.levels).toEqual(before[398]!.observation.levels);
  });
});
