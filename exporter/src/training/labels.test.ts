import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { attempted, domainTarget, open as openIncident, T0 } from '../history/contract/fixtures.ts';
import { openSqliteStore } from '../history/index.ts';
import type { IncidentRecord, Store } from '../history/store.ts';
import { domainKey, hostKey } from '../prediction/model-source.ts';
import type { TargetKey } from '../prediction/model-source.ts';
import { DEFAULT_LABELLING, labelledSequences } from '../prediction/states-known.ts';
import { maskOf } from '../prediction/states.ts';
import type { SuppressReason } from '../vocabulary.ts';
import { labelsFrom } from './labels.ts';

const MINUTE_MS = 60_000;

let folder: string;
let store: Store;
/** Of this test. */
let uuid = '0';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labels-'));
  store = await openSqliteStore(join(folder, 'a.db'));
});
beforeEach(() => void (uuid = String(Number(uuid) + 1)));
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function open({ fault = 'domain_crashed', openedAtMs = T0 }: { fault?: IncidentRecord['fault']; openedAtMs?: number } = {}): Promise<IncidentRecord> {
  return openIncident(store, { target: domainTarget('web', uuid), fault, openedAtMs });
}

const labels = (fromMs = T0 - 1e6, toMs = T0 + 1e7, key: TargetKey = domainKey(uuid)) => labelsFrom(store)(key, fromMs, toMs);

it('a failure lasts until our first action; that and ten minutes after it are censored', async () => {
  const { id } = await open();
  await attempted(store, id, T0 + 2000, T0 + 3000, 'notify');
  await attempted(store, id, T0 + 5000, T0 + 20_000);
  await store.closeIncident(id, { atMs: T0 + 25_000, outcome: 'recovered' });
  expect(await labels()).toEqual({ failures: [{ fromMs: T0, toMs: T0 + 5000 }], censored: [{ fromMs: T0 + 5000, toMs: T0 + 20_000 + 10 * MINUTE_MS }] });
});

it('a failure that was recovered within the tick is learnt from all the same', async () => {
  const { id } = await open({ openedAtMs: T0 + 1000 });
  await attempted(store, id, T0 + 1500, T0 + 20_000);
  const record = { startMs: T0 - 2 * MINUTE_MS, tickSeconds: 60, symbols: new Int16Array(60).fill(40) };
  const sequences = labelledSequences(record, await labels(), DEFAULT_LABELLING);
  expect(sequences.map(({ possible }) => [...possible!])[0]).toEqual([...Array<number>(3).fill(maskOf('normal', 'abnormal')), maskOf('failed')]);
  expect(sequences[1]!.symbols).toHaveLength(60 - 13);
});

it('crash, panic, hang and absence are failures, while they last; other incidents are none, their actions are censored', async () => {
  let atMs = T0;
  for (const fault of ['domain_panicked', 'domain_hung', 'domain_missing'] as const) {
    const { id } = await open({ fault, openedAtMs: (atMs += MINUTE_MS) });
    await store.closeIncident(id, { atMs: atMs + 1000, outcome: 'suppressed', reason: 'self_recovered' });
  }
  for (const fault of ['domain_paused', 'domain_failing', 'requested'] as const) {
    const { id } = await open({ fault, openedAtMs: (atMs += MINUTE_MS) });
    await attempted(store, id, atMs + 100, atMs + 200);
    await store.closeIncident(id, { atMs: atMs + 1000, outcome: 'recovered' });
  }
  await open({ openedAtMs: (atMs += MINUTE_MS) });
  const { failures, censored } = await labels();
  expect(failures.toSorted((a, b) => a.fromMs - b.fromMs)).toEqual([1, 2, 3].map((n) => ({ fromMs: T0 + n * MINUTE_MS, toMs: T0 + n * MINUTE_MS + 1000 })).concat([{ fromMs: atMs, toMs: Infinity }]));
  expect(censored).toHaveLength(3);
});

it.each(['not_verified', 'desired_stopped'] satisfies SuppressReason[])('where nothing may have failed (%s), nothing is learnt', async (reason) => {
  const { id } = await open();
  await store.closeIncident(id, { atMs: T0 + 1000, outcome: 'suppressed', reason });
  expect(await labels()).toEqual({ failures: [], censored: [{ fromMs: T0, toMs: T0 + 1000 }] });
});

it('others are not mixed in: other domains, the host, other times', async () => {
  await openIncident(store, { target: domainTarget('web2', 'another') });
  const old = await open({ openedAtMs: T0 - 1e8 });
  await store.closeIncident(old.id, { atMs: T0 - 9e7, outcome: 'recovered' });
  expect(await labels()).toEqual({ failures: [], censored: [] });
  expect(await labels(T0 - 1e6, T0 + 1e6, hostKey('alpha'))).toEqual({ failures: [], censored: [] });
  expect((await labels(T0 - 2e8, T0 + 1e6)).failures).toHaveLength(1);
});
