import type { Hmm } from '../../../exporter/src/prediction/hmm/model.ts';
import { DEFAULT_PREDICTOR, forecasterFor } from '../../../exporter/src/prediction/predictor.ts';
import type { PredictorSettings } from '../../../exporter/src/prediction/predictor.ts';
import { structuredModel } from '../../../exporter/src/prediction/prior.ts';
import { DEFAULT_TRAINING, trainPooled } from '../../../exporter/src/training/train.ts';
import type { TrainingSettings } from '../../../exporter/src/training/train.ts';
import type { Trace } from '../trace/trace.ts';
import { labelsOf, recordOf } from './labels.ts';
import { replay } from './replay.ts';

/** All that can be chosen of the method, apart from when its probability alarms. */
export interface Method {
  settings: Readonly<PredictorSettings>;
  /** Null: the structured prior forecasts, as where nothing was trained yet. */
  training: Readonly<Omit<TrainingSettings, 'tickSeconds'>> | null;
}

/** As the daemon has it. Nothing is held back: what judges the model are other traces. */
export const DEFAULT_METHOD: Readonly<Method> = { settings: DEFAULT_PREDICTOR, training: { ...DEFAULT_TRAINING, holdBack: false } };

/** One model of all these guests together, observed while the structured prior forecast for them. */
export function modelFor(traces: readonly Trace[], { settings, training }: Readonly<Method>): Hmm {
  const tickSeconds = settings.parameters.intervalSeconds;
  const start = structuredModel(tickSeconds);
  if (training === null) return start;
  const forecaster = forecasterFor(start, settings);
  const targets = traces.map((trace) => ({ records: [recordOf(replay(trace, settings, forecaster), tickSeconds)], labels: labelsOf(trace) }));
  return trainPooled(targets, { ...training, tickSeconds }).model;
}
