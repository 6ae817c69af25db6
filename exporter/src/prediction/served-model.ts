/** Which model forecasts for a target: its own, else the one of all targets of its kind, else the structured prior. */
import type { Forecaster } from './hmm/forecaster.ts';
import { modelProblem } from './hmm/model.ts';
import type { Hmm } from './hmm/model.ts';
import { kindOf } from './model-source.ts';
import type { ModelSource, TargetKey, TrainedModel } from './model-source.ts';
import { forecasterFor } from './predictor.ts';
import type { PredictorSettings } from './predictor.ts';
import { structuredModel } from './prior.ts';
import { STATE_COUNT } from './states.ts';
import { SYMBOLS } from './observation/symbol.ts';
import type { TargetForecast } from './forecast-view.ts';

export interface ServedModel {
  /** Shared by all targets of the model. */
  forecaster: Forecaster;
  told: TargetForecast['model'];
}

export interface ModelChoice {
  of(key: TargetKey): ServedModel;
}

/** How far apart tick lengths may be and still count as the same. */
const TICK_TOLERANCE = 0.01;

/**
 * @param settings what forecasts look like; others need another choice
 * @param onWarning told once of each reason why trained models are not used
 */
export function chooseModels(source: ModelSource, settings: Readonly<PredictorSettings>, onWarning: (text: string) => void): ModelChoice {
  const forecasters = new WeakMap<Hmm, Forecaster>();
  const told = new Set<string>();
  const tickSeconds = settings.parameters.intervalSeconds;
  let prior: ServedModel | null = null;

  function warn(text: string): void {
    if (told.has(text)) return;
    told.add(text);
    onWarning(text);
  }

  function isUsable(trained: TrainedModel, whose: string): boolean {
    const { model } = trained;
    if (!(Math.abs(trained.tickSeconds - tickSeconds) <= TICK_TOLERANCE * tickSeconds)) {
      warn(`models trained on ticks of ${trained.tickSeconds} s are not used at ticks of ${tickSeconds} s: until they are trained anew the built-in model forecasts`);
      return false;
    }
    if (forecasters.has(model)) return true;
    const problem = model.states === STATE_COUNT && model.symbols === SYMBOLS ? modelProblem(model) : `${model.states} states x ${model.symbols} symbols`;
    if (problem !== null) warn(`the model of ${whose} is not used: ${problem}`);
    return problem === null;
  }

  function forecasterOf(model: Hmm): Forecaster {
    let forecaster = forecasters.get(model);
    if (!forecaster) forecasters.set(model, (forecaster = forecasterFor(model, settings)));
    return forecaster;
  }

  function served(trained: TrainedModel | null, origin: 'own' | 'pooled', whose: string): ServedModel | null {
    if (trained === null || !isUsable(trained, whose)) return null;
    return { forecaster: forecasterOf(trained.model), told: { source: origin, trainedAtMs: trained.trainedAtMs } };
  }

  return {
    of(key) {
      const kind = kindOf(key);
      const trained = served(source.own(key), 'own', key) ?? served(source.pooled(kind), 'pooled', `all ${kind}s`);
      return trained ?? (prior ??= { forecaster: forecasterFor(structuredModel(tickSeconds), settings), told: { source: 'prior', trainedAtMs: null } });
    },
  };
}
