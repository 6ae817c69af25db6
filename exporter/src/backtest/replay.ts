/** A target's past, tick by tick, as the daemon would have seen it. */
import type { Hmm } from '../prediction/hmm/model.ts';
import type { Observation } from '../prediction/observation/observer.ts';
import { createPredictor, forecasterFor, useModel } from '../prediction/predictor.ts';
import type { Forecast, Predictor, PredictorSettings } from '../prediction/predictor.ts';
import { healthProbabilities } from '../prediction/states.ts';
import type { Health } from '../prediction/states.ts';
import type { SymbolRecord } from '../prediction/states-known.ts';
import { createRecorded } from '../training/sources/recorded.ts';

export interface BacktestTick {
  atMs: number;
  /** P(abnormal or failed at some tick within the first horizon). */
  failureProbability: number;
  health: Record<Health, number>;
  observation: Observation;
}

export interface ReplayOptions<Reading> {
  settings: Readonly<PredictorSettings>;
  model: Hmm;
  /** `predictDomain`, `predictHost`, `predictValues`. */
  predict: (predictor: Predictor<Reading>, reading: Reading, ownOperation: boolean) => Forecast;
  /** From the first tick at `atMs` or later another model forecasts, trained on what was observed before. Habits go on. */
  retrain?: { atMs: number; train: (records: SymbolRecord[]) => Hmm };
}

/** Returns what replays one reading after the other, in order of time. @throws RangeError when the settings make no sense */
export function createReplay<Reading extends { atMs: number }>({ settings, model, predict, retrain }: ReplayOptions<Reading>): (reading: Reading) => BacktestTick {
  const predictor = createPredictor<Reading>(settings, forecasterFor(model, settings));
  const recorded = createRecorded(settings.parameters.intervalSeconds);
  let waiting = retrain ?? null;
  return (reading) => {
    if (waiting !== null && reading.atMs >= waiting.atMs) {
      useModel(predictor, forecasterFor(waiting.train(recorded.records()), settings));
      waiting = null;
    }
    const { atMs, failureProbability, belief, observation } = predict(predictor, reading, false);
    if (waiting !== null) recorded.take(atMs, observation);
    return { atMs, failureProbability: failureProbability[0]!, health: healthProbabilities(belief), observation };
  };
}
