import type { Forecaster } from '../../../exporter/src/prediction/hmm/forecaster.ts';
import type { Missing } from '../../../exporter/src/prediction/observation/observer.ts';
import type { Signal } from '../../../exporter/src/prediction/observation/signals.ts';
import { createPredictor, predictDomain } from '../../../exporter/src/prediction/predictor.ts';
import type { PredictorSettings } from '../../../exporter/src/prediction/predictor.ts';
import type { Trace } from '../trace/trace.ts';
import type { Series } from './alarms.ts';
import type { Stretch } from './course.ts';

/** One tick of a guest as the daemon would have lived through it. */
export interface ReplayedTick {
  atMs: number;
  /** Of each horizon. */
  probability: Float64Array;
  /** P(state). */
  belief: Float64Array;
  /** Symbol, MISSING or the code of a partial observation. */
  code: number;
  values: Readonly<Record<Signal, number | null>>;
  missing: readonly Missing[];
  coldStart: boolean;
}

/**
 * A trace tick by tick through the same code as in the daemon, by a target that is seen for the first time. What somebody ordered
 * (restarts, migrations) counts as our own operation, as it does to whoever ordered it.
 */
export function replay(trace: Trace, settings: Readonly<PredictorSettings>, forecaster: Forecaster): ReplayedTick[] {
  const predictor = createPredictor(settings, forecaster);
  const operations = operationsOf(trace);
  return trace.readings.map((reading, t) => {
    const sinceMs = trace.readings[t - 1]?.atMs ?? reading.atMs;
    const own = operations.some(({ fromMs, toMs }) => fromMs <= reading.atMs && toMs >= sinceMs);
    const { atMs, failureProbability, belief, observation } = predictDomain(predictor, reading, own);
    const { code, rates, missing, coldStart } = observation;
    return { atMs, probability: failureProbability, belief: belief.slice(), code, values: rates.values, missing, coldStart };
  });
}

/** From the start of each operation to its end; one without an end lasts for ever. */
export function operationsOf({ labels }: Pick<Trace, 'labels'>): Stretch[] {
  const operations: Stretch[] = [];
  for (const { kind, atMs } of labels) {
    const last = operations.at(-1);
    if (kind === 'operation-start') operations.push({ fromMs: atMs, toMs: Infinity });
    else if (kind === 'operation-end' && last !== undefined && last.toMs === Infinity) last.toMs = atMs;
  }
  return operations;
}

/** The probability of one horizon over time. */
export function seriesOf(ticks: readonly ReplayedTick[], horizon = 0): Series {
  return { atMs: Float64Array.from(ticks, ({ atMs }) => atMs), score: Float64Array.from(ticks, ({ probability }) => probability[horizon]!) };
}
