/** The store fails once, at every write of a recovery and of an order: nothing twice, nothing left behind, nothing stuck. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../history/store.ts';
import { StoreUnavailableError } from '../history/store.ts';
import { READS } from './testing/engine.ts';
import { until, useHarness } from './testing/harness.ts';

const h = useHarness();
const DIRECT = [{ managed: true, trigger: 'direct' }];

/** Refuses one write, the one of this number, either before or after it is done. */
function failingOnce(number: () => number, after: boolean): { wrap: (store: Store) => Store; count: () => number } {
  let writes = 0;
  const wrap = (store: Store): Store =>
    new Proxy(store, {
      get(target, name, receiver): unknown {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function' || READS.has(String(name))) return member;
        return async (...args: unknown[]): Promise<unknown> => {
          const fails = ++writes === number();
          if (fails && !after) throw new StoreUnavailableError('the disk is full');
          const value: unknown = await (member as (...all: unknown[]) => unknown).apply(target, args);
          if (fails) throw new StoreUnavailableError('the disk is full');
          return value;
        };
      },
    });
  return { wrap, count: () => writes };
}

describe('the store fails at any write of an order that holds until it is taken back', () => {
  const HOUR_MS = 3_600_000;

  it.each([1, 2])('maintenance, at write %i: it is not in force, and can be given again', async (nth) => {
    let failAt = -1;
    const failing = failingOnce(() => failAt, false);
    await h.start({ domains: DIRECT, wrapStore: failing.wrap });
    const { control } = h.engine.recovery;
    const order = { domain: 'web-1', untilMs: Date.now() + HOUR_MS, reason: 'upgrade', actor: 'anna' };
    failAt = failing.count() + nth;
    await expect(control.addMaintenance(order)).rejects.toThrow(StoreUnavailableError);
    expect([h.engine.recovery.context.state.maintenance, await h.engine.store.maintenance(Date.now())]).toEqual([[], []]);
    expect(await control.addMaintenance(order)).toMatchObject({ createdBy: 'anna' });
  });

  it.each([1, 2])('its end, at write %i: it stays, and what it held waits until it has ended', async (nth) => {
    let failAt = -1;
    const failing = failingOnce(() => failAt, false);
    await h.start({ domains: DIRECT, wrapStore: failing.wrap });
    const { control } = h.engine.recovery;
    const { id } = await control.addMaintenance({ domain: 'web-1', untilMs: Date.now() + HOUR_MS, reason: 'upgrade', actor: 'anna' });
    h.world.kill(h.domain.uuid);
    // Not idle: the end of the maintenance waits in the queue.
    await until(async () => (await h.open())[0]?.hold?.reason === 'maintenance');
    failAt = failing.count() + nth;
    await expect(control.removeMaintenance(id, 'anna')).rejects.toThrow(StoreUnavailableError);
    expect(h.engine.recovery.context.state.maintenance).toEqual(await h.engine.store.maintenance(Date.now()));
    expect(h.engine.recovery.context.state.maintenance).toHaveLength(1);
    expect(h.effects()).toEqual([]);
    await control.removeMaintenance(id, 'anna');
    await until(async () => (await h.open()).length === 0);
    expect(h.effects()).toEqual(['create']);
    await expect(control.removeMaintenance(id, 'anna')).rejects.toThrow(`no maintenance ${id}`);
  });

  it.each([1, 2])('the end of a pause, at write %i: it stays, and what it held waits until it has ended', async (nth) => {
    let failAt = -1;
    const failing = failingOnce(() => failAt, false);
    await h.start({ domains: DIRECT, wrapStore: failing.wrap });
    const { control } = h.engine.recovery;
    await control.pause('anna', 'wait');
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    failAt = failing.count() + nth;
    await expect(control.unpause('anna')).rejects.toThrow(StoreUnavailableError);
    expect([control.paused() !== null, await h.engine.store.setting('pause') !== null]).toEqual([true, true]);
    await control.unpause('anna');
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
  });
});

describe.each([false, true])('the store fails once (after the write: %s)', (after) => {
  it.each(Array.from({ length: 14 }, (_, index) => index + 1))('at write %i of an order: it is done at most once, and nothing stays behind', async (nth) => {
    let failAt = -1;
    const failing = failingOnce(() => failAt, after);
    await h.start({ domains: DIRECT, wrapStore: failing.wrap });
    failAt = failing.count() + nth;
    const order = { domain: 'web-1', action: 'destroy' as const, dryRun: false, actor: 'anna', reason: 'test' };
    await h.engine.recovery.control.act(order).catch(() => undefined);
    await h.engine.idle();
    h.world.list();
    await h.engine.idle();
    expect(h.effects().filter((kind) => kind === 'destroy').length).toBeLessThanOrEqual(1);
    expect(await h.open()).toEqual([]);
    expect(await h.engine.store.unfinishedAttempts()).toEqual([]);
    expect(await h.engine.store.acquireLock(h.domain.uuid, 'somebody else', 'test', Date.now())).toBe(true);
    expect(h.engine.recovery.context.state).toMatchObject({ ordered: new Set(), unsettled: new Set(), executing: new Map() });
  });

  it.each(Array.from({ length: 16 }, (_, index) => index + 1))('at write %i of a recovery: one start, and it ends', async (nth) => {
    let failAt = -1;
    const failing = failingOnce(() => failAt, after);
    await h.start({ domains: DIRECT, wrapStore: failing.wrap });
    failAt = failing.count() + nth;
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
    expect((await h.history()).map((one) => one.outcome)).toEqual(['recovered']);
    expect(h.engine.recovery.context.state).toMatchObject({ unsettled: new Set(), executing: new Map() });
  });
});
