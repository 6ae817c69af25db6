/** What training counts. Implemented over prom-client in web/metrics. */
export const TRAINING_RESULTS = ['kept_new', 'kept_last', 'failed', 'skipped'] as const;
/** Of one model: the new one was taken; it was not better than the last; it came to nothing; there was too little data. */
export type TrainingResult = (typeof TRAINING_RESULTS)[number];

export interface TrainingMetrics {
  modelTrained(result: TrainingResult, durationSeconds: number): void;
  /** All models were gone through. */
  trainingEnded(atMs: number): void;
}
