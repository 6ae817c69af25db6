import { describe, expect, it } from 'vitest';
import { ladder, until, useHarness } from './testing/harness.ts';

const h = useHarness();
const HUNG = (...actions: string[]) => [{ managed: true, trigger: 'direct', ladders: { domain_hung: ladder(...actions) } }];
const desired = async () => (await h.engine.store.domains())[0]?.desired;

describe('a domain that our restart took down and did not get started', () => {
  it('is started after virtmedic was restarted between two rungs', async () => {
    await h.start({ domains: HUNG('restart', 'start') });
    h.world.intercept = async (point) => {
      if (point !== 'before create') return;
      await h.engine.recovery.control.pause('anna', 'wait');
      throw new Error('no memory');
    };
    h.world.hang(h.domain.uuid);
    await h.engine.idle();
    expect(h.effects()).toEqual(['destroy']);
    await h.engine.stop();
    h.world.intercept = () => Promise.resolve();
    // As perception has it after a restart: the stop is as old as the first listing.
    Object.assign(h.domain, { sinceMs: Date.now() + 5000, lastStop: { atMs: Date.now() + 5000, reason: 'destroyed' } });
    await h.start({ domains: HUNG('restart', 'start') });
    expect(await h.open()).toMatchObject([{ hold: { reason: 'pause' }, fault: 'domain_hung' }]);
    await h.engine.recovery.control.unpause('anna');
    await h.engine.idle();
    expect(h.effects()).toEqual(['destroy', 'create']);
    expect(await h.history()).toMatchObject([{ outcome: 'recovered' }]);
    expect(await desired()).toBe('running');
  });

  it('stays escalated over a restart, and wanted', async () => {
    await h.start({ domains: HUNG('restart') });
    h.world.intercept = (point) => (point === 'before create' ? Promise.reject(new Error('no memory')) : Promise.resolve());
    h.world.hang(h.domain.uuid);
    await h.engine.idle();
    await h.engine.stop();
    Object.assign(h.domain, { sinceMs: Date.now() + 5000, lastStop: { atMs: Date.now() + 5000, reason: 'destroyed' } });
    await h.start({ domains: HUNG('restart') });
    expect(await h.open()).toMatchObject([{ state: 'escalated' }]);
    expect(await desired()).toBe('running');
    expect(h.effects()).toEqual(['destroy']);
  });

  it('is started when the listing after a lost connection shows it stopped', async () => {
    await h.start({ domains: HUNG('restart', 'start') });
    const { listener } = h.world;
    h.world.intercept = (point) => {
      if (point === 'before destroy') h.world.listener = null;
      if (point !== 'before create') return Promise.resolve();
      h.world.setHost('h1', 'unreachable');
      return Promise.reject(new Error('the connection was lost'));
    };
    h.world.hang(h.domain.uuid);
    await h.engine.idle();
    h.world.intercept = () => Promise.resolve();
    Object.assign(h.domain, { sinceMs: Date.now() + 60_000, lastStop: { atMs: Date.now() + 60_000, reason: 'destroyed' } });
    h.world.listener = listener;
    h.world.setHost('h1', 'up');
    h.world.list();
    await h.engine.idle();
    expect(h.effects()).toEqual(['destroy', 'create']);
    expect(await h.history()).toMatchObject([{ outcome: 'recovered' }]);
    expect(await desired()).toBe('running');
  });
});

describe('an attempt that is cut off', () => {
  const CRASHED = [{ managed: true, trigger: 'direct', ladders: { domain_crashed: ladder('start', 'restart') } }];

  it('is left as it is when virtmedic stops, and taken up by the next start without another action', async () => {
    let answersFromMs = Infinity;
    const probesAnsweredSince = (): boolean => Date.now() >= answersFromMs;
    await h.start({ domains: CRASHED, probesAnsweredSince });
    h.world.kill(h.domain.uuid);
    await h.acted(1);
    await h.engine.stop(10);
    await h.start({ domains: CRASHED, probesAnsweredSince: () => true }).catch(() => undefined);
    await h.engine.stop();
    expect(h.effects()).toEqual(['create']);
    answersFromMs = 0;
    await h.start({ domains: CRASHED, probesAnsweredSince });
    const [recovery] = await h.history();
    expect(recovery).toMatchObject({ outcome: 'recovered' });
    expect((await h.engine.store.recovery(recovery?.id ?? ''))?.attempts).toMatchObject([{ action: 'start', result: 'interrupted' }]);
  });

  it('gives a guest that boots its time after a restart', async () => {
    await h.start({ domains: CRASHED, probesAnsweredSince: () => false });
    h.world.kill(h.domain.uuid);
    await h.acted(1);
    await h.engine.stop(10);
    const answersFromMs = Date.now() + 700;
    await h.start({ domains: CRASHED, probesAnsweredSince: () => Date.now() >= answersFromMs });
    expect(h.effects()).toEqual(['create']);
    expect(await h.history()).toMatchObject([{ outcome: 'recovered' }]);
  });

  it('goes on when the connection is lost while it verifies', async () => {
    await h.start({ domains: CRASHED, config: { recovery: { verifySeconds: 0.2 } } });
    h.world.intercept = (point) => {
      if (point === 'after create') {
        h.world.setHost('h1', 'unreachable');
        setTimeout(() => h.world.setHost('h1', 'up'), 200);
      }
      return Promise.resolve();
    };
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
    expect(h.engine.counted.attempts).toEqual(['start succeeded']);
  });

  it('counts for an order to recover that was given before it, over a restart', async () => {
    const once = [{ managed: true, trigger: 'direct', ladders: { domain_crashed: ladder('start') } }];
    await h.start({ domains: once });
    h.world.intercept = (point) => (point === 'before create' ? Promise.reject(new Error('no memory')) : Promise.resolve());
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    expect(await h.open()).toMatchObject([{ state: 'escalated' }]);
    let reached = false;
    h.world.intercept = () => {
      reached = true;
      return new Promise(() => undefined);
    };
    await h.engine.recovery.control.act({ domain: 'web-1', action: 'recover', dryRun: false, actor: 'anna', reason: 'more memory' });
    await until(() => reached);
    await h.engine.stop(10);
    h.world.intercept = () => Promise.resolve();
    await h.start({ domains: once });
    expect(h.effects()).toEqual(['create']);
    expect(await h.open()).toEqual([]);
  });
});

describe('what was told', () => {
  it('is not told again after a restart, though the stop then looks newer', async () => {
    const inventory = { domains: [{ name: 'web-1', desired: 'running' as const }] };
    await h.start({ inventory });
    h.world.shutdown(h.domain.uuid, 'destroyed');
    await h.engine.idle();
    for (let restarts = 1; restarts <= 2; restarts += 1) {
      await h.engine.stop();
      Object.assign(h.domain, { sinceMs: Date.now() + restarts, lastStop: { atMs: Date.now() + restarts, reason: 'destroyed' } });
      await h.start({ inventory });
    }
    expect(await h.history()).toHaveLength(1);
  });

  it('is not asked for again by an alert about a recovery of the last run', async () => {
    await h.start();
    const startsAtMs = Date.now();
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    await h.engine.stop();
    await h.start();
    expect(await h.receive(h.alert({ startsAtMs, fingerprint: 'from the other rule' }))).toEqual(['repeated']);
    await h.engine.idle();
    expect(await h.history()).toHaveLength(1);
  });
});
