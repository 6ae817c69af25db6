/** What a daemon recorded, to be read alone: it may be running, and writes and prunes its files itself. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetKey } from '../../prediction/model-source.ts';
import { isTargetKey } from '../keys.ts';
import { OBSERVATIONS_ENDING } from '../observations.ts';
import type { Observations } from '../observations.ts';

export function recordedObservations(folder: string): Observations {
  return {
    take: () => undefined,
    pathOf: (key: TargetKey) => join(folder, `${key}${OBSERVATIONS_ENDING}`),
    async targets() {
      const names = await readdir(folder);
      return names.filter((name) => name.endsWith(OBSERVATIONS_ENDING)).map((name) => name.slice(0, -OBSERVATIONS_ENDING.length)).filter(isTargetKey);
    },
    flush: async () => undefined,
    prune: async () => undefined,
    forget: async () => undefined,
    stop: async () => undefined,
  };
}
