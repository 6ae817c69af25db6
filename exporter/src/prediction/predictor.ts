/** One target's way from readings to a failure probability: the same for the daemon, a backtest and the benches. */
import { createForecaster, forecastTick, newStanding } from './hmm/forecaster.ts';
import type { Forecaster, Form, Standing } from './hmm/forecaster.ts';
import { MISSING } from './hmm/model.ts';
import type { Hmm } from './hmm/model.ts';
import type { HostReading } from './observation/host-reading.ts';
import { createObserver, observe, observeHost, observeValues } from './observation/observer.ts';
import type { MeasuredValues, Observation, Observer } from './observation/observer.ts';
import { DEFAULT_PARAMETERS } from './observation/parameters.ts';
import type { ObservationParameters } from './observation/parameters.ts';
import type { DomainReading } from './observation/reading.ts';
import { notNormalProbability, statesOf } from './states.ts';

export interface PredictorSettings {
  /** `intervalSeconds` in them is the length of a tick. */
  parameters: Readonly<ObservationParameters>;
  /** How far each forecast looks ahead: probability of being abnormal or failed at some tick within it. At least one tick. */
  horizonSeconds: readonly number[];
  form: Form;
  /** Above this P(abnormal or failed) a target's habits are frozen: a slow leak must not become normal (DESIGN 10). */
  freezeAbove: number;
}

export const DEFAULT_PREDICTOR: Readonly<PredictorSettings> = { parameters: DEFAULT_PARAMETERS, horizonSeconds: [60, 300], form: 'filter', freezeAbove: 0.2 };

export interface Predictor<Reading = DomainReading> {
  readonly settings: Readonly<PredictorSettings>;
  readonly observer: Observer<Reading>;
  /** Shared by all targets of one model; replaced by `useModel`. */
  forecaster: Forecaster;
  standing: Standing;
  lastAtMs: number | null;
}

export interface Forecast {
  atMs: number;
  /** For each horizon, 0 to 1. */
  failureProbability: Float64Array;
  /** P(state), length 9. Changed by the next tick: to be copied by whoever keeps it. */
  belief: Float64Array;
  observation: Observation;
}

/** A longer silence says no more than this: belief is near what it would be without any observation. */
const MOST_SILENT_TICKS = 2880;

/** For all targets of a model. @throws RangeError when a horizon is no positive number */
export function forecasterFor(model: Hmm, { parameters, horizonSeconds, form }: Readonly<PredictorSettings>): Forecaster {
  const ticks = horizonSeconds.map((seconds) => {
    if (!(seconds > 0 && seconds < Infinity)) throw new RangeError(`horizonSeconds: expected positive numbers, not ${seconds}`);
    return Math.max(1, Math.round(seconds / parameters.intervalSeconds));
  });
  return createForecaster(model, statesOf('abnormal', 'failed'), ticks, form);
}

/** @param observer with habits from before; default: one that has seen nothing */
export function createPredictor<Reading extends { atMs: number } = DomainReading>(
  settings: Readonly<PredictorSettings>,
  forecaster: Forecaster,
  observer: Observer<Reading> = createObserver<Reading>(settings.parameters),
): Predictor<Reading> {
  return { settings, observer, forecaster, standing: newStanding(forecaster), lastAtMs: null };
}

/** From the next tick on by another model. The states keep their names, so the belief stays. */
export function useModel<Reading>(predictor: Predictor<Reading>, forecaster: Forecaster): void {
  predictor.forecaster = forecaster;
}

/**
 * One tick of a domain. Costs O(N^2) whatever its history.
 *
 * @param ownOperation an operation of ours on the target or its host overlapped the time since the tick before
 */
export function predictDomain(predictor: Predictor, reading: DomainReading, ownOperation: boolean): Forecast {
  return predict(predictor, reading.atMs, observe(predictor.observer, reading, { frozen: isFrozen(predictor), ownOperation }));
}

/** One tick of a host. */
export function predictHost(predictor: Predictor<HostReading>, reading: HostReading, ownOperation: boolean): Forecast {
  return predict(predictor, reading.atMs, observeHost(predictor.observer, reading, { frozen: isFrozen(predictor), ownOperation }));
}

/** One tick of a target of which values are measured, not counters. */
export function predictValues(predictor: Predictor<MeasuredValues>, measured: MeasuredValues, ownOperation: boolean): Forecast {
  return predict(predictor, measured.atMs, observeValues(predictor.observer, measured, { frozen: isFrozen(predictor), ownOperation }));
}

function isFrozen<Reading>({ standing, settings }: Predictor<Reading>): boolean {
  return notNormalProbability(standing.belief) > settings.freezeAbove;
}

function predict<Reading>(predictor: Predictor<Reading>, atMs: number, observation: Observation): Forecast {
  const { forecaster, settings } = predictor;
  const failureProbability = new Float64Array(settings.horizonSeconds.length);
  // Started anew: what was believed of its last life says nothing of this one.
  if (observation.rates.interruption === 'restart') predictor.standing = newStanding(forecaster);
  const silent = silentTicks(predictor, atMs, observation);
  for (let tick = 1; tick < silent; tick++) forecastTick(forecaster, predictor.standing, MISSING, failureProbability);
  forecastTick(forecaster, predictor.standing, observation.partial ?? observation.symbol, failureProbability);
  if (Number.isFinite(atMs)) predictor.lastAtMs = atMs;
  return { atMs, failureProbability, belief: predictor.standing.belief, observation };
}

/** Ticks since the last one, of which only the newest can have been observed. */
function silentTicks<Reading>({ lastAtMs, settings }: Predictor<Reading>, atMs: number, { rates }: Observation): number {
  if (lastAtMs === null || (rates.interruption !== null && rates.interruption !== 'gap')) return 1;
  const { intervalSeconds, longestIntervals } = settings.parameters;
  const ticks = (atMs - lastAtMs) / (intervalSeconds * 1000);
  return ticks > longestIntervals ? Math.min(MOST_SILENT_TICKS, Math.round(ticks)) : 1;
}
