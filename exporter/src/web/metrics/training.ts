import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { TRAINING_RESULTS } from '../../training/metrics.ts';
import type { TrainingMetrics } from '../../training/metrics.ts';

const BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800];

/** Training of the hidden Markov models. Everything exists from the start, at 0. */
export function trainingMetrics(registry: Registry): TrainingMetrics {
  const registers = [registry];
  const trainings = new Counter({
    name: 'virtmedic_hmm_trainings_total',
    help: 'Models gone through by the nightly training: the new one taken, the last one kept as the better, failed, or skipped for too little data.',
    labelNames: ['result'],
    registers,
  });
  const last = new Gauge({ name: 'virtmedic_hmm_last_training_timestamp_seconds', help: 'When the last training of all models ended, in seconds since the epoch; 0: never since the start.', registers });
  const duration = new Histogram({ name: 'virtmedic_hmm_training_duration_seconds', help: 'Time that the training of one model took, in seconds.', buckets: BUCKETS_SECONDS, registers });
  for (const result of TRAINING_RESULTS) trainings.inc({ result }, 0);
  return {
    modelTrained(result, durationSeconds) {
      trainings.inc({ result });
      duration.observe(durationSeconds);
    },
    trainingEnded: (atMs) => last.set(atMs / 1000),
  };
}
