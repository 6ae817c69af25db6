import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { trainingMetrics } from './training.ts';

it('counts trainings by result, from 0 on', async () => {
  const registry = new Registry();
  const metrics = trainingMetrics(registry);
  const lines = async (): Promise<string[]> => (await registry.metrics()).split('\n');
  for (const result of ['kept_new', 'kept_last', 'failed', 'skipped']) expect(await lines()).toContain(`virtmedic_hmm_trainings_total{result="${result}"} 0`);
  expect(await lines()).toEqual(expect.arrayContaining(['virtmedic_hmm_last_training_timestamp_seconds 0', 'virtmedic_hmm_training_duration_seconds_count 0']));
  metrics.modelTrained('kept_last', 2);
  metrics.trainingEnded(5000);
  expect(await lines()).toEqual(expect.arrayContaining(['virtmedic_hmm_trainings_total{result="kept_last"} 1', 'virtmedic_hmm_last_training_timestamp_seconds 5', 'virtmedic_hmm_training_duration_seconds_sum 2']));
});
