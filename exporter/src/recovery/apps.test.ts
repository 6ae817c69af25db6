import { beforeEach, describe, expect, it } from 'vitest';
import { HelperError } from '../guest/helper/client.ts';
import type { ReceivedAlert } from '../web/control.ts';
import type { AppWorld } from './testing/apps.ts';
import { createAppWorld } from './testing/apps.ts';
import { BY_ALERT, ladder, pause, until, useHarness } from './testing/harness.ts';

const harness = useHarness();
let apps: AppWorld;
beforeEach(() => {
  apps = createAppWorld(harness.world, harness.domain);
  apps.add('web');
});

const DIRECT = [{ managed: true, trigger: 'direct' }];
const start = (domains: Record<string, unknown>[] = DIRECT): Promise<void> => harness.start({ apps, domains });
const done = () => apps.effects.map(({ kind }) => kind);
/** Waits until nothing is under way; incidents may stay open. */
const ended = (count: number) => until(async () => (await harness.history()).filter(({ closedAtMs }) => closedAtMs !== null).length >= count);
const ends = async () => (await harness.history()).map(({ targetKey, fault, outcome, outcomeReason }) => [targetKey.split('/')[0], fault, outcome, outcomeReason]);
const attempts = async () => {
  const [incident] = await harness.history();
  return (await harness.engine.store.attempts(incident?.id ?? '')).map(({ action, result, error }) => [action, result, error]);
};
const alert = (overrides: Partial<Omit<ReceivedAlert, 'labels'>> = {}, labels: Record<string, string> = {}): ReceivedAlert =>
  harness.alert({ ...overrides, labels: { alertname: 'VirtmedicAppDown', virtmedic_fault: 'app_down', app: 'web', ...labels } });

describe('an app that is down', () => {
  it('is restarted, verified by a new process, and its operation is told to supervision', async () => {
    await start();
    apps.kill('web');
    await ended(1);
    expect(done()).toEqual(['restart']);
    expect(await ends()).toEqual([['app', 'app_down', 'recovered', null]]);
    expect(apps.mutes).toEqual(['mute web', 'unmute web']);
    const [incident] = await harness.history();
    expect(incident?.target).toEqual({ kind: 'app', uuid: harness.domain.uuid, name: 'web-1', host: 'h1', app: 'web' });
    const detail = await harness.engine.store.recovery(incident?.id ?? '');
    expect(detail?.steps.map(({ name, state, detail: text }) => [name, state, text])).toEqual([['restart unit web.service', 'succeeded', 'processes before: none; fake: done']]);
    expect(incident?.outcomeText).toContain('verified by new processes');
  });

  it('waits for its alert, and is recovered when that has come', async () => {
    await start(BY_ALERT);
    apps.kill('web');
    await until(async () => (await harness.open()).some(({ hold }) => hold?.reason === 'waiting_for_alert'));
    expect(done()).toEqual([]);
    expect(await harness.receive(alert())).toEqual(['released']);
    await ended(1);
    expect(done()).toEqual(['restart']);
  });

  it('is given up after its last rung, with the reason; a person who orders recovery begins anew', async () => {
    apps.isBroken = true;
    await start([{ ...DIRECT[0], ladders: { app_down: { rungs: [{ action: 'restart_app', timeoutSeconds: 0.2 }, { action: 'restart_app', timeoutSeconds: 0.2 }] } } }]);
    apps.kill('web');
    await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
    expect(done()).toEqual(['restart', 'restart']);
    expect((await attempts()).map(([, result, error]) => [result, error])).toEqual(Array(2).fill(['timed_out', 'not verified within 0.2 s: no new process of it is seen']));
    apps.isBroken = false;
    await harness.engine.recovery.control.act({ domain: 'web-1', app: 'web', action: 'recover', dryRun: false, actor: 'ann', reason: 'fixed' });
    await ended(1);
    expect(done()).toEqual(['restart', 'restart', 'restart']);
    expect(await ends()).toEqual([['app', 'app_down', 'recovered', null]]);
  });

  it('that comes back by itself is left alone', async () => {
    await start(BY_ALERT);
    apps.kill('web');
    await until(async () => (await harness.open()).length === 1);
    apps.revive('web');
    await ended(1);
    expect(await ends()).toEqual([['app', 'app_down', 'suppressed', 'self_recovered']]);
    expect(done()).toEqual([]);
  });

  it('is started by its command where it declares one', async () => {
    apps.add('shop', { match: { unit: 'shop.slice' }, start: { command: ['/usr/local/bin/start-shop'] } });
    await start();
    apps.kill('shop');
    await ended(1);
    expect(done()).toEqual(['start']);
  });

  it('is only told of where nothing says how it is started', async () => {
    apps.add('odd', { match: { executable: '/opt/odd' } });
    await start([{ ...DIRECT[0], ladders: { app_down: ladder('restart_app', 'start_process') } }]);
    Object.assign(apps.apps.get('odd') ?? {}, { processes: [], fault: 'app_down' });
    apps.tell('odd');
    await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
    expect((await attempts()).map(([, result]) => result)).toEqual(['unavailable', 'unavailable']);
    expect(done()).toEqual([]);
  });
});

describe('an app that hangs', () => {
  it('is killed with its unit and started', async () => {
    await start();
    apps.hang('web');
    await ended(1);
    expect(done()).toEqual(['kill and restart']);
    const [incident] = await harness.history();
    const steps = (await harness.engine.store.recovery(incident?.id ?? ''))?.steps;
    expect(steps?.[0]?.detail).toMatch(/^processes before: \d+@\d+; fake: done$/);
  });

  it('is killed by its processes, which are waited for, where it is started by a command', async () => {
    apps.add('shop', { match: { unit: 'shop.slice' }, start: { command: ['/usr/local/bin/start-shop'] } });
    await start();
    apps.hang('shop');
    await ended(1);
    expect(done()).toEqual(['kill', 'start']);
  });

  it('is not recovered by answering again with the processes that hung', async () => {
    await start([{ ...DIRECT[0], ladders: { app_hung: { rungs: [{ action: 'restart_app', timeoutSeconds: 0.3 }] } } }]);
    apps.instead = () => {
      apps.revive('web');
      return Promise.resolve();
    };
    apps.hang('web');
    await ended(1);
    expect((await attempts())[0]?.[1]).toBe('timed_out');
    expect(await ends()).toEqual([['app', 'app_hung', 'suppressed', 'self_recovered']]);
    expect((await harness.history())[0]?.outcomeText).toContain('with the processes that it had before');
  });

  it('resets its domain only where its ladder names that', async () => {
    apps.isBroken = true;
    const rungs = [{ action: 'restart_app', timeoutSeconds: 0.1 }, { action: 'reset', timeoutSeconds: 30 }];
    await start([{ ...DIRECT[0], ladders: { app_hung: { rungs } } }]);
    apps.hang('web');
    await until(() => harness.world.effects.length > 0);
    apps.revive('web');
    await ended(1);
    expect([done(), harness.effects()]).toEqual([['kill and restart'], ['reset']]);
    expect(await ends()).toEqual([['app', 'app_hung', 'recovered', null]]);
    expect(apps.mutes).toEqual(['mute web', 'unmute web', 'mute all', 'unmute all']);
  });
});

describe('what is not known', () => {
  it('opens nothing, and neither closes an open incident nor goes on to a rung', async () => {
    await start(BY_ALERT);
    apps.unknown('web', true);
    await harness.engine.idle();
    expect(await harness.history()).toEqual([]);
    apps.unknown('web', false);
    apps.kill('web');
    await until(async () => (await harness.open()).length === 1);
    apps.unknown('web', true);
    await until(async () => (await harness.open())[0]?.hold?.reason === 'unobserved');
    await harness.receive(alert());
    await harness.engine.idle();
    expect([(await harness.open())[0]?.hold?.reason, done()]).toEqual(['unobserved', []]);
    apps.unknown('web', false);
    await ended(1);
    expect(done()).toEqual(['restart']);
  });

  it('ends an incident that only an alert had opened, when that is resolved', async () => {
    apps.unknown('web', true);
    await start();
    const startsAtMs = Date.now();
    expect(await harness.receive(alert({ startsAtMs }))).toEqual(['opened']);
    await until(async () => (await harness.open())[0]?.hold?.reason === 'unobserved');
    await harness.receive(alert({ startsAtMs, status: 'resolved' }));
    await ended(1);
    expect(await ends()).toEqual([['app', 'app_down', 'suppressed', 'alert_resolved']]);
  });
});

describe('alerts', () => {
  it('are verified: of an app that is up nothing is done', async () => {
    await start();
    expect(await harness.receive(alert())).toEqual(['opened']);
    await ended(1);
    expect(await ends()).toEqual([['app', 'app_down', 'suppressed', 'not_verified']]);
    expect(done()).toEqual([]);
  });

  it('need an app that is declared', async () => {
    await start();
    expect(await harness.receive(alert({}, { app: 'mail' }))).toEqual(['no_target']);
    expect(await harness.receive(harness.alert({ labels: { virtmedic_fault: 'app_down' } }))).toEqual(['no_target']);
  });
});

describe('its domain goes first', () => {
  it("an incident of the domain ends its apps', and later the app has its own again", async () => {
    await start(BY_ALERT);
    apps.kill('web');
    await until(async () => (await harness.open()).length === 1);
    harness.world.kill(harness.domain.uuid);
    await ended(1);
    expect((await ends())[0]).toEqual(['app', 'app_down', 'suppressed', 'parent']);
    await harness.receive(harness.alert());
    await until(async () => (await harness.history()).length === 3);
    expect((await ends()).map(([kind, , outcome]) => [kind, outcome])).toEqual([['app', 'suppressed'], ['domain', 'recovered'], ['app', null]]);
    expect(done()).toEqual([]);
  });

  it('a domain that is paused by a person is none of our business', async () => {
    await start();
    harness.world.pause(harness.domain.uuid, 'user');
    apps.kill('web');
    await harness.engine.idle();
    expect(await harness.history()).toEqual([]);
  });

  it('waits for the lock while an app of it is being worked on, and acts then', async () => {
    let finish: (() => void) | null = null;
    apps.instead = () => new Promise<void>((resolve) => (finish = resolve));
    await start();
    apps.kill('web');
    await until(() => finish !== null);
    harness.world.kill(harness.domain.uuid);
    await until(async () => (await harness.open()).some(({ target, hold }) => target.kind === 'domain' && hold?.reason === 'busy'));
    expect(harness.effects()).toEqual([]);
    apps.instead = null;
    (finish as (() => void) | null)?.();
    await harness.acted(1);
    expect(harness.effects()).toEqual(['create']);
  });

  it('two apps of one domain are worked on one after the other', async () => {
    apps.add('mail');
    let most = 0;
    let running = 0;
    apps.instead = () =>
      (async () => {
        most = Math.max(most, (running += 1));
        await pause(30);
        running -= 1;
        for (const name of ['web', 'mail']) apps.revive(name);
      })();
    await start();
    apps.kill('web');
    apps.kill('mail');
    await ended(2);
    expect(most).toBe(1);
  });
});

describe('what the helper says', () => {
  it('no, with a reason: the rung is not available, and nothing is tried in a loop', async () => {
    apps.instead = () => Promise.reject(new HelperError('not-opted-in', 'the domain is not opted in for writing', { isRefusal: true }));
    await start([{ ...DIRECT[0], ladders: { app_down: ladder('restart_app', 'restart_app') } }]);
    apps.kill('web');
    await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
    expect(await attempts()).toEqual(Array(2).fill(['restart_app', 'unavailable', 'not-opted-in: the domain is not opted in for writing']));
  });

  it('nothing: what it has done is looked at, not done again', async () => {
    apps.instead = () => {
      apps.revive('web');
      return Promise.reject(new HelperError('helper-lost', 'the connection ended before the answer'));
    };
    await start();
    apps.kill('web');
    await ended(1);
    expect(await ends()).toEqual([['app', 'app_down', 'recovered', null]]);
    const [incident] = await harness.history();
    const steps = (await harness.engine.store.recovery(incident?.id ?? ''))?.steps ?? [];
    expect(steps.map(({ state }) => state)).toEqual(['unknown']);
  });
});

describe('a restart of virtmedic in the middle', () => {
  it('watches what the helper may still be doing, and does not repeat it', async () => {
    let isCalled = false;
    apps.instead = () => {
      isCalled = true;
      return new Promise(() => undefined);
    };
    await start();
    apps.kill('web');
    await until(() => isCalled);
    await harness.engine.stop(0);
    apps.supervision.unmute(harness.domain.uuid, 'web');
    apps.instead = null;
    const killed = harness.engine;
    // Not idle before the limit of the attempt is over.
    start().catch(() => undefined);
    await until(() => harness.engine !== killed);
    apps.tell('web');
    await until(async () => (await harness.open())[0]?.hold?.reason === 'backoff');
    expect((await harness.open())[0]?.hold?.why).toContain('it is watched before anything is done again');
    expect(done()).toEqual([]);
    // The helper has come to its end.
    apps.revive('web');
    await ended(1);
    expect(done()).toEqual([]);
    expect(await ends()).toEqual([['app', 'app_down', 'recovered', null]]);
  });
});

describe('the lease', () => {
  it('is newer at each start, and goes with every order', async () => {
    await start();
    apps.kill('web');
    await ended(1);
    await harness.engine.stop();
    await start();
    apps.kill('web');
    await ended(2);
    const [first, second] = apps.effects.map(({ generation }) => generation);
    expect(second).toBeGreaterThan(first ?? Infinity);
  });

  it('that is another executor\'s now permits nothing', async () => {
    await start();
    await harness.engine.store.putSetting('lease', { generation: Date.now(), owner: 'another' });
    apps.kill('web');
    await until(async () => (await attempts()).length >= 2);
    expect(done()).toEqual([]);
    expect((await attempts())[0]).toEqual(['restart_app', 'interrupted', 'withdrawn before anything was done: another executor has taken over (another)']);
  });
});

describe('who may be touched', () => {
  it('no app of a domain that is not managed: told once', async () => {
    await start([{ managed: false }]);
    apps.kill('web');
    await ended(1);
    apps.tell('web');
    await harness.engine.idle();
    expect(await ends()).toEqual([['app', 'app_down', 'suppressed', 'not_managed']]);
    expect(done()).toEqual([]);
  });

  it('none in a dry run: told once, with what would be done, over a restart too', async () => {
    const domains = [{ ...DIRECT[0], dryRun: true }];
    await start(domains);
    apps.kill('web');
    await ended(1);
    await harness.engine.stop();
    await start(domains);
    apps.tell('web');
    await harness.engine.idle();
    expect(await ends()).toEqual([['app', 'app_down', 'dry_run', 'dry_run']]);
    expect((await harness.history())[0]?.outcomeText).toContain('it would have been: restart_app in web-1 on h1');
    expect(done()).toEqual([]);
  });

  it('one that is degraded is told of; when it goes down it is recovered', async () => {
    await start();
    apps.degrade('web');
    await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
    expect(await attempts()).toEqual([['notify', 'succeeded', null]]);
    apps.kill('web');
    await ended(1);
    expect(done()).toEqual(['restart']);
    expect(await ends()).toEqual([['app', 'app_down', 'recovered', null]]);
  });

  it('one that a person closed is not taken up again until it was well', async () => {
    await start(BY_ALERT);
    apps.kill('web');
    await until(async () => (await harness.open()).length === 1);
    const [incident] = await harness.open();
    await harness.engine.recovery.control.close(incident?.id ?? '', 'ann', 'known');
    apps.tell('web');
    await harness.engine.idle();
    expect((await harness.history()).length).toBe(1);
    apps.revive('web');
    await harness.engine.idle();
    apps.kill('web');
    await until(async () => (await harness.open()).length === 1);
  });

  it('none while its budget is spent', async () => {
    const one = { ...ladder('restart_app'), budget: { recoveries: 1, windowSeconds: 3600 } };
    await start([{ ...DIRECT[0], ladders: { app_down: one } }]);
    apps.kill('web');
    await ended(1);
    apps.kill('web');
    await until(async () => (await harness.open()).some(({ state }) => state === 'escalated'));
    expect(done()).toEqual(['restart']);
  });
});
