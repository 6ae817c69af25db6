import { expect, it } from 'vitest';
import type { DomainRecord } from '../history/store.ts';
import { overlapsOwnOperation } from './own-operations.ts';
import type { OwnOperationsState } from './own-operations.ts';
import type { OwnAction } from './own-actions.ts';

const action = (fromMs: number, toMs: number | null): OwnAction => ({ fromMs, toMs, down: null });
const STATE: OwnOperationsState = {
  domains: new Map([['a', { host: 'h1' } as DomainRecord], ['b', { host: 'h2' } as DomainRecord]]),
  executing: new Map([['domain/b', 'h3']]),
  ownActions: new Map([['a', action(100, 200)], ['b', action(500, null)]]),
  appOperations: new Map([['d', { fromMs: 100, toMs: 200 }]]),
};

it.each<[string, string | null, string, number, number, boolean]>([
  ['before it', 'a', 'h1', 0, 99, false],
  ['as it begins', 'a', 'h1', 90, 100, true],
  ['around it', 'a', 'h1', 0, 900, true],
  ['as it ends', 'a', 'h1', 200, 210, true],
  ['after it', 'a', 'h1', 201, 300, false],
  ['while one is under way', 'b', 'h2', 9000, 9001, true],
  ['on another domain', 'c', 'h1', 150, 160, false],
  ['on an app in it', 'd', 'h5', 150, 160, true],
  ['after one on an app in it', 'd', 'h5', 201, 300, false],
  ['on the host of the domain', null, 'h1', 150, 160, true],
  ['on the host where it is done', null, 'h3', 600, 700, true],
  ['on the host where the domain is known', null, 'h2', 600, 700, true],
  ['on a host without operations', null, 'h4', 0, 9000, false],
])('tells whether an operation overlapped: %s', (_, uuid, host, fromMs, toMs, expected) => {
  expect(overlapsOwnOperation(STATE, { uuid, host }, fromMs, toMs)).toBe(expected);
});
