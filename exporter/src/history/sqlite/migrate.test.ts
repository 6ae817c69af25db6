import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../store.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';

let database: DatabaseSync;
beforeEach(() => {
  database = new DatabaseSync(':memory:');
});
afterEach(() => database.close());

const version = (): unknown => database.prepare('pragma user_version').get();
const tables = (): string[] => database.prepare(`select name from sqlite_schema where type = 'table' order by name`).all().map((row) => row['name'] as string);

describe('migrations', () => {
  it('bring a new file to the latest schema, once', () => {
    migrate(database, 'x.db', MIGRATIONS);
    expect(version()).toEqual({ user_version: MIGRATIONS.length });
    const before = tables();
    expect(before).toContain('incidents');
    migrate(database, 'x.db', MIGRATIONS);
    expect(tables()).toEqual(before);
  });

  it('go on from where the file is', () => {
    migrate(database, 'x.db', ['create table a (x)']);
    migrate(database, 'x.db', ['create table a (x)', 'create table b (x)', 'alter table b add column y']);
    expect(tables()).toEqual(['a', 'b']);
    expect(version()).toEqual({ user_version: 3 });
  });

  it('are all or nothing', () => {
    expect(() => migrate(database, 'x.db', ['create table a (x)', 'create nonsense'])).toThrow(/syntax error/);
    expect([tables(), version()]).toEqual([[], { user_version: 0 }]);
    expect(database.isTransaction).toBe(false);
  });

  it('refuse a newer schema and say what to do', () => {
    migrate(database, 'x.db', ['create table a (x)', 'create table b (x)']);
    const older = (): void => migrate(database, 'x.db', ['create table a (x)']);
    expect(older).toThrow(StoreUnavailableError);
    expect(older).toThrow(/x\.db was written by a newer virtmedic \(schema 2, this one knows 1\): upgrade/);
    expect(tables()).toEqual(['a', 'b']);
  });

  it('refuse a database of another application', () => {
    database.exec('create table theirs (x)');
    expect(() => migrate(database, 'x.db', MIGRATIONS)).toThrow(/another application/);
    expect(tables()).toEqual(['theirs']);
  });

  it('keep where the targets of older incidents were', () => {
    const [initial = '', ...later] = MIGRATIONS;
    migrate(database, 'x.db', [initial]);
    for (const [id, host] of [['i1', 'beta'], ['i2', 'beta']]) {
      database.exec(`insert into incidents (id, target_key, target_kind, host, fault, state, fault_at_ms, opened_at_ms) values ('${id}', 'k${id}', 'host', '${host}', 'f', 'open', 1, 1)`);
    }
    for (const [ordinal, host] of [[2, 'beta'], [1, 'alpha']]) {
      database.exec(`insert into attempts (id, incident_id, ordinal, action, host, state, planned_at_ms, actor) values ('a${ordinal}', 'i1', ${ordinal}, 'start', '${host}', 'ended', 1, 'policy')`);
    }
    migrate(database, 'x.db', [initial, ...later]);
    expect(database.prepare('select id, host, from_host from incidents order by id').all()).toEqual([
      { id: 'i1', host: 'beta', from_host: 'alpha' },
      { id: 'i2', host: 'beta', from_host: 'beta' },
    ]);
  });

  it('leave older incidents without a forecast', () => {
    migrate(database, 'x.db', MIGRATIONS.slice(0, 2));
    database.exec(`insert into incidents (id, target_key, target_kind, host, fault, state, fault_at_ms, opened_at_ms) values ('i1', 'k', 'host', 'h', 'f', 'open', 1, 1)`);
    migrate(database, 'x.db', MIGRATIONS);
    expect(database.prepare('select id, forecast from incidents').all()).toEqual([{ id: 'i1', forecast: null }]);
  });

  it('leave older incidents without an app, and whole', () => {
    migrate(database, 'x.db', MIGRATIONS.slice(0, 3));
    database.exec(`insert into incidents (id, target_key, target_kind, host, domain_uuid, domain_name, fault, state, fault_at_ms, opened_at_ms) values ('i1', 'domain/u', 'domain', 'h', 'u', 'web', 'f', 'open', 1, 1)`);
    migrate(database, 'x.db', MIGRATIONS);
    expect(version()).toEqual({ user_version: MIGRATIONS.length });
    expect(database.prepare('select id, target_kind, domain_uuid, domain_name, app from incidents').all()).toEqual([{ id: 'i1', target_kind: 'domain', domain_uuid: 'u', domain_name: 'web', app: null }]);
  });

  it('have an index for every query of history, budget and pruning', () => {
    migrate(database, 'x.db', MIGRATIONS);
    const planOf = (sql: string): string => database.prepare(`explain query plan ${sql}`).all().map((row) => String(row['detail'])).join('; ');
    const newest = 'order by opened_at_ms desc, id desc limit 10';
    for (const condition of ['', `where host = 'h'`, `where fault = 'f'`, `where outcome = 'o'`, `where app = 'a'`, `where (opened_at_ms, id) < (1, 'x')`, `where host = 'h' and (opened_at_ms, id) < (1, 'x')`]) {
      expect(planOf(`select * from incidents ${condition} ${newest}`)).toMatch(/^(SCAN|SEARCH) incidents USING INDEX incidents_by_\w+[^;]*$/);
    }
    expect(planOf(`select id from incidents where target_key = 'k' and closed_at_ms is null`)).toContain('incidents_one_open');
    expect(planOf(`select id from incidents where closed_at_ms < 5 order by closed_at_ms limit 9`)).toMatch(/^SEARCH incidents USING (COVERING )?INDEX incidents_by_span[^;]*$/);
    // What was open at a moment is found by its end, from an index alone.
    expect(planOf(`select id from incidents where closed_at_ms is null and opened_at_ms < 5`)).toMatch(/COVERING INDEX incidents_by_span \(closed_at_ms=\? AND opened_at_ms<\?\)/);
    expect(planOf(`select id from incidents where closed_at_ms > 5 and opened_at_ms < 5`)).toMatch(/COVERING INDEX incidents_by_span/);
    expect(planOf(`select a.* from json_each('[]') i join attempts a on a.incident_id = i.value`)).toMatch(/SEARCH a USING INDEX/);
    expect(planOf(`select * from attempts where state <> 'ended' order by planned_at_ms, id`)).toContain('attempts_unfinished');
  });
});
