/** What the daemon has of prediction: the fleet of predictors over the running perception, with its habits on the disk. */
import { join } from 'node:path';
import { predictionFolder } from './config/prediction-folder.ts';
import type { Config } from './config/schema.ts';
import type { Clock } from './events/clock.ts';
import type { ForecastChangeEvent } from './perception/events.ts';
import { createFleet, NO_MODELS } from './prediction/fleet.ts';
import type { Fleet, FleetOptions, FleetSettings, ModelSource, OnObservation, SampledHost } from './prediction/fleet.ts';
import type { ForecastView } from './prediction/forecast-view.ts';
import { openHabits } from './training/habits.ts';
import type { Habits } from './training/habits.ts';

export interface ForecastingOptions {
  /** What is in force; asked again after `configChanged`. */
  config(): Config;
  clock: Clock;
  ownOperation: FleetOptions['ownOperation'];
  /** The forecast view already says so. */
  onChange(event: ForecastChangeEvent): void;
  onWarning(text: string): void;
  /** Default: nothing is trained. */
  models?: ModelSource;
  /** Told of every observed tick. Default: nobody. */
  onObservation?: OnObservation;
}

export interface Forecasting extends Pick<Fleet, 'models' | 'observations' | 'modelsChanged' | 'forget'> {
  view: ForecastView;
  /** For perception: readings are asked for only while prediction is on. */
  sampling: { isWanted(): boolean; onSample(sample: SampledHost): void };
  /** Settings are others from now on; also the length of a tick. */
  configChanged(): void;
  /** Saves habits. */
  stop(): Promise<void>;
}

/** Never rejects: where habits can't be kept, forecasts are made without. */
export async function startForecasting({ config, clock, models, onChange, onWarning, ownOperation, onObservation }: ForecastingOptions): Promise<Forecasting> {
  const habits = await openedHabits(config(), clock, onWarning);
  const fleet = createFleet({
    clock,
    settings: fleetSettings(config()),
    hosts: hostNames(config()),
    models: models ?? NO_MODELS,
    ownOperation,
    habitsOf: (key) => habits?.take(key),
    ...(onObservation && { onObservation }),
    onFailingChange: (change) => onChange({ kind: 'forecast_change', ...change }),
    onWarning,
  });
  habits?.start(fleet.habits);
  return {
    view: fleet.view,
    models: fleet.models,
    observations: fleet.observations,
    modelsChanged: fleet.modelsChanged,
    forget: fleet.forget,
    sampling: { isWanted: () => config().prediction.enabled, onSample: (sample) => fleet.take(sample) },
    configChanged: () => fleet.reconfigure(fleetSettings(config()), hostNames(config())),
    stop: async () => habits?.stop(),
  };
}

async function openedHabits(config: Config, clock: Clock, onWarning: (text: string) => void): Promise<Habits | null> {
  if (!config.prediction.enabled) return null;
  const folder = join(predictionFolder(config), 'habits');
  try {
    return await openHabits({ folder, clock, onWarning });
  } catch (error) {
    onWarning(`habits are not kept over a restart: ${folder} can't be used: ${String(error)}`);
    return null;
  }
}

function fleetSettings({ prediction, sampling }: Config): FleetSettings {
  const { enabled, horizonSeconds, form, alarm } = prediction;
  return { enabled, tickSeconds: sampling.intervalSeconds, horizonSeconds, form, alarm };
}

function hostNames({ hosts }: Config): string[] {
  return hosts.map(({ name }) => name);
}
