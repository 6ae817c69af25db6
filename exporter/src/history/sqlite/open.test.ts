import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { domainTarget, open as openIncident, T0 } from '../contract/fixtures.ts';
import { StoreUnavailableError } from '../store.ts';
import { openSqliteStore, startWorker } from './open.ts';

const WRITER = fileURLToPath(new URL('./testing/writer.ts', import.meta.url));

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  path = join(folder, 'virtmedic.db');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the worker', () => {
  it('may die: what was acknowledged is there, and the next call goes on', async () => {
    const workers: Worker[] = [];
    const store = await openSqliteStore(path, {
      startWorker: (at) => {
        const worker = startWorker(at);
        workers.push(worker);
        return worker;
      },
    });
    const { id } = await openIncident(store);
    const calls = Array.from({ length: 50 }, (_, index) => store.putSetting(`k${index}`, index));
    const settled = Promise.allSettled(calls);
    await workers[0]?.terminate();
    const acknowledged = (await settled).flatMap((each, index) => (each.status === 'fulfilled' ? [index] : []));
    for (const each of await settled) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(StoreUnavailableError);
    expect((await store.incident(id))?.id).toBe(id);
    for (const index of acknowledged) expect(await store.setting(`k${index}`)).toBe(index);
    expect(workers).toHaveLength(2);
    await store.close();
  });
});

describe('a storm', () => {
  it('of 1,000 incidents at once is stored whole', async () => {
    const store = await openSqliteStore(path);
    const opened = await Promise.all(Array.from({ length: 1000 }, (_, index) => openIncident(store, { target: domainTarget(`d${index}`, `u${index}`) })));
    expect(new Set(opened.map((each) => each.id)).size).toBe(1000);
    expect(await store.openIncidents()).toHaveLength(1000);
    await store.close();
  });
});

/** The writer prints what was acknowledged, one word a line, and ends with `end: <reason>` when a write fails. */
function startWriter(arguments_: string[]): { child: ReturnType<typeof spawn>; lines: AsyncIterable<string> } {
  const child = spawn(arguments_[0] as string, arguments_.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, lines: createInterface({ input: child.stdout as NodeJS.ReadableStream }) };
}

function check(): string[] {
  const database = new DatabaseSync(path);
  const integrity = database.prepare('pragma integrity_check').all();
  const foreign = database.prepare('pragma foreign_key_check').all();
  database.close();
  return [...integrity, ...foreign].map((row) => String(Object.values(row)[0]));
}

describe('kill -9 in the middle of writes', () => {
  it('leaves a sound database that holds all that was acknowledged, and no half of anything', async () => {
    const acknowledged = new Set<string>();
    for (const most of [1, 17, 60, 150]) {
      const { child, lines } = startWriter([process.execPath, WRITER, path]);
      const exited = once(child, 'exit');
      let seen = 0;
      for await (const line of lines) {
        acknowledged.add(line);
        seen += 1;
        if (seen === most) child.kill('SIGKILL');
      }
      expect((await exited)[1]).toBe('SIGKILL');
      expect(check()).toEqual(['ok']);
    }
    const store = await openSqliteStore(path);
    const stored = (await store.recoveries({ limit: 1000 })).items;
    const ids = new Set(stored.map((each) => each.id));
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(1 + 17 + 60 + 150);
    for (const each of stored) expect(each.evidence).toHaveLength(2);
    await store.close();
  });
});

describe('a limit on the size of files', () => {
  it('refuses writes with a reason, keeps what was acknowledged, and still reads', async () => {
    const { child, lines } = startWriter(['bash', '-c', `ulimit -f 300 && exec "$0" "$@"`, process.execPath, WRITER, path]);
    const exited = once(child, 'exit');
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    expect(await exited).toEqual([0, null]);
    const acknowledged = all.filter((line) => !line.startsWith('end: '));
    expect(all.at(-1)).toMatch(/^end: StoreUnavailableError .*cannot be used: (reading or writing it failed|its disk is full); .*; still reads \d+$/);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(check()).toEqual(['ok']);
    const store = await openSqliteStore(path);
    const ids = new Set((await store.recoveries({ limit: 1000 })).items.map((each) => each.id));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    await store.putSetting('after', T0);
    await store.close();
  });
});
