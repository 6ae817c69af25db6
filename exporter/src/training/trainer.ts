/** Training as the daemon has it: what is observed is kept, models are trained from it each night and follow it by day. */
import { join } from 'node:path';
import type { Clock } from '../events/clock.ts';
import type { ModelSource, OnObservation, TargetKey } from '../prediction/model-source.ts';
import type { ModelKey } from './keys.ts';
import type { LabelsOf } from './labels.ts';
import type { TrainingMetrics } from './metrics.ts';
import { openModels } from './models.ts';
import type { Models } from './models.ts';
import { trainAll } from './nightly.ts';
import type { NightResults } from './nightly.ts';
import { openObservations } from './observations.ts';
import type { Observations } from './observations.ts';
import { followAll } from './online.ts';
import type { FollowedTo } from './online.ts';
import { createPool } from './pool.ts';
import type { WorkerPool } from './pool.ts';
import type { Surroundings, TrainingLog } from './surroundings.ts';
import { createTiming } from './timing.ts';
import { DEFAULT_TRAINING } from './train.ts';

/** Section `prediction.training` of the configuration. */
export interface TrainerSettings {
  enabled: boolean;
  /** Cron expression, local time. */
  nightlyAt: string;
  onlineSeconds: number;
  keepDays: number;
  workers: number;
}

export interface TrainerOptions {
  /** `prediction.folder`: made where it does not exist. */
  folder: string;
  settings: TrainerSettings;
  /** Length of a tick in force. */
  tickSeconds(): number;
  labelsOf: LabelsOf;
  clock: Clock;
  metrics: TrainingMetrics;
  log: TrainingLog;
  /** Models were replaced or came to be: see `Fleet.modelsChanged`. Not before `start`. */
  onModels(): void;
  /** Default: worker threads. */
  pool?: WorkerPool;
}

export interface Trainer {
  readonly models: ModelSource;
  /** Takes every tick, while training is enabled. */
  readonly onObservation: OnObservation;
  /** From now on models are trained when it is time; what was unusable at once. */
  start(): void;
  /** All models, now; null: one is under way, or it was stopped. Rejects when nothing could be trained. */
  trainNow(): Promise<NightResults | null>;
  reconfigure(settings: TrainerSettings): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  /** A target is deliberately forgotten. */
  forget(key: TargetKey): Promise<void>;
  /** Ends what is under way and writes what was observed. */
  stop(): Promise<void>;
}

/** Reads the models of all targets together; those of each are read soon after. @throws what the file system says when the folder can't be made */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { folder, clock, log, onModels } = options;
  const warn = (text: string): void => log.warn({}, text);
  let settings = options.settings;
  let started = false;
  const changed = (): void => (started ? onModels() : undefined);
  const models = await openModels({ folder: join(folder, 'models'), nowMs: () => clock.nowMs(), onRead: changed, onWarning: warn });
  const observations = await openObservations({ folder: join(folder, 'observations'), clock, keepDays: () => settings.keepDays, onWarning: warn });
  const pool = options.pool ?? createPool({ workers: () => settings.workers, clock });
  const { labelsOf, metrics, tickSeconds } = options;
  const training = { ...DEFAULT_TRAINING };
  const work = createWork({ observations, models, pool, labelsOf, training, tickSeconds, keepDays: () => settings.keepDays, workers: () => settings.workers, clock, metrics, log, modelsChanged: changed });
  const timing = createTiming(clock, { nightly: () => void work.train(null).catch((error: unknown) => log.error({ err: error }, 'training failed; the last good models stay')), online: () => void work.followNewest() });

  async function trainUnusable(): Promise<void> {
    const keys = await models.unusable;
    if (keys.length > 0 && settings.enabled) await work.train(new Set(keys)).catch((error: unknown) => log.error({ err: error }, 'models that were set aside could not be trained anew'));
  }

  return {
    models,
    onObservation(tick) {
      if (settings.enabled) observations.take(tick);
    },
    start() {
      started = true;
      onModels();
      timing.set(settings);
      void trainUnusable();
    },
    trainNow: () => work.train(null),
    reconfigure(next) {
      settings = next;
      if (started) timing.set(next);
    },
    settled: () => work.settled(),
    forget: (key) => forget(key, models, observations),
    async stop() {
      timing.stop();
      models.stop();
      await Promise.all([work.stop(), pool.stop()]);
      await observations.stop();
    },
  };
}

async function forget(key: TargetKey, models: Models, observations: Observations): Promise<void> {
  await Promise.all([models.remove(key), observations.forget(key)]);
}

interface Work {
  /** Null: one is under way, or it was stopped. */
  train(only: ReadonlySet<ModelKey> | null): Promise<NightResults | null>;
  /** Nothing while any training is under way. Never rejects. */
  followNewest(): Promise<void>;
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** Never two trainings at once: a night ends what follows the newest, and a second night is none. */
function createWork(surroundings: Surroundings): Work {
  const { log } = surroundings;
  const stopping = new AbortController();
  const followedTo: FollowedTo = new Map();
  let night: Promise<NightResults> | null = null;
  let following: { ended: Promise<void>; control: AbortController } | null = null;

  async function train(only: ReadonlySet<ModelKey> | null): Promise<NightResults> {
    following?.control.abort();
    await following?.ended;
    return trainAll(surroundings, only, stopping.signal);
  }

  async function follow(control: AbortController): Promise<void> {
    try {
      const moved = await followAll(surroundings, followedTo, AbortSignal.any([control.signal, stopping.signal]));
      if (moved > 0) log.info({ models: moved }, 'models followed the newest observations');
    } catch (error) {
      log.warn({ err: error }, 'models could not follow the newest observations; they stay as they are');
    } finally {
      following = null;
    }
  }

  async function settled(): Promise<void> {
    await Promise.allSettled([night, following?.ended]);
  }

  return {
    async train(only) {
      if (stopping.signal.aborted) return null;
      if (night !== null) {
        log.warn({}, 'training is still under way, so no other one begins');
        return null;
      }
      night = train(only);
      try {
        return await night;
      } finally {
        night = null;
      }
    },
    async followNewest() {
      if (stopping.signal.aborted || night !== null || following !== null) return;
      const control = new AbortController();
      // Entered before it can end.
      following = { control, ended: Promise.resolve().then(() => follow(control)) };
      await following.ended;
    },
    settled,
    async stop() {
      stopping.abort();
      await settled();
    },
  };
}
