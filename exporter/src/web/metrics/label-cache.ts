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

/** Kinds of labels below a domain's own. */
export const CHILD = { state: 0, vcpu: 1, block: 2, net: 3, fault: 4, horizon: 5, health: 6, load: 7, port: 8, reason: 9, memory: 10, fileSystem: 11 } as const;

/** Names of devices change with every start; old ones are not kept for ever. */
const MOST_CHILDREN = 256;

/** Labels of something that belongs to `parent`, forgotten with it. */
export function childLabels(parent: Labels, kind: number, key: string | number, pairs: () => Record<string, string>): Labels {
  const children = (parent.children[kind] ??= new Map<string | number, Labels>());
  let labels = children.get(key);
  if (labels === undefined) {
    if (children.size >= MOST_CHILDREN) children.clear();
    children.set(key, (labels = labelsOf(pairs())));
  }
  return labels;
}

const derived = new WeakMap<object, { parent: Labels; labels: Labels }>();

/** Labels that say what is in `source`, an object that never changes; forgotten with it. */
export function labelsFrom(source: object, parent: Labels, pairs: () => Record<string, string>): Labels {
  const known = derived.get(source);
  if (known?.parent === parent) return known.labels;
  const labels = labelsOf(pairs());
  derived.set(source, { parent, labels });
  return labels;
}
