import { kindOf } from '../prediction/model-source.ts';
import type { TargetKey, TargetKind } from '../prediction/model-source.ts';

/** Of a target, or of all of a kind together: names files under `prediction.folder`. */
export type ModelKey = TargetKey | PooledKey;
export type PooledKey = 'pooled-domains' | 'pooled-hosts';

export function pooledKey(kind: TargetKind): PooledKey {
  return kind === 'host' ? 'pooled-hosts' : 'pooled-domains';
}

/** Whether it is one of a target that can name a file: UUIDs and names of hosts can. (`<key>.previous` is the name of another.) */
export function isTargetKey(text: string): text is TargetKey {
  return /^(?:domain|host)-[0-9A-Za-z][0-9A-Za-z._-]{0,99}$/.test(text) && !text.endsWith('.previous');
}

export function isModelKey(text: string): text is ModelKey {
  return text === 'pooled-domains' || text === 'pooled-hosts' || isTargetKey(text);
}

/** The kind that it is of, a target's or all together. */
export function kindOfModel(key: ModelKey): TargetKind {
  return key === 'pooled-hosts' ? 'host' : key === 'pooled-domains' ? 'domain' : kindOf(key);
}
