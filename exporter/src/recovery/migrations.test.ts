import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from './testing/engine.ts';
import { ladder, until, useHarness } from './testing/harness.ts';
import type { FakeDomain } from './testing/world.ts';
import { createWorld } from './testing/world.ts';

const harness = useHarness();
const idle = () => harness.engine.idle();

beforeEach(() => {
  harness.world = createWorld(['h1', 'h2', 'h3']);
  harness.domain = harness.world.add('web-1');
});

/** Three hosts that reach each other; every domain may be migrated when it is forecast to fail. */
function migrating(options: { migrations?: object; domain?: object; rungs?: string[] } = {}): Partial<EngineOptions> {
  const hosts = ['h1', 'h2', 'h3'].map((name) => ({ name, uri: `qemu+tcp://${name}/system` }));
  const ladders = { domain_failing: ladder(...(options.rungs ?? ['notify', 'migrate'])) };
  return {
    config: { hosts, recovery: { verifySeconds: 0.02, migrations: options.migrations ?? {} } },
    domains: [{ managed: true, trigger: 'direct', relocate: true, ladders, ...options.domain }],
  };
}

function fails(domain: FakeDomain = harness.domain): void {
  harness.world.forecast(domain.uuid, 0.95);
}

/** The forecast begins anew where the domain has moved. */
function settleAfterMoves(): void {
  harness.world.intercept = (point) => {
    if (point === 'after migrate') for (const { uuid } of harness.world.domains.values()) if (harness.world.forecasts.domain(uuid)) harness.world.forecast(uuid, null);
    return Promise.resolve();
  };
}

async function lastAttempt() {
  const [recovery] = await harness.history();
  return { recovery, attempt: (await harness.engine.store.attempts(recovery?.id ?? '')).at(-1) };
}

describe('a domain that is forecast to fail and may be migrated', () => {
  it('is told of, goes to the host with the most memory left, and is recovered where it runs', async () => {
    settleAfterMoves();
    harness.world.memoryGib.set('h3', 16);
    await harness.start(migrating());
    fails();
    await idle();
    expect(harness.domain.host).toBe('h3');
    const { recovery } = await lastAttempt();
    expect(recovery).toMatchObject({ fault: 'domain_failing', outcome: 'recovered', fromHost: 'h1', target: { host: 'h3' }, outcomeText: 'migrated from h1 to h3: verified running there' });
    const detail = await harness.engine.store.recovery(recovery?.id ?? '');
    expect(detail?.attempts).toMatchObject([{ action: 'notify', result: 'succeeded' }, { action: 'migrate', host: 'h1', result: 'succeeded' }]);
    expect(detail?.steps).toMatchObject([{ name: 'migrate to h3', state: 'succeeded' }]);
    expect(detail?.decisions).toContainEqual(expect.objectContaining({ kind: 'act', reason: 'destination', why: 'to h3: 16.0 GiB of memory left, the most of 2 that may take it' }));
    expect((await harness.engine.store.domains())[0]).toMatchObject({ host: 'h3', desired: 'running' });
  });

  it('goes to no host that is not up, in maintenance, failing itself or short of memory, and says so', async () => {
    await harness.start(migrating({ rungs: ['migrate'] }));
    harness.world.setHost('h2', 'unreachable');
    harness.world.forecast('h3', 0.9);
    fails();
    await idle();
    const incident = (await harness.open()).find(({ fault }) => fault === 'domain_failing');
    expect(incident).toMatchObject({ state: 'open', hold: null });
    const error = 'no host may take it: h2: not up; h3: forecast to fail itself';
    expect(await harness.engine.store.attempts(incident?.id ?? '')).toMatchObject([{ action: 'migrate', result: 'unavailable', error }]);
    expect(harness.effects()).toEqual([]);
  });

  it.each([
    ['maintenance', 'h2: in maintenance; h3: in maintenance'],
    ['memory', 'h2: 0.5 GiB of memory left, 1.0 GiB needed; h3: 0.5 GiB of memory left, 1.0 GiB needed'],
  ])('%s keeps it where it is', async (what, why) => {
    await harness.start(migrating({ rungs: ['migrate'] }));
    for (const host of ['h2', 'h3']) {
      if (what === 'memory') harness.world.memoryGib.set(host, 0.5);
      else await harness.engine.recovery.control.addMaintenance({ host, untilMs: Date.now() + 60_000, reason: 'disk', actor: 'ann' });
    }
    fails();
    await idle();
    expect((await lastAttempt()).attempt?.error).toBe(`no host may take it: ${why}`);
    expect(harness.effects()).toEqual([]);
  });

  it('is never migrated where relocate is off, or its storage is not shared', async () => {
    await harness.start(migrating({ rungs: ['migrate'], domain: { relocate: false } }));
    fails();
    await idle();
    expect((await lastAttempt()).attempt).toMatchObject({ result: 'unavailable', error: 'relocate is off for this domain' });
    expect(harness.effects()).toEqual([]);
    await harness.engine.reload(migrating({ rungs: ['migrate', 'migrate'] }).domains ?? [], migrating().config);
    harness.world.unshared.add(harness.domain.uuid);
    harness.world.forecast(harness.domain.uuid, 0.1);
    await idle();
    fails();
    await until(async () => (await harness.history()).length === 2);
    await idle();
    const [, second] = await harness.history();
    const attempts = await harness.engine.store.attempts(second?.id ?? '');
    expect(attempts[0]).toMatchObject({ action: 'migrate', result: 'unavailable', error: expect.stringContaining('without shared storage') as string });
    expect(harness.domain.host).toBe('h1');
  });

  it('that could not be moved is a person\'s; when it fails after all, its fault is recovered', async () => {
    await harness.start(migrating({ rungs: ['migrate'] }));
    harness.world.intercept = (point) => (point === 'before migrate' ? Promise.reject(new Error('unable to connect to server')) : Promise.resolve());
    fails();
    await idle();
    expect(await harness.open()).toMatchObject([{ state: 'escalated', outcomeText: expect.stringContaining('migrate did not help: not migrated: unable to connect') as string }]);
    harness.world.kill(harness.domain.uuid);
    harness.world.forecast(harness.domain.uuid, null);
    await idle();
    expect(harness.effects()).toEqual(['create']);
    expect(await harness.history()).toMatchObject([{ fault: 'domain_crashed', outcome: 'recovered' }]);
  });

  it('is not moved on at once when it fails on the other host too', async () => {
    await harness.start(migrating({ rungs: ['migrate'] }));
    fails();
    await idle();
    expect(harness.effects()).toEqual(['migrate']);
    expect((await lastAttempt()).recovery).toMatchObject({ outcome: 'recovered' });
    const [open] = await harness.open();
    expect(await harness.engine.store.attempts(open?.id ?? '')).toMatchObject([{ action: 'migrate', result: 'unavailable', error: expect.stringContaining('moving does not help') as string }]);
    // Known over a restart.
    await harness.engine.stop();
    await harness.start(migrating({ rungs: ['migrate', 'migrate'] }));
    fails();
    await idle();
    expect(harness.effects()).toEqual(['migrate']);
  });
});

describe('many at once', () => {
  it('are moved one after the other, and no more within the hour than allowed', async () => {
    settleAfterMoves();
    const others = ['web-2', 'web-3', 'web-4'].map((name, index) => harness.world.add(name, index === 0 ? 'h1' : 'h2'));
    await harness.start(migrating({ rungs: ['migrate'], migrations: { atOnce: 1, perHour: 2 } }));
    let under = 0;
    let most = 0;
    harness.world.intercept = (point) => {
      if (point === 'before migrate') most = Math.max(most, (under += 1));
      if (point === 'after migrate') under -= 1;
      return new Promise((resolve) => setTimeout(resolve, 10));
    };
    for (const domain of [harness.domain, ...others]) fails(domain);
    await until(async () => (await harness.open()).filter(({ hold }) => hold?.reason === 'migrations' && hold.retryAtMs !== null).length >= 2);
    expect(most).toBe(1);
    expect(harness.effects()).toEqual(['migrate', 'migrate']);
    expect(harness.engine.counted.suppressed).toContain('migrations');
    const [held] = (await harness.open()).filter(({ hold }) => hold?.reason === 'migrations');
    expect(held?.hold?.why).toMatch(/2 migrations were begun over all hosts within the last hour, of at most 2/);
  });
});

describe('an operator\'s order', () => {
  it('migrates a healthy domain too, and refuses where relocate is off', async () => {
    await harness.start(migrating());
    const order = { domain: 'web-1', action: 'migrate', dryRun: false, actor: 'ann', reason: 'new disk' } as const;
    await harness.engine.recovery.control.act(order);
    await until(async () => (await harness.history())[0]?.outcome === 'recovered');
    expect(harness.domain.host).toBe('h2');
    await harness.engine.reload(migrating({ domain: { relocate: false } }).domains ?? [], migrating().config);
    await expect(harness.engine.recovery.control.act(order)).rejects.toThrow('relocate is off');
  });
});
