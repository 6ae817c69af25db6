import { describe, expect, it } from 'vitest';
import type { Store } from '../history/store.ts';
import type { ActionRequest } from '../web/control.ts';
import { ladder, until, useHarness } from './testing/harness.ts';

const h = useHarness();
const act = (action: ActionRequest['action'], domain = 'web-1') =>
  h.engine.recovery.control.act({ domain, action, dryRun: false, actor: 'anna', reason: 'test' });
const MANAGED = { managed: true, trigger: 'direct' };

describe('orders', () => {
  it('of two given at once the second is refused', async () => {
    await h.start();
    const results = await Promise.allSettled([act('destroy'), act('restart')]);
    await h.engine.idle();
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
    expect(h.effects()).toEqual(['destroy']);
  });

  it('wait for their place, and are not carried out where the domain is not managed any more', async () => {
    const other = h.world.add('web-2');
    await h.start({ config: { recovery: { verifySeconds: 0.02, concurrency: { global: 1 } } } });
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    h.world.intercept = (point) => (point === 'before create' ? held : Promise.resolve());
    h.world.kill(other.uuid);
    await until(() => h.engine.recovery.context.state.executing.size === 1);
    const { incidentId } = await act('destroy');
    await until(async () => (await h.engine.store.recovery(incidentId ?? ''))?.decisions.at(-1)?.reason === 'concurrency');
    expect(h.effects()).toEqual([]);
    await h.engine.reload([{ match: { name: 'web-2' }, ...MANAGED }, { managed: false }]);
    go();
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
    expect((await h.history()).at(-1)).toMatchObject({ fault: 'requested', outcome: 'failed' });
    expect((await h.engine.store.domains()).map((record) => record.desired)).toEqual(['running', 'running']);
  });

  it('to stop what the inventory wants running under always are refused', async () => {
    const inventory = { domains: [{ name: 'web-1', desired: 'running' as const }] };
    await h.start({ domains: [{ ...MANAGED, restartPolicy: 'always' }], inventory });
    await expect(act('stop')).rejects.toThrow('the inventory wants the domain running');
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
  });

  it('that fail leave an escalated incident to people', async () => {
    const once = { rungs: [{ action: 'start', timeoutSeconds: 5 }, { action: 'restart', timeoutSeconds: 5 }], budget: { recoveries: 1, windowSeconds: 3600 } };
    await h.start({ domains: [{ ...MANAGED, ladders: { domain_crashed: once } }] });
    for (let kills = 0; kills < 2; kills += 1) {
      h.world.kill(h.domain.uuid);
      await h.engine.idle();
    }
    expect(await h.open()).toMatchObject([{ state: 'escalated' }]);
    await act('reset');
    await h.engine.idle();
    h.world.list();
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
    expect(await h.open()).toMatchObject([{ state: 'escalated' }]);
  });

  it('are obeyed although the incident they were given for ends meanwhile', async () => {
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    const wrapStore = (store: Store): Store => ({
      ...bound(store),
      closeIncident: (id, end) => held.then(() => store.closeIncident(id, end)),
    });
    await h.start({ domains: [{ managed: true, trigger: 'alert' }], wrapStore });
    h.world.hang(h.domain.uuid);
    await h.engine.idle();
    const [open] = await h.open();
    Object.assign(h.domain, { health: 'healthy', evidence: [] });
    h.world.list();
    await until(async () => (await h.engine.store.recovery(open?.id ?? ''))?.decisions.at(-1)?.kind === 'suppress');
    await act('destroy');
    go();
    await h.engine.idle();
    expect(h.effects()).toEqual(['destroy']);
    expect((await h.history()).map((one) => one.fault)).toEqual(['domain_hung', 'requested']);
    expect(await h.open()).toEqual([]);
  });
});

it('brings up again what a failed order to restart has taken down', async () => {
  await h.start({ domains: [{ ...MANAGED, ladders: { domain_stopped: ladder('start') } }] });
  let failures = 1;
  h.world.intercept = (point) => (point === 'before create' && failures-- > 0 ? Promise.reject(new Error('no memory')) : Promise.resolve());
  await act('restart');
  await h.engine.idle();
  expect(h.effects()).toEqual(['destroy', 'create']);
  expect(await h.history()).toMatchObject([{ fault: 'requested', outcome: 'failed' }, { fault: 'domain_stopped', outcome: 'recovered' }]);
  expect((await h.engine.store.domains())[0]?.desired).toBe('running');
});

it('refuses to start a domain that left by migration: it may run where nobody looks', async () => {
  await h.start();
  await h.engine.store.saveDefinition(h.domain.uuid, 'h1', h.domain.uuid, Date.now());
  h.world.migrateAway(h.domain.uuid);
  await h.engine.idle();
  await expect(act('rebuild')).rejects.toMatchObject({ status: 409 });
  expect(h.effects()).toEqual([]);
});

describe('a person', () => {
  it('who closes an incident is not asked again, until the domain is started and fails anew', async () => {
    const fails = [{ ...MANAGED, ladders: { domain_crashed: ladder('start') } }];
    await h.start({ domains: fails });
    h.world.intercept = () => Promise.reject(new Error('no memory'));
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    const [open] = await h.open();
    await h.engine.recovery.control.close(open?.id ?? '', 'anna', 'known');
    h.world.list();
    await h.engine.idle();
    expect(await h.history()).toHaveLength(1);
    h.world.intercept = () => Promise.resolve();
    await h.world.hypervisor('h1')?.create(h.domain.uuid);
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect((await h.history()).map((one) => one.outcome)).toEqual(['escalated', 'recovered']);
  });

  it('cannot forget or close what is being worked on', async () => {
    await h.start({ domains: [{ ...MANAGED, restartPolicy: 'always' }] });
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    h.world.intercept = (point) => (point === 'before create' ? held : Promise.resolve());
    h.world.kill(h.domain.uuid);
    await until(() => h.engine.recovery.context.state.executing.size === 1);
    await expect(h.engine.recovery.control.forget(h.domain.uuid, 'anna')).rejects.toMatchObject({ status: 409 });
    await expect(h.engine.recovery.control.close((await h.open())[0]?.id ?? '', 'anna', 'x')).rejects.toMatchObject({ status: 409 });
    go();
    await h.engine.idle();
    expect(await h.history()).toMatchObject([{ outcome: 'recovered' }]);
  });

  it('who forgets a domain while its incident is being opened leaves none behind', async () => {
    let forgetting: Promise<void> | null = null;
    const wrapStore = (store: Store): Store => ({
      ...bound(store),
      openIncident: async (request) => {
        forgetting ??= h.engine.recovery.control.forget(h.domain.uuid, 'anna');
        await forgetting;
        return store.openIncident(request);
      },
    });
    await h.start({ wrapStore });
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
    expect(await h.open()).toEqual([]);
    expect(await h.engine.store.domains()).toEqual([]);
  });

  it('who pauses before the first side effect stops it', async () => {
    let paused = false;
    const wrapStore = (store: Store): Store => ({
      ...bound(store),
      beginStep: async (step) => {
        const begun = await store.beginStep(step);
        if (!paused) await h.engine.recovery.control.pause('anna', 'stop');
        paused = true;
        return begun;
      },
    });
    await h.start({ wrapStore });
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
    expect(await h.open()).toMatchObject([{ state: 'open', hold: { reason: 'pause' } }]);
    await h.engine.recovery.control.unpause('anna');
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
  });
});

describe('a reload', () => {
  it('out of a dry run recovers what the dry run only told of', async () => {
    await h.start({ domains: [{ ...MANAGED, dryRun: true }] });
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
    await h.engine.reload([MANAGED]);
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
  });

  it('that takes a held domain out of management ends its incident', async () => {
    await h.start();
    await h.engine.recovery.control.pause('anna', 'wait');
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    await h.engine.reload([]);
    await h.engine.recovery.control.unpause('anna');
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
    expect(await h.history()).toMatchObject([{ outcomeReason: 'not_managed' }]);
  });
});

it('looks at a held incident at every listing without piling up later looks', async () => {
  await h.start();
  await h.engine.recovery.control.addMaintenance({ domain: 'web-1', untilMs: Date.now() + 3_600_000, reason: 'upgrade', actor: 'anna' });
  h.world.kill(h.domain.uuid);
  await until(async () => (await h.open())[0]?.hold?.reason === 'maintenance');
  for (let listings = 0; listings < 20; listings += 1) {
    h.world.list();
    await until(() => h.engine.waiting() <= 2);
  }
});

function bound(store: Store): Store {
  return new Proxy({} as Store, {
    get: (_, name) => (Reflect.get(store, name) as (...args: unknown[]) => unknown).bind(store),
    ownKeys: () => Object.keys(store),
    getOwnPropertyDescriptor: (_, name) => ({ enumerable: true, configurable: true, value: (Reflect.get(store, name) as (...args: unknown[]) => unknown).bind(store) }),
  });
}
