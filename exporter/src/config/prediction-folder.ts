import { dirname, join } from 'node:path';
import type { Config } from './schema.ts';

/** Where models, habits and recorded observations are: as configured, else beside the store. */
export function predictionFolder({ prediction, store }: Pick<Config, 'prediction' | 'store'>): string {
  return prediction.folder ?? join(dirname(store.path), 'prediction');
}
