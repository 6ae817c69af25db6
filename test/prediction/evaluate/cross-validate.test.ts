import { describe, expect, it } from 'vitest';
import { MISSING } from '../../../exporter/src/prediction/hmm/model.ts';
import { DEFAULT_PREDICTOR, forecasterFor } from '../../../exporter/src/prediction/predictor.ts';
import { structuredModel } from '../../../exporter/src/prediction/prior.ts';
import { crossValidate, foldsOf, live, withoutOwnKind } from './cross-validate.ts';
import type { Lived } from './cross-validate.ts';
import { labelsOf, recordOf } from './labels.ts';
import { replay } from './replay.ts';
import { leakyTrace, madeTrace, START_MS, TICK_MS } from './testing.ts';
import { DEFAULT_METHOD, modelFor } from './train-on-traces.ts';

const at = (tick: number): number => START_MS + tick * TICK_MS;

describe('labels', () => {
  it('tell the failure, censor what was ordered and what follows a recovery, and do not tell the decline', () => {
    const trace = madeTrace({ kind: 'memory-leak', seed: 1, ticks: 400, labels: [[20, 'operation-start'], [30, 'operation-end'], [200, 'decline'], [300, 'failed'], [320, 'restarted']] });
    expect(labelsOf(trace)).toEqual({ failures: [{ fromMs: at(300), toMs: at(320) }], censored: [{ fromMs: at(20), toMs: at(30) }, { fromMs: at(320), toMs: at(440) }] });
  });
  it('censor a decline that was survived', () => {
    const trace = madeTrace({ kind: 'memory-leak', seed: 1, ticks: 400, labels: [[200, 'decline']] });
    expect(labelsOf(trace)).toEqual({ failures: [], censored: [{ fromMs: at(200), toMs: Infinity }] });
  });
  it('lie on an even grid, with ticks that were not answered missing', () => {
    const trace = madeTrace({ kind: 'idle', seed: 1, ticks: 200 });
    const ticks = replay({ ...trace, readings: trace.readings.filter((_, t) => t !== 150) }, DEFAULT_PREDICTOR, forecasterFor(structuredModel(5), DEFAULT_PREDICTOR));
    const { symbols, startMs } = recordOf(ticks, 5);
    expect({ length: symbols.length, startMs }).toEqual({ length: 200, startMs: START_MS });
    expect([symbols[149], symbols[150], symbols[151]].map((code) => code === MISSING)).toEqual([false, true, false]);
  });
});

describe('cross-validation', () => {
  it('spreads the kinds over the parts, each trace in one', () => {
    const traces = [1, 2, 3, 4, 5].flatMap((seed) => [leakyTrace(seed, 1, 0), madeTrace({ kind: 'idle', seed, ticks: 1 })]);
    const parts = foldsOf(traces, 4);
    expect(parts.flat()).toHaveLength(10);
    expect(new Set(parts.flat()).size).toBe(10);
    for (const part of parts) expect(new Set(part.map(({ kind }) => kind)).size).toBe(2);
    expect(foldsOf(traces.slice(0, 2), 4)).toHaveLength(2);
  });

  it('judges every trace by what was learnt of others', () => {
    const traces = [1, 2, 3, 4].map((seed) => leakyTrace(seed, 420));
    const lived = crossValidate(traces, 4, DEFAULT_METHOD);
    expect(lived.map(({ course }) => course.seed)).toEqual([1, 2, 3, 4]);
    const [first] = live(traces.slice(0, 1), traces.slice(1), DEFAULT_METHOD);
    expect(lived[0]!.ticks.map(({ probability }) => probability[0])).toEqual(first!.ticks.map(({ probability }) => probability[0]));
    const seen = live(traces.slice(0, 1), traces, DEFAULT_METHOD)[0]!;
    expect(seen.ticks.at(-1)!.probability).not.toEqual(first!.ticks.at(-1)!.probability);
  });

  it('can keep a kind of failure out of training', () => {
    const [healthy, leaky] = [[1, 2].map((seed) => madeTrace({ kind: 'idle', seed, ticks: 420 })), [1, 2].map((seed) => leakyTrace(seed, 420))];
    const probabilities = (lived: Lived[]): Float64Array[][] => lived.map(({ ticks }) => ticks.map(({ probability }) => probability));
    expect(probabilities(withoutOwnKind([...healthy, ...leaky], DEFAULT_METHOD))).toEqual(probabilities(live(leaky, healthy, DEFAULT_METHOD)));
  });

  it('trains on what failed', () => {
    const model = modelFor([leakyTrace(1, 420), leakyTrace(2, 420)], DEFAULT_METHOD);
    expect(model.emission).not.toEqual(structuredModel(5).emission);
    expect(modelFor([leakyTrace(1, 420)], { ...DEFAULT_METHOD, training: null })).toEqual(structuredModel(5));
  });
});
