import { expect, test } from 'vitest';
import { configSchema } from '../../exporter/src/config/schema.ts';
import { TOUR, treatmentOf } from './breaks.ts';
import { BREAKS } from './options.ts';
import type { BreakName } from './options.ts';

const guestsOf = (breaks: readonly BreakName[]) => new Map(breaks.map((name, index) => [name, { name: TOUR[name].guestName, address: `10.213.0.${50 + index}` }]));

test('the whole tour is a configuration that virtmedic takes: each guest and each app once', () => {
  const config = configSchema.parse({ hosts: [{ name: 'h1', uri: 'qemu:///system' }], ...treatmentOf(guestsOf(BREAKS)) });
  expect(config.domains.map(({ match, managed }) => [match.name, managed])).toEqual([['vm1', true], ['vm2', true], ['vm3', true], ['vm4', true]]);
  expect(config.apps.map(({ name, domains, port }) => [name, domains.name, port])).toEqual([['web', 'vm4', 80]]);
});

test('without a fault inside a guest no app is declared', () => {
  expect(treatmentOf(guestsOf(['vm-killed']))).toMatchObject({ domains: [{ match: { name: 'vm1' } }], apps: [] });
});

test('all faults inside guests are in one guest, as there is one guest helper', () => {
  expect(new Set(Object.values(TOUR).flatMap(({ app, guestName }) => (app === null ? [] : [guestName, app.domains?.name]))).size).toBe(1);
});
