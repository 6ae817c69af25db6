import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { domainTarget, open as openIncident, plan, record, T0 } from '../contract/fixtures.ts';
import { CorruptRecordError, type Store } from '../store.ts';
import { openSqliteStore } from './open.ts';

let folder: string;
let store: Store;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  warnings = [];
  store = await openSqliteStore(join(folder, 'a.db'), { onWarning: (text) => warnings.push(text) });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Changes the file behind the store's back. */
function damage(sql: string, ...parameters: string[]): void {
  const database = new DatabaseSync(join(folder, 'a.db'));
  database.prepare(sql).run(...parameters);
  database.close();
}

describe('a damaged record', () => {
  it.each([
    ['update incidents set hold = ? where id = ?', '{"reason":"cooldown"', /incidents \S+ cannot be read: hold: expected JSON/],
    ['update incidents set hold = ? where id = ?', '{"reason":"nonsense","why":"","retryAtMs":null}', /incidents \S+ cannot be read: hold\.reason: /],
    ['update incidents set fault = ? where id = ?', 'gremlins', /incidents \S+ cannot be read: fault: /],
    ['update incidents set target_kind = ? where id = ?', 'cloud', /incidents \S+ cannot be read: target\.kind: /],
  ])('of an incident is named and does not hide the others (%s, %s)', async (sql, value, message) => {
    const bad = await openIncident(store);
    const good = await openIncident(store, { target: domainTarget('good', 'good') });
    damage(sql, value, bad.id);
    expect((await store.openIncidents()).map((each) => each.id)).toEqual([good.id]);
    expect((await store.recoveries({})).items.map((each) => each.id)).toEqual([good.id]);
    expect(warnings).toEqual([expect.stringMatching(message), expect.stringMatching(message)]);
    expect(warnings[0]).toContain(bad.id);
    await expect(store.incident(bad.id)).rejects.toThrow(CorruptRecordError);
    await expect(store.incident(bad.id)).rejects.toThrow(message);
  });

  it('of a forecast hides nothing but the forecast', async () => {
    const { id } = await openIncident(store);
    for (const value of ['{', '{"atMs":1}']) {
      damage('update incidents set forecast = ? where id = ?', value, id);
      expect(await store.openIncidents()).toMatchObject([{ id, forecast: null }]);
    }
  });

  it('keeps its target from being acted on', async () => {
    const bad = await openIncident(store);
    damage('update incidents set fault = ? where id = ?', 'gremlins', bad.id);
    await expect(openIncident(store)).rejects.toThrow(CorruptRecordError);
    await expect(store.patchIncident(bad.id, { state: 'executing' })).rejects.toThrow(CorruptRecordError);
  });

  it('of other kinds is named too', async () => {
    const incident = await openIncident(store);
    const attempt = await plan(store, incident.id);
    await store.putDomain(record());
    await store.putSetting('pause', { by: 'ann' });
    await store.addMaintenance({ scope: { kind: 'all' }, fromMs: T0, untilMs: T0 + 1, reason: 'r', createdBy: 'ann' });
    damage('update attempts set action = ? where id = ?', 'pray', attempt.id);
    damage('update domains set desired = ?', 'maybe');
    damage('update settings set value = ?', '{');
    damage('update maintenance set scope_kind = ?', 'some');
    expect(await store.attempts(incident.id)).toEqual([]);
    expect(await store.domains()).toEqual([]);
    expect(await store.maintenance(T0)).toEqual([]);
    expect(warnings.map((text) => /stored record (\w+)/.exec(text)?.[1])).toEqual(['attempts', 'domains', 'maintenance']);
    await expect(store.setting('pause')).rejects.toThrow(/settings pause cannot be read: value: expected JSON/);
    await expect(store.patchAttempt(attempt.id, { state: 'executing' })).rejects.toThrow(CorruptRecordError);
  });
});
