import type { Lane, RecoveryItem } from '../model/types';
import { itemOf } from '../table/testItems';

/** An item for tests: a recovery of 4 s. */
export function testItem(more: Partial<RecoveryItem> = {}): RecoveryItem {
  return itemOf({ id: 'r1', lane: 'l', host: 'h1', domain: 'web-1', startMs: 10_000, endMs: 14_000, actions: '', attempts: null, ...more });
}

/** A lane for tests. */
export function testLane(items: RecoveryItem[], more: Partial<Lane> = {}): Lane {
  return { key: 'l', host: 'h1', domain: 'web-1', app: '', items, probability: null, ...more };
}
