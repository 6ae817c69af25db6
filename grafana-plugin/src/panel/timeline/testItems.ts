import type { Lane, RecoveryItem } from '../model/types';

/** An item for tests: a recovery of 4 s. */
export function testItem(more: Partial<RecoveryItem> = {}): RecoveryItem {
  return {
    id: 'r1',
    lane: 'l',
    host: 'h1',
    domain: 'web-1',
    app: '',
    fault: 'domain_crashed',
    status: 'recovered',
    startMs: 10_000,
    endMs: 14_000,
    phases: [],
    state: '',
    text: '',
    actions: '',
    attempts: null,
    alert: '',
    fromHost: '',
    toHost: '',
    acknowledgedBy: '',
    probability: null,
    row: 0,
    fields: {},
    ...more,
  };
}

/** A lane for tests. */
export function testLane(items: RecoveryItem[], more: Partial<Lane> = {}): Lane {
  return { key: 'l', host: 'h1', domain: 'web-1', app: '', items, probability: null, ...more };
}
