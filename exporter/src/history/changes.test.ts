import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChangeFeed, publishingStore } from './changes.ts';
import { open, plan, T0 } from './contract/fixtures.ts';
import { openSqliteStore } from './index.ts';
import type { Store } from './store.ts';

describe('a feed of changes', () => {
  it('begins with now, then tells each recovery once, in the order of its last change', () => {
    const feed = createChangeFeed();
    feed.changed('before');
    const now = feed.since(null, 10);
    expect(now).toMatchObject({ ids: [], reset: false });
    for (const id of ['a', 'b', 'a', 'c']) feed.changed(id);
    const first = feed.since(now.nextCursor, 2);
    expect(first).toMatchObject({ ids: ['b', 'a'], reset: false });
    const second = feed.since(first.nextCursor, 2);
    expect(second).toMatchObject({ ids: ['c'], reset: false });
    expect(feed.since(second.nextCursor, 2)).toEqual({ ids: [], nextCursor: second.nextCursor, reset: false });
  });

  it('tells who is too far behind, or comes from elsewhere, to list anew', () => {
    const feed = createChangeFeed({ capacity: 2 });
    const { nextCursor: start } = feed.since(null, 10);
    for (const id of ['a', 'b']) feed.changed(id);
    expect(feed.since(start, 10)).toMatchObject({ ids: ['a', 'b'], reset: false });
    feed.changed('c');
    const answer = feed.since(start, 10);
    expect(answer).toMatchObject({ ids: [], reset: true });
    expect(feed.since(answer.nextCursor, 10)).toMatchObject({ ids: [], reset: false });
    const future = answer.nextCursor.replace(/\d+$/, '999');
    for (const cursor of [createChangeFeed().since(null, 1).nextCursor, '', 'x', future, `${answer.nextCursor}x`]) expect(feed.since(cursor, 10).reset).toBe(true);
  });

  it('never loses a change between two cursors', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.record({ change: fc.integer({ min: 0, max: 9 }) }), fc.record({ read: fc.integer({ min: 1, max: 4 }) })), { maxLength: 60 }), (moves) => {
        const feed = createChangeFeed({ capacity: 5 });
        let { nextCursor } = feed.since(null, 1);
        let due = new Set<string>();
        for (const move of moves) {
          if ('change' in move) {
            feed.changed(String(move.change));
            due.add(String(move.change));
            continue;
          }
          const answer = feed.since(nextCursor, move.read);
          ({ nextCursor } = answer);
          if (answer.reset) due = new Set();
          for (const id of answer.ids) due.delete(id);
        }
        for (let answer = feed.since(nextCursor, 3); ; answer = feed.since(answer.nextCursor, 3)) {
          if (answer.reset) due = new Set();
          for (const id of answer.ids) due.delete(id);
          if (answer.ids.length === 0) break;
        }
        expect([...due]).toEqual([]);
      }),
    );
  });

  it('calls who listens until they leave', () => {
    const feed = createChangeFeed();
    let calls = 0;
    const leave = feed.subscribe(() => (calls += 1));
    feed.changed('a');
    leave();
    feed.changed('b');
    expect(calls).toBe(1);
  });
});

describe('a store that tells of changes', () => {
  let folder = '';
  let store: Store;
  let told: string[] = [];
  const news = (): string[] => told.splice(0);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'changes-'));
    told = [];
    store = publishingStore(await openSqliteStore(join(folder, 'virtmedic.db')), { changed: (id) => void told.push(id) });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('does so after every change of a recovery, its attempts and their steps, and after nothing else', async () => {
    const { id } = await open(store);
    expect(news()).toEqual([id]);
    await store.patchIncident(id, { state: 'executing' });
    expect(news()).toEqual([id]);
    await store.addDecision({ incidentId: id, atMs: T0, kind: 'act', reason: 'start', why: '' });
    expect(news()).toEqual([id]);
    const attempt = await plan(store, id);
    expect(news()).toEqual([id]);
    await store.beginStep({ attemptId: attempt.id, name: 'create', startedAtMs: T0 });
    expect(news()).toEqual([id]);
    await store.endStep(attempt.id, 1, { state: 'succeeded', endedAtMs: T0 });
    expect(news()).toEqual([id]);
    await store.patchAttempt(attempt.id, { state: 'ended', endedAtMs: T0 });
    expect(news()).toEqual([id]);
    await store.closeIncident(id, { atMs: T0, outcome: 'recovered' });
    expect(news()).toEqual([id]);
    await store.recoveries({});
    await store.attemptsOf([id]);
    await store.putSetting('a', 1);
    await store.recordAudit({ atMs: T0, actor: 'a', action: 'b', target: 'c', detail: 'd' });
    expect(news()).toEqual([]);
  });

  it('does so when the change can be read, not before', async () => {
    const { id } = await open(store);
    const seen: unknown[] = [];
    const watched = publishingStore(store, { changed: (one) => void seen.push(store.incident(one).then((incident) => incident?.state)) });
    await watched.patchIncident(id, { state: 'verifying' });
    expect(await Promise.all(seen)).toEqual(['verifying']);
  });

  it('knows the attempts of the process before', async () => {
    const { id } = await open(store);
    const attempt = await plan(store, id);
    const restarted = publishingStore(store, { changed: (one) => void told.push(`restarted ${one}`) });
    await restarted.unfinishedAttempts();
    news();
    await restarted.beginStep({ attemptId: attempt.id, name: 'look', startedAtMs: T0 });
    expect(news()).toEqual([id, `restarted ${id}`]);
  });

  it('does so also where a write is reported to have failed: it may be there', async () => {
    const { id } = await open(store);
    const lost = Object.assign(Object.create(store) as Store, {
      patchAttempt: async (...[attempt, patch]: Parameters<Store['patchAttempt']>) => {
        await store.patchAttempt(attempt, patch);
        throw new Error('the answer was lost');
      },
    });
    const seen: string[] = [];
    const watched = publishingStore(lost, { changed: (one) => void seen.push(one) });
    const attempt = await plan(watched, id);
    seen.splice(0);
    await expect(watched.patchAttempt(attempt.id, { state: 'executing', executingAtMs: T0 })).rejects.toThrow('lost');
    expect(seen).toEqual([id]);
  });

  it('passes on what fails', async () => {
    await expect(store.patchIncident('nothing', { state: 'open' })).rejects.toThrow(/no incident nothing/);
  });
});
