/** What the daemon has of prediction: the fleet of predictors over the running perception, its habits and its trained models on the disk. */
import { join } from 'node:path';
import { predictionFolder } from './config/prediction-folder.ts';
import type { Config } from './config/schema.ts';
import type { Clock } from './events/clock.ts';
import type { ForecastChangeEvent } from './perception/events.ts';
import { createFleet, domainKey } from './prediction/fleet.ts';
import type { Fleet, FleetOptions, FleetSettings, ModelSource, SampledHost } from './prediction/fleet.ts';
import type { ForecastView } from './prediction/forecast-view.ts';
import { openHabits } from './training/habits.ts';
import type { Habits } from './training/habits.ts';
import type { LabelsOf } from './training/labels.ts';
import type { TrainingMetrics } from './training/metrics.ts';
import type { TrainingLog } from './training/surroundings.ts';
import { createTrainer } from './training/trainer.ts';
import type { Trainer, TrainerSettings } from './training/trainer.ts';

export interface ForecastingOptions {
  /** What is in force; asked again after `configChanged`. */
  config(): Config;
  clock: Clock;
  ownOperation: FleetOptions['ownOperation'];
  /** The forecast view already says so. */
  onChange(event: ForecastChangeEvent): void;
  /** What history tells of a target's past. */
  labelsOf: LabelsOf;
  metrics: TrainingMetrics;
  log: TrainingLog;
}

export interface Forecasting extends Pick<Fleet, 'models' | 'observations'> {
  view: ForecastView;
  /** For perception: readings are asked for only while prediction is on. */
  sampling: { isWanted(): boolean; onSample(sample: SampledHost): void };
  /** Settings are others from now on; also the length of a tick. */
  configChanged(): void;
  /** A domain is deliberately forgotten. */
  forget(uuid: string): void;
  /** Ends training; saves habits and what was observed. */
  stop(): Promise<void>;
}

/** What is on the disk; null: it can't be used, and forecasts are made without. */
interface Kept {
  habits: Habits | null;
  trainer: Trainer | null;
}

/** Never rejects. Resolves when the models of all targets together and all habits are read. */
export async function startForecasting(options: ForecastingOptions): Promise<Forecasting> {
  const { config, clock, ownOperation, onChange, log } = options;
  let opening: Promise<Kept> | null = null;
  let kept: Kept = { habits: null, trainer: null };
  let forgetting: Promise<unknown> = Promise.resolve();
  const models: ModelSource = { own: (key) => kept.trainer?.models.own(key) ?? null, pooled: (kind) => kept.trainer?.models.pooled(kind) ?? null };

  /** While prediction has never been on, nothing is on the disk. */
  async function openKept(): Promise<void> {
    if (opening !== null || !config().prediction.enabled) return;
    opening = open(options, () => fleet?.modelsChanged());
    kept = await opening;
  }

  function startKept(): void {
    kept.habits?.start((wanted) => fleet?.habits(wanted) ?? []);
    kept.trainer?.start();
  }

  let fleet: Fleet | null = null;
  await openKept();
  const made = createFleet({
    clock,
    settings: fleetSettings(config()),
    hosts: hostNames(config()),
    models,
    ownOperation,
    habitsOf: (key) => kept.habits?.take(key),
    onObservation: (tick) => kept.trainer?.onObservation(tick),
    onFailingChange: (change) => onChange({ kind: 'forecast_change', ...change }),
    onWarning: (text) => log.warn({}, text),
  });
  fleet = made;
  startKept();
  return {
    view: made.view,
    models: made.models,
    observations: made.observations,
    sampling: { isWanted: () => config().prediction.enabled, onSample: (sample) => made.take(sample) },
    configChanged() {
      made.reconfigure(fleetSettings(config()), hostNames(config()));
      kept.trainer?.reconfigure(trainerSettings(config()));
      if (opening === null) void openKept().then(startKept);
    },
    forget(uuid) {
      made.forget(uuid);
      kept.habits?.take(domainKey(uuid));
      forgetting = Promise.all([forgetting, kept.trainer?.forget(domainKey(uuid))]).catch((error: unknown) => log.warn({ err: error }, 'what was learnt of a forgotten domain could not be removed'));
    },
    async stop() {
      await Promise.all([opening, forgetting]);
      await Promise.all([kept.trainer?.stop(), kept.habits?.stop()]);
    },
  };
}

async function open({ config, clock, labelsOf, metrics, log }: ForecastingOptions, onModels: () => void): Promise<Kept> {
  const folder = predictionFolder(config());
  const tickSeconds = (): number => config().sampling.intervalSeconds;
  const unusable = (consequence: string) => (error: unknown) => log.error({ err: error, folder }, `the folder of prediction can not be used: ${consequence}`);
  const [trainer, habits] = await Promise.all([
    usable(createTrainer({ folder, settings: trainerSettings(config()), tickSeconds, labelsOf, clock, metrics, log, onModels }), unusable('models are neither used nor trained')),
    usable(openHabits({ folder: join(folder, 'habits'), clock, onWarning: (text) => log.warn({}, text) }), unusable('habits are not kept over a restart')),
  ]);
  return { trainer, habits };
}

async function usable<T>(opened: Promise<T>, onFailure: (error: unknown) => void): Promise<T | null> {
  try {
    return await opened;
  } catch (error) {
    onFailure(error);
    return null;
  }
}

function fleetSettings({ prediction, sampling }: Config): FleetSettings {
  const { enabled, horizonSeconds, form, alarm } = prediction;
  return { enabled, tickSeconds: sampling.intervalSeconds, horizonSeconds, form, alarm };
}

function trainerSettings({ prediction }: Config): TrainerSettings {
  return { ...prediction.training, enabled: prediction.enabled && prediction.training.enabled };
}

function hostNames({ hosts }: Config): string[] {
  return hosts.map(({ name }) => name);
}
