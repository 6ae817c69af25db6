import type { Labels } from './writer.ts';
import { labelsOf } from './writer.ts';

/** Keeps labels between scrapes, and forgets those that a whole scrape did not use: their targets are gone. */
export interface LabelCache {
  /** `key` must tell apart everything that the pairs can hold. */
  get(key: string, pairs: () => Record<string, string>): Labels;
  /** Ends a scrape. */
  sweep(): void;
  readonly size: number;
}

interface Entry {
  labels: Labels;
  usedIn: number;
}

export function createLabelCache(): LabelCache {
  const entries = new Map<string, Entry>();
  let round = 0;

  return {
    get(key, pairs) {
      let entry = entries.get(key);
      if (entry === undefined) entries.set(key, (entry = { labels: labelsOf(pairs()), usedIn: round }));
      entry.usedIn = round;
      return entry.labels;
    },
    sweep() {
      for (const [key, { usedIn }] of entries) if (usedIn !== round) entries.delete(key);
      round++;
    },
    get size() {
      return entries.size;
    },
  };
}
