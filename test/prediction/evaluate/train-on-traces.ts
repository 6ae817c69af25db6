import { train } from '../../../exporter/src/prediction/hmm/baum-welch.ts';
import type { Hmm } from '../../../exporter/src/prediction/hmm/model.ts';
import { forecasterFor } from '../../../exporter/src/prediction/predictor.ts';
import type { PredictorSettings } from '../../../exporter/src/prediction/predictor.ts';
import { PROBABILITY_FLOOR, structuredModel, structuredPrior } from '../../../exporter/src/prediction/prior.ts';
import type { PriorStrength } from '../../../exporter/src/prediction/prior.ts';
import { labelledSequences } from '../../../exporter/src/prediction/states-known.ts';
import type { LabelOptions } from '../../../exporter/src/prediction/states-known.ts';
import type { Trace } from '../trace/trace.ts';
import { labelsOf, recordOf } from './labels.ts';
import { replay } from './replay.ts';

/** All that can be chosen of the method, apart from when its probability alarms. */
export interface Method {
  settings: PredictorSettings;
  labelling: LabelOptions;
  strength: PriorStrength;
  /** False: the structured prior forecasts, as where nothing was trained yet. */
  trained: boolean;
}

/** One model of all these guests together, observed while the structured prior forecast for them. */
export function modelFor(traces: readonly Trace[], { settings, labelling, strength, trained }: Method): Hmm {
  const { intervalSeconds } = settings.parameters;
  const start = structuredModel(intervalSeconds);
  if (!trained) return start;
  const forecaster = forecasterFor(start, settings);
  const sequences = traces.flatMap((trace) => labelledSequences(recordOf(replay(trace, settings, forecaster), intervalSeconds), labelsOf(trace), labelling));
  return train(start, sequences, { prior: structuredPrior(intervalSeconds, strength), floor: PROBABILITY_FLOOR, tolerance: 0.01, maxIterations: 50 }).model;
}
