import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../store.ts';
import { runBatch, type BatchOptions } from './batch.ts';
import type { OperationName, Reply, Request } from './protocol.ts';

let database: DatabaseSync;
let statements: string[];
let options: BatchOptions;

/** Writes its id, unless `behave` says otherwise for that id. */
function set(behave: (id: number) => void = () => {}): void {
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    statements.push(sql);
    exec(sql);
  };
  options = {
    database,
    path: 'test.db',
    checkFile: () => {},
    perform({ id, operation }) {
      if (operation === 'domains') return count();
      database.prepare('insert into t values (?)').run(id);
      behave(id);
      return id;
    },
  };
}

const request = (id: number, operation: OperationName = 'putDomain'): Request => ({ id, operation, parameters: [] });
const count = (): number => (database.prepare('select count(*) as n from t').get() as { n: number }).n;
const outcomes = (replies: Reply[]): unknown[] => replies.map((reply) => (reply.ok ? reply.value : reply.error.type));

beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec('create table t (id integer primary key)');
  statements = [];
});
afterEach(() => database.close());

describe('group commit', () => {
  it('makes one transaction of many requests, answered in order', () => {
    set();
    const replies = runBatch(options, Array.from({ length: 200 }, (_, id) => request(id)));
    expect(replies).toEqual(Array.from({ length: 200 }, (_, id) => ({ id, ok: true, value: id })));
    expect(statements.filter((sql) => /begin|commit/.test(sql))).toEqual(['begin immediate', 'commit']);
    expect(count()).toBe(200);
  });

  it('undoes a failing request and nothing else', () => {
    set((id) => {
      if (id === 2) throw new Error('bug');
    });
    expect(outcomes(runBatch(options, [1, 2, 3].map((id) => request(id))))).toEqual([1, 'internal', 3]);
    expect(count()).toBe(2);
  });

  it('does the others again when SQLite gives up the whole transaction for one', () => {
    // As after SQLITE_FULL: the transaction is gone, not only the statement.
    set((id) => {
      if (id !== 2) return;
      database.prepare('rollback').run();
      throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
    });
    expect(outcomes(runBatch(options, [1, 2, 3].map((id) => request(id))))).toEqual([1, 'unavailable', 3]);
    expect(count()).toBe(2);
  });

  it('never reports as done what was rolled back', () => {
    set((id) => {
      if (id === 2) database.prepare('rollback').run();
    });
    expect(outcomes(runBatch(options, [1, 2, 3].map((id) => request(id))))).toEqual([1, 'internal', 3]);
    expect(count()).toBe(2);
  });

  it('tries each alone when the commit fails', () => {
    set();
    const { exec } = database;
    let failures = 0;
    database.exec = (sql) => {
      if (sql === 'commit' && failures++ === 0) throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 1034 });
      exec.call(database, sql);
    };
    expect(outcomes(runBatch(options, [1, 2].map((id) => request(id))))).toEqual([1, 2]);
    expect(count()).toBe(2);
    expect(statements.filter((sql) => sql === 'begin immediate')).toHaveLength(3);
  });

  it('refuses what writes and answers what reads when nothing can be written', () => {
    set();
    options.checkFile = () => {
      throw new StoreUnavailableError('removed');
    };
    expect(outcomes(runBatch(options, [request(1), request(2, 'domains'), request(3)]))).toEqual(['unavailable', 0, 'unavailable']);
    expect(count()).toBe(0);
  });

  it('lets a request see what those before it wrote', () => {
    set();
    expect(outcomes(runBatch(options, [request(1), request(2, 'domains'), request(3), request(4, 'domains')]))).toEqual([1, 1, 3, 2]);
  });

  it('opens no transaction for reading', () => {
    set();
    expect(outcomes(runBatch(options, [request(1, 'domains')]))).toEqual([0]);
    expect(statements).toEqual([]);
  });
});
