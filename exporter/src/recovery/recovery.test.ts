import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedAlert } from '../web/control.ts';
import type { Engine, EngineOptions } from './testing/engine.ts';
import { refusingStore, startEngine } from './testing/engine.ts';
import { until } from './testing/harness.ts';
import type { FakeDomain, World } from './testing/world.ts';
import { createWorld } from './testing/world.ts';

let folder: string;
let world: World;
let engine: Engine;
let domain: FakeDomain;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-recovery-'));
  world = createWorld();
  domain = world.add('web-1');
});

afterEach(async () => {
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EngineOptions> = {}): Promise<void> {
  engine = await startEngine({ world, databasePath: join(folder, 'virtmedic.db'), ...options });
  await engine.idle();
}

const BY_ALERT = [{ managed: true, trigger: 'alert' }];

function alert(overrides: Partial<ReceivedAlert> & { labels?: Record<string, string> } = {}): ReceivedAlert {
  return {
    status: 'firing',
    annotations: {},
    startsAtMs: Date.now(),
    endsAtMs: null,
    fingerprint: 'abc123',
    ...overrides,
    labels: { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: 'domain_crashed', host: 'h1', domain: domain.name, domain_uuid: domain.uuid, ...overrides.labels },
  };
}

const receive = (...alerts: ReceivedAlert[]) => engine.recovery.control.receiveAlerts(alerts, { truncated: 0 });
const history = async () => (await engine.store.recoveries({})).items.reverse();
const effects = () => world.effects.map((effect) => effect.kind);

describe('direct trigger', () => {
  it('starts a killed domain again, journals it, and closes the incident as recovered', async () => {
    await start();
    world.kill(domain.uuid);
    await engine.idle();
    expect(effects()).toEqual(['create']);
    const [recovery] = await history();
    expect(recovery).toMatchObject({ fault: 'domain_crashed', outcome: 'recovered', releasedBy: 'direct' });
    const detail = await engine.store.recovery(recovery?.id ?? '');
    expect(detail?.attempts).toMatchObject([{ action: 'start', result: 'succeeded', state: 'ended' }]);
    expect(detail?.steps).toMatchObject([{ name: 'create', state: 'succeeded' }]);
    expect(engine.counted.recoveries).toEqual(['domain_crashed recovered']);
  });

  it('takes the next rung when the domain dies again while it is verified, then escalates', async () => {
    await start();
    world.intercept = (point) => {
      if (point === 'after create') setTimeout(() => world.kill(domain.uuid), 1);
      return Promise.resolve();
    };
    world.kill(domain.uuid);
    await engine.idle();
    expect(effects()).toEqual(['create', 'create']);
    expect(await engine.store.openIncidents()).toMatchObject([{ state: 'escalated' }]);
    world.kill(domain.uuid);
    await engine.idle();
    expect(effects()).toEqual(['create', 'create']);
  });

  it('escalates when the budget is spent, and ends the incident when a person has repaired it', async () => {
    const ladder = { rungs: [{ action: 'start', timeoutSeconds: 5 }], budget: { recoveries: 3, windowSeconds: 3600 } };
    await start({ domains: [{ managed: true, trigger: 'direct', ladders: { domain_crashed: ladder } }] });
    for (let kills = 0; kills < 4; kills += 1) {
      world.kill(domain.uuid);
      await engine.idle();
    }
    expect(effects()).toEqual(['create', 'create', 'create']);
    expect(await engine.store.openIncidents()).toMatchObject([{ state: 'escalated', outcomeText: expect.stringContaining('budget') as string }]);
    await world.hypervisor('h1')?.create(domain.uuid);
    await engine.idle();
    expect(await engine.store.openIncidents()).toEqual([]);
    expect((await history()).map((one) => one.outcome)).toEqual(['recovered', 'recovered', 'recovered', 'escalated']);
  });

  it('goes on from destroy to start within a restart, though the stop looks like a person\'s', async () => {
    await start();
    let failures = 1;
    world.intercept = (point) => (point === 'before create' && failures-- > 0 ? Promise.reject(new Error('no memory')) : Promise.resolve());
    world.kill(domain.uuid);
    await engine.idle();
    expect(world.domains.get(domain.uuid)?.state).toBe('running');
    expect((await history()).map((one) => one.outcome)).toEqual(['recovered']);
  });
});

describe('what a person does', () => {
  it.each(['shutdown', 'destroyed'] as const)('respects a %s under on-failure: told once, nothing done', async (reason) => {
    await start();
    world.shutdown(domain.uuid, reason);
    await engine.idle();
    world.list();
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await history()).toMatchObject([{ fault: 'domain_stopped', outcome: 'suppressed', outcomeReason: 'notify_only' }]);
    expect((await engine.store.domains())[0]?.desired).toBe('stopped');
  });

  it('starts it again under always', async () => {
    await start({ domains: [{ managed: true, trigger: 'direct', restartPolicy: 'always' }] });
    world.shutdown(domain.uuid, 'shutdown');
    await engine.idle();
    expect(effects()).toEqual(['create']);
  });

  it('leaves a domain paused by a person alone', async () => {
    await start();
    world.pause(domain.uuid, 'user');
    await engine.idle();
    world.list();
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await history()).toEqual([]);
  });

  it('never touches a domain that is not managed', async () => {
    await start({ domains: [] });
    world.kill(domain.uuid);
    await engine.idle();
    world.list();
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await history()).toMatchObject([{ outcome: 'suppressed', outcomeReason: 'not_managed' }]);
  });

  it('decides and records in a dry run, and does nothing', async () => {
    await start({ domains: [{ managed: true, trigger: 'direct', dryRun: true }] });
    world.kill(domain.uuid);
    await engine.idle();
    world.list();
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await history()).toMatchObject([{ outcome: 'dry_run', outcomeText: expect.stringContaining('start on h1') as string }]);
    expect(engine.counted.suppressed).toEqual(['dry_run']);
  });

  it('rebuilds under always what was destroyed and undefined', async () => {
    await start({ domains: [{ managed: true, trigger: 'alert', restartPolicy: 'always' }] });
    await engine.store.saveDefinition(domain.uuid, 'h1', domain.uuid, Date.now());
    world.shutdown(domain.uuid, 'destroyed');
    world.undefine(domain.uuid);
    await engine.idle();
    world.list();
    await engine.idle();
    const [open] = await engine.store.openIncidents();
    expect(open).toMatchObject({ fault: 'domain_missing', hold: { reason: 'waiting_for_alert' } });
    await receive(alert({ labels: { virtmedic_fault: 'domain_missing' } }));
    await engine.idle();
    expect(effects()).toEqual(['define', 'create']);
    expect(await history()).toMatchObject([{ fault: 'domain_missing', outcome: 'recovered' }]);
  });
});

describe('alert trigger', () => {
  it('waits for the alert, then acts', async () => {
    await start({ domains: BY_ALERT });
    world.kill(domain.uuid);
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await engine.store.openIncidents()).toMatchObject([{ hold: { reason: 'waiting_for_alert' } }]);
    expect(await receive(alert())).toEqual(['released']);
    await engine.idle();
    expect(effects()).toEqual(['create']);
    expect(await history()).toMatchObject([{ outcome: 'recovered', releasedBy: 'alert', alerts: [{ fingerprint: 'abc123' }] }]);
  });

  it('makes one recovery of an alert repeated, in parallel and from two Alertmanagers', async () => {
    await start({ domains: BY_ALERT });
    world.kill(domain.uuid);
    await engine.idle();
    const one = alert();
    const other = alert({ fingerprint: 'other' });
    await Promise.all([receive(one), receive(one, other), receive(other), receive(one)]);
    await engine.idle();
    await receive(one, other);
    await engine.idle();
    expect(effects()).toEqual(['create']);
    expect((await history()).map((recovery) => recovery.outcome)).toEqual(['recovered']);
  });

  it('ignores a firing that was overtaken by its own end', async () => {
    await start({ domains: BY_ALERT });
    world.kill(domain.uuid);
    await engine.idle();
    const firing = alert();
    expect(await receive({ ...firing, status: 'resolved' })).toEqual(['resolved']);
    expect(await receive(firing)).toEqual(['repeated']);
    await engine.idle();
    expect(effects()).toEqual([]);
  });

  it('takes the late end of an earlier alert for no word about the next incident', async () => {
    await start({ domains: BY_ALERT });
    await engine.recovery.control.pause('anna', 'hold it before the rung');
    world.kill(domain.uuid);
    await engine.idle();
    const earlier = alert({ startsAtMs: Date.now() - 60_000 });
    await receive(alert());
    await receive({ ...earlier, status: 'resolved' });
    expect((await engine.store.openIncidents())[0]?.releasedBy).toBe('alert');
    await engine.recovery.control.unpause('anna');
    await engine.idle();
    expect(effects()).toEqual(['create']);
  });

  it('takes back the release of a rung that has not begun when its own alert ends', async () => {
    await start({ domains: BY_ALERT });
    await engine.recovery.control.pause('anna', 'hold it before the rung');
    world.kill(domain.uuid);
    await engine.idle();
    const firing = alert();
    await receive(firing);
    await receive({ ...firing, status: 'resolved' });
    await engine.recovery.control.unpause('anna');
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await engine.store.openIncidents()).toMatchObject([{ releasedBy: null, hold: { reason: 'waiting_for_alert' } }]);
  });

  it('does not open anything for a domain that has recovered while the window still fires', async () => {
    await start();
    const firing = alert();
    world.kill(domain.uuid);
    await engine.idle();
    expect(await receive(firing)).toEqual(['repeated']);
    await engine.idle();
    expect(effects()).toEqual(['create']);
    expect(await history()).toHaveLength(1);
  });

  it('verifies an alert whose fault it has not seen, and does nothing where the domain runs', async () => {
    await start({ domains: BY_ALERT });
    expect(await receive(alert({ labels: { virtmedic_fault: 'domain_hung' } }))).toEqual(['opened']);
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await history()).toMatchObject([{ outcome: 'suppressed', outcomeReason: 'not_verified' }]);
  });

  it('lets the declared probe decide where libvirt says running', async () => {
    await start({ domains: BY_ALERT, probeState: 'failed' });
    await receive(alert({ labels: { virtmedic_fault: 'domain_hung' } }));
    await engine.idle();
    expect(effects()).toEqual(['reset']);
  });

  it('acts on nothing without a fault label, without a target, or about virtmedic itself', async () => {
    await start({ domains: BY_ALERT });
    world.kill(domain.uuid);
    await engine.idle();
    const foreign = alert();
    delete foreign.labels['virtmedic_fault'];
    const unknown = alert({ labels: { domain_uuid: '00000000-0000-4000-8000-ffffffffffff' } });
    const own = alert({ labels: { virtmedic_origin: 'virtmedic' } });
    expect(await receive(foreign, unknown, own)).toEqual(['ignored', 'no_target', 'ignored']);
    await engine.idle();
    expect(effects()).toEqual([]);
  });
});

describe('operator', () => {
  it('pause holds everything, survives a restart, and unpause lets it go on', async () => {
    await start();
    await engine.recovery.control.pause('anna', 'storage work');
    world.kill(domain.uuid);
    await engine.idle();
    expect(await engine.store.openIncidents()).toMatchObject([{ hold: { reason: 'pause' } }]);
    await engine.stop();
    await start();
    expect(effects()).toEqual([]);
    await engine.recovery.control.unpause('anna');
    await engine.idle();
    expect(effects()).toEqual(['create']);
  });

  it('maintenance holds its target until it is removed', async () => {
    await start();
    const window = await engine.recovery.control.addMaintenance({ domain: domain.name, untilMs: Date.now() + 60_000, reason: 'upgrade', actor: 'anna' });
    world.kill(domain.uuid);
    await until(async () => (await engine.store.openIncidents())[0]?.hold?.reason === 'maintenance');
    expect(effects()).toEqual([]);
    await engine.recovery.control.removeMaintenance(window.id, 'anna');
    await until(async () => (await engine.store.openIncidents()).length === 0);
    expect(effects()).toEqual(['create']);
  });

  it('an ordered stop is a wish, not a fault', async () => {
    await start({ domains: [{ managed: true, trigger: 'direct', restartPolicy: 'always' }] });
    await engine.recovery.control.act({ domain: domain.name, action: 'stop', dryRun: false, actor: 'anna', reason: 'move' });
    await engine.idle();
    world.list();
    await engine.idle();
    expect(effects()).toEqual(['shutdown']);
    expect(await history()).toMatchObject([{ fault: 'requested', outcome: 'recovered' }]);
  });

  it('forgets a domain that is then deleted on purpose', async () => {
    await start({ domains: [{ managed: true, trigger: 'direct', restartPolicy: 'always' }] });
    await engine.store.saveDefinition(domain.uuid, 'h1', domain.uuid, Date.now());
    await engine.recovery.control.forget(domain.uuid, 'anna');
    world.list();
    world.shutdown(domain.uuid, 'destroyed');
    world.undefine(domain.uuid);
    await engine.idle();
    world.list();
    world.list();
    await engine.idle();
    expect(effects()).toEqual([]);
    expect(await engine.store.domains()).toEqual([]);
  });

  it('recovers an escalated domain on a person\'s order', async () => {
    const ladder = { rungs: [{ action: 'start', timeoutSeconds: 5 }], budget: { recoveries: 1, windowSeconds: 3600 } };
    await start({ domains: [{ managed: true, trigger: 'direct', ladders: { domain_crashed: ladder } }] });
    for (let kills = 0; kills < 2; kills += 1) {
      world.kill(domain.uuid);
      await engine.idle();
    }
    expect(effects()).toEqual(['create']);
    await engine.recovery.control.act({ domain: domain.uuid, action: 'recover', dryRun: false, actor: 'anna', reason: 'looked at it' });
    await engine.idle();
    expect(effects()).toEqual(['create', 'create']);
  });
});

describe('the store refuses', () => {
  it('does nothing, tells the webhook, and goes on when it can write again', async () => {
    let refuses = false;
    await start({ domains: BY_ALERT, wrapStore: (store) => refusingStore(store, () => refuses) });
    world.kill(domain.uuid);
    await engine.idle();
    refuses = true;
    await expect(receive(alert())).rejects.toThrow('the disk is full');
    await engine.idle();
    expect(effects()).toEqual([]);
    refuses = false;
    expect(await receive(alert())).toEqual(['released']);
    await engine.idle();
    expect(effects()).toEqual(['create']);
  });
});

describe('hosts', () => {
  it('does nothing about a domain whose host is not heard', async () => {
    await start();
    world.setHost('h1', 'unreachable');
    world.kill(domain.uuid);
    await engine.idle();
    expect(await history()).toEqual([]);
    world.setHost('h1', 'up');
    await engine.idle();
    expect(effects()).toEqual(['create']);
  });

  it('recovers 20 domains killed at once, none twice, within the concurrency', async () => {
    for (let number = 2; number <= 20; number += 1) world.add(`web-${number}`);
    await start();
    for (const one of [...world.domains.values()]) world.kill(one.uuid);
    await engine.idle();
    expect(world.effects.map((effect) => effect.uuid).toSorted()).toEqual([...world.domains.keys()].toSorted());
    expect((await history()).map((one) => one.outcome)).toEqual(Array(20).fill('recovered'));
  });
});
