import { describe, expect, it } from 'vitest';
import type { LifecycleChange } from '../perception/events.ts';
import { BY_ALERT, ladder, pause, useHarness } from './testing/harness.ts';

const h = useHarness();
const ALWAYS = [{ managed: true, trigger: 'direct', restartPolicy: 'always' }];
const record = async () => (await h.engine.store.domains())[0];
const listing = () => h.world.listener?.({ kind: 'listing_complete', host: 'h1', atMs: Date.now() + 10_000, domains: 1, afterConnect: false });
const lifecycle = (change: LifecycleChange, atMs = Date.now()) =>
  h.world.listener?.({ kind: 'domain_lifecycle', host: 'h1', uuid: h.domain.uuid, name: 'web-1', atMs, change, detail: '', stop: null });

/** What happens while nobody listens, or is shed. */
function unseen(run: () => void): void {
  const { listener } = h.world;
  h.world.listener = null;
  run();
  h.world.listener = listener;
}

describe('a domain that left by migration', () => {
  it('keeps no proof of its deletion: it must never be defined again where it left', async () => {
    await h.start({ domains: ALWAYS });
    await h.engine.store.saveDefinition(h.domain.uuid, 'h1', h.domain.uuid, Date.now());
    h.world.migrateAway(h.domain.uuid);
    await h.engine.idle();
    expect((await record())?.undefinedAtMs).toBeNull();
    for (let listings = 0; listings < 3; listings += 1) h.world.list();
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
    expect((await record())?.undefinedAtMs).toBeNull();
  });

  it('keeps none either when it was undefined while it ran', async () => {
    await h.start({ domains: [{ managed: true, trigger: 'alert', restartPolicy: 'always' }] });
    h.domain.persistent = false;
    lifecycle('undefined');
    await h.engine.idle();
    expect((await record())?.undefinedAtMs).toBeNull();
  });

  it('nor while another host is silent', async () => {
    await h.start({ domains: ALWAYS });
    unseen(() => h.world.setHost('h1', 'unreachable'));
    lifecycle('undefined');
    await h.engine.idle();
    expect(await record()).toMatchObject({ undefinedAtMs: null, desired: 'running' });
  });
});

it('gives a running domain its definition back under always, over a restart of virtmedic', async () => {
  await h.start({ domains: [{ managed: true, trigger: 'alert', restartPolicy: 'always' }] });
  await h.engine.store.saveDefinition(h.domain.uuid, 'h1', h.domain.uuid, Date.now());
  h.domain.persistent = false;
  lifecycle('undefined');
  await h.engine.idle();
  await h.engine.stop();
  await h.start({ domains: [{ managed: true, trigger: 'alert', restartPolicy: 'always' }] });
  expect(await h.open()).toMatchObject([{ fault: 'domain_missing' }]);
});

it('leaves stopped what the inventory wants stopped, when it defines it again', async () => {
  const inventory = { domains: [{ name: 'web-1', desired: 'stopped' as const }] };
  await h.start({ domains: ALWAYS, inventory });
  await h.engine.store.saveDefinition(h.domain.uuid, 'h1', h.domain.uuid, Date.now());
  h.world.shutdown(h.domain.uuid, 'destroyed');
  h.world.undefine(h.domain.uuid);
  await h.engine.idle();
  h.world.list();
  h.world.list();
  await h.engine.idle();
  expect(h.effects()).toEqual(['define']);
});

describe('a domain that is to be stopped, and is deleted', () => {
  async function deleteStopped(restartPolicy: string): Promise<void> {
    await h.start({ domains: [{ managed: true, trigger: 'direct', restartPolicy }] });
    await h.engine.store.saveDefinition(h.domain.uuid, 'h1', h.domain.uuid, Date.now());
    await h.engine.recovery.control.act({ domain: 'web-1', action: 'stop', dryRun: false, actor: 'anna', reason: '' });
    await h.engine.idle();
    h.world.undefine(h.domain.uuid);
    await h.engine.idle();
    h.world.list();
    h.world.list();
    await h.engine.idle();
  }

  it('is defined again under always, and left stopped', async () => {
    await deleteStopped('always');
    expect(h.effects()).toEqual(['shutdown', 'define']);
    expect((await h.history()).at(-1)).toMatchObject({ fault: 'domain_missing', outcome: 'recovered' });
  });

  it('is no longer known under on-failure', async () => {
    await deleteStopped('on-failure');
    expect(h.effects()).toEqual(['shutdown']);
    expect(await record()).toBeUndefined();
    expect(await h.engine.store.definition(h.domain.uuid)).toBeNull();
  });
});

describe('news that are late, lost or about something else', () => {
  it('a definition left behind on another host does not say what is wanted', async () => {
    await h.start({ domains: BY_ALERT });
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    const left = { ...h.domain, host: 'h2', reason: 'shutdown', autostart: false };
    h.world.listener?.({ kind: 'domain_listed', host: 'h2', uuid: left.uuid, name: left.name, atMs: Date.now(), sighting: left });
    await h.engine.idle();
    expect((await record())?.desired).toBe('running');
    expect(await h.open()).toMatchObject([{ hold: { reason: 'waiting_for_alert' } }]);
  });

  it('a start that is handled after a later stop by a person does not undo it', async () => {
    await h.start();
    const earlierMs = Date.now() - 1;
    h.world.shutdown(h.domain.uuid, 'shutdown');
    await h.engine.idle();
    lifecycle('started', earlierMs);
    await h.engine.idle();
    expect((await record())?.desired).toBe('stopped');
  });

  it('a start whose event was shed is learnt from the next listing', async () => {
    await h.start();
    h.world.shutdown(h.domain.uuid, 'shutdown');
    await h.engine.idle();
    unseen(() => Object.assign(h.domain, { state: 'running', reason: 'booted', sinceMs: Date.now() }));
    listing();
    await h.engine.idle();
    expect((await record())?.desired).toBe('running');
  });

  it('so is a stop by a person, which is told once', async () => {
    await h.start();
    unseen(() => h.world.shutdown(h.domain.uuid, 'destroyed'));
    for (let times = 0; times < 3; times += 1) {
      listing();
      await h.engine.idle();
    }
    expect((await record())?.desired).toBe('stopped');
    expect(await h.history()).toMatchObject([{ outcomeReason: 'notify_only' }]);
  });

  it('an ordered stop that the guest ignores stays wanted, whatever else is heard of the domain', async () => {
    await h.start({ domains: ALWAYS });
    h.world.intercept = () => Promise.reject(new Error('the guest does not listen'));
    await h.engine.recovery.control.act({ domain: 'web-1', action: 'stop', dryRun: false, actor: 'anna', reason: '' });
    await h.engine.idle();
    lifecycle('shutdown', Date.now() + 10_000);
    await h.engine.idle();
    h.world.shutdown(h.domain.uuid, 'shutdown');
    await h.engine.idle();
    expect(h.effects()).toEqual([]);
  });
});

it('respects a stop by a person while a start of ours is verified', async () => {
  await h.start({ probesAnsweredSince: () => false, domains: [{ managed: true, trigger: 'direct', ladders: { domain_crashed: ladder('start', 'restart') } }] });
  h.world.kill(h.domain.uuid);
  await h.acted(1);
  // Later than an event of our own action may come.
  await pause(2300);
  h.world.shutdown(h.domain.uuid, 'destroyed');
  await h.engine.idle();
  expect(h.effects()).toEqual(['create']);
  expect((await record())?.desired).toBe('stopped');
  expect(await h.open()).toEqual([]);
});
