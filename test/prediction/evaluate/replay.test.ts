import { describe, expect, it } from 'vitest';
import { MISSING } from '../../../exporter/src/prediction/hmm/model.ts';
import { createPredictor, DEFAULT_PREDICTOR, forecasterFor, predictDomain } from '../../../exporter/src/prediction/predictor.ts';
import { structuredModel } from '../../../exporter/src/prediction/prior.ts';
import { operationsOf, replay, seriesOf } from './replay.ts';
import { leakyTrace, madeTrace, START_MS, TICK_MS } from './testing.ts';

const FORECASTER = forecasterFor(structuredModel(5), DEFAULT_PREDICTOR);

describe('a replay', () => {
  it('forecasts what the daemon would, tick by tick', () => {
    const trace = leakyTrace(1);
    const predictor = createPredictor(DEFAULT_PREDICTOR, FORECASTER);
    const live = trace.readings.map((reading) => predictDomain(predictor, reading, false).failureProbability[1]!);
    const ticks = replay(trace, DEFAULT_PREDICTOR, FORECASTER);
    expect([...seriesOf(ticks, 1).score]).toEqual(live);
    expect(Math.max(...seriesOf(ticks).score.slice(0, 280))).toBeLessThan(0.5);
    expect(ticks.at(399)!.probability[0]).toBeGreaterThan(0.5);
  });

  it('knows nothing of ticks in an operation, and of the one after', () => {
    const trace = madeTrace({ kind: 'reboot', seed: 1, ticks: 300, labels: [[200, 'operation-start'], [204, 'operation-end']] });
    const codes = replay(trace, DEFAULT_PREDICTOR, FORECASTER).map(({ code }) => code);
    expect(codes.slice(198, 208).map((code) => code === MISSING)).toEqual([false, false, true, true, true, true, true, true, true, false]);
  });

  it('takes an operation without an end for one that goes on', () => {
    const { labels } = madeTrace({ kind: 'reboot', seed: 1, ticks: 1, labels: [[1, 'operation-start'], [2, 'operation-end'], [3, 'operation-end'], [4, 'operation-start']] });
    expect(operationsOf({ labels })).toEqual([{ fromMs: START_MS + TICK_MS, toMs: START_MS + 2 * TICK_MS }, { fromMs: START_MS + 4 * TICK_MS, toMs: Infinity }]);
  });
});
