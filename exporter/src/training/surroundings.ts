import type { LabelsOf } from './labels.ts';
import type { TrainingMetrics } from './metrics.ts';
import type { Models } from './models.ts';
import type { Observations } from './observations.ts';
import type { WorkerPool } from './pool.ts';
import type { TrainingSettings } from './train.ts';

/** What nightly and online training work with. */
export interface Surroundings {
  observations: Observations;
  models: Models;
  pool: WorkerPool;
  labelsOf: LabelsOf;
  /** How it is trained, but for the length of a tick. */
  training: Omit<TrainingSettings, 'tickSeconds' | 'onProgress' | 'signal'>;
  /** In force now. */
  tickSeconds(): number;
  /** Where the ticks came from, as records of models tell it. Default: `live`. */
  source?: string;
  keepDays(): number;
  workers(): number;
  clock: { nowMs(): number; monotonicMs(): number };
  metrics: TrainingMetrics;
  log: TrainingLog;
  /** Models were replaced or came to be. */
  modelsChanged(): void;
}

export interface TrainingLog {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** With less than this to train on nothing is trained. */
export const LEAST_POOLED_SECONDS = 6 * 3600;
/** Of one target: what it does on a single day tells little of the next. Until then the pooled model serves. */
export const LEAST_OWN_SECONDS = 36 * 3600;
