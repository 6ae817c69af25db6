import { describe, expect, it } from 'vitest';
import type { Store } from '../history/store.ts';
import { StoreUnavailableError } from '../history/store.ts';
import { BY_ALERT, ladder, until, useHarness } from './testing/harness.ts';

const h = useHarness();

describe('delivery', () => {
  it('opens at the second time what the store could not open at the first', async () => {
    let refuse = true;
    const wrapStore = (store: Store): Store =>
      new Proxy(store, {
        get(target, name, receiver): unknown {
          if (name === 'openIncident' && refuse) return () => Promise.reject(new StoreUnavailableError('the disk is full'));
          return Reflect.get(target, name, receiver) as unknown;
        },
      });
    await h.start({ domains: BY_ALERT, wrapStore });
    const hung = h.alert({ labels: { virtmedic_fault: 'domain_hung' } });
    await expect(h.receive(hung)).rejects.toThrow('the disk is full');
    refuse = false;
    expect(await h.receive(hung)).toEqual(['opened']);
    expect(await h.receive(hung)).toEqual(['repeated']);
  });

  it('an alert of an earlier, other fault that still fires does not release', async () => {
    await h.start({ domains: BY_ALERT });
    const crashed = h.alert();
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    await h.receive(crashed);
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
    h.world.hang(h.domain.uuid);
    await h.engine.idle();
    expect(await h.receive(crashed)).toEqual(['repeated']);
    await h.engine.idle();
    expect(h.effects()).toEqual(['create']);
    expect(await h.receive(h.alert({ fingerprint: 'hung', labels: { virtmedic_fault: 'domain_hung' } }))).toEqual(['released']);
    await h.engine.idle();
    expect(h.effects()).toEqual(['create', 'reset']);
  });
});

describe('resolved', () => {
  it('takes a release back only when every alert of the incident is resolved', async () => {
    await h.start({ domains: BY_ALERT });
    await h.engine.recovery.control.pause('anna', 'wait');
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    const [one, other] = [h.alert(), h.alert({ fingerprint: 'other rule' })];
    await h.receive(one, other);
    await h.receive({ ...one, status: 'resolved' });
    expect((await h.open())[0]?.releasedBy).toBe('alert');
    await h.receive({ ...other, status: 'resolved' });
    expect((await h.open())[0]?.releasedBy).toBeNull();
  });

  it('while the rung is verified leaves in history who released it', async () => {
    await h.start({ domains: BY_ALERT, config: { recovery: { verifySeconds: 0.3 } } });
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    const firing = h.alert();
    await h.receive(firing);
    await h.acted(1);
    await h.receive({ ...firing, status: 'resolved' });
    await until(async () => (await h.open()).length === 0);
    expect(await h.history()).toMatchObject([{ outcome: 'recovered', releasedBy: 'alert' }]);
  });

  it('lets the rung that has begun go on, and none after it', async () => {
    await h.start({ domains: [{ managed: true, trigger: 'alert', ladders: { domain_crashed: ladder('start', 'restart') } }] });
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    let reached = false;
    h.world.intercept = (point) => {
      reached ||= point === 'before create';
      return held.then(() => Promise.reject(new Error('no memory')));
    };
    h.world.kill(h.domain.uuid);
    await h.engine.idle();
    const firing = h.alert();
    await h.receive(firing);
    await until(() => reached);
    await h.receive({ ...firing, status: 'resolved' });
    h.world.intercept = () => Promise.resolve();
    go();
    await h.engine.idle();
    expect(h.engine.counted.attempts).toEqual(['start failed']);
    expect(await h.open()).toMatchObject([{ state: 'open', hold: { reason: 'waiting_for_alert' } }]);
    await h.receive(h.alert({ startsAtMs: firing.startsAtMs + 1 }));
    await h.engine.idle();
    expect(h.engine.counted.attempts).toEqual(['start failed', 'restart succeeded']);
  });
});

it('holds when alerts and probes call many running domains of a host dead at once: that is the network', async () => {
  for (let number = 2; number <= 12; number += 1) h.world.add(`web-${number}`);
  await h.start({ domains: BY_ALERT, probeState: 'failed' });
  await h.engine.recovery.control.pause('anna', 'until all have come in');
  const labels = { virtmedic_fault: 'domain_crashed', host: 'h1' };
  await h.receive(...[...h.world.domains.values()].map((one) => h.alert({ fingerprint: one.name, labels: { ...labels, domain: one.name, domain_uuid: one.uuid } })));
  await h.engine.idle();
  await h.engine.recovery.control.unpause('anna');
  await h.engine.idle();
  expect(h.effects()).toEqual([]);
  expect((await h.open()).map((one) => one.hold?.reason)).toEqual(Array(12).fill('blast_radius'));
});

it('takes the next rung where the guest still hangs after its reset', async () => {
  await h.start({ domains: [{ managed: true, trigger: 'direct', ladders: { domain_hung: { rungs: [{ action: 'reset', timeoutSeconds: 2 }, { action: 'restart', timeoutSeconds: 30 }] } } }] });
  h.world.intercept = (point) => {
    if (point === 'after reset') Object.assign(h.domain, { health: 'hung', evidence: ['watchdog fired'] });
    return Promise.resolve();
  };
  h.world.hang(h.domain.uuid);
  await h.engine.idle();
  expect(h.effects()).toEqual(['reset', 'destroy', 'create']);
  expect((await h.history()).map((one) => one.outcome)).toEqual(['recovered']);
});
