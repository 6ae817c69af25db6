/**
 * A crash before and after every write of the store and every side effect: enumerated, each followed by a new process on the
 * same database and the same hosts. Nothing may be done twice, nothing lost (DESIGN, section 6).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReceivedAlert } from '../web/control.ts';
import type { Engine } from './testing/engine.ts';
import { startEngine } from './testing/engine.ts';
import { createReaper, mortalStore } from './testing/reaper.ts';
import type { Effect, World } from './testing/world.ts';
import { createWorld } from './testing/world.ts';

interface Scenario {
  name: string;
  domains: Record<string, unknown>[];
  /** What goes wrong. */
  strike(world: World, uuid: string): void;
  /** Fault of the alert to deliver, once to each process; null: directly triggered. */
  alert: string | null;
  expected: Effect['kind'][];
}

const ladder = (...actions: string[]) => ({ rungs: actions.map((action) => ({ action, timeoutSeconds: 60 })) });
const SCENARIOS: Scenario[] = [
  {
    name: 'killed, direct',
    domains: [{ managed: true, trigger: 'direct', ladders: { domain_crashed: ladder('start', 'restart') } }],
    strike: (world, uuid) => world.kill(uuid),
    alert: null,
    expected: ['create'],
  },
  {
    name: 'killed, by alert',
    domains: [{ managed: true, trigger: 'alert', ladders: { domain_crashed: ladder('start', 'restart') } }],
    strike: (world, uuid) => world.kill(uuid),
    alert: 'domain_crashed',
    expected: ['create'],
  },
  {
    name: 'hung',
    domains: [{ managed: true, trigger: 'direct' }],
    strike: (world, uuid) => world.hang(uuid),
    alert: null,
    expected: ['reset'],
  },
  {
    name: 'hung, restarted',
    domains: [{ managed: true, trigger: 'direct', ladders: { domain_hung: ladder('restart') } }],
    strike: (world, uuid) => world.hang(uuid),
    alert: null,
    expected: ['destroy', 'create'],
  },
  {
    name: 'destroyed and undefined',
    domains: [{ managed: true, trigger: 'direct', restartPolicy: 'always', ladders: { domain_missing: ladder('rebuild') } }],
    strike(world, uuid) {
      world.shutdown(uuid, 'destroyed');
      world.undefine(uuid);
    },
    alert: null,
    expected: ['define', 'create'],
  },
];

interface Run {
  world: World;
  points: string[];
  outcomes: (string | null)[];
  engine: Engine;
  finish(): Promise<void>;
}

async function run(scenario: Scenario, dieAt: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'virtmedic-crash-'));
  const databasePath = join(folder, 'virtmedic.db');
  const world = createWorld();
  const { uuid, name } = world.add('web-1');
  const engineOptions = { world, databasePath, domains: scenario.domains };

  // A first process that has seen the domain well.
  const before = await startEngine(engineOptions);
  await before.idle();
  await before.store.saveDefinition(uuid, 'h1', uuid, Date.now());
  await before.stop();

  const reaper = createReaper(dieAt);
  world.intercept = reaper.pass;
  const first = await startEngine({ ...engineOptions, wrapStore: (store) => mortalStore(store, reaper.pass), startMayHang: true });
  const lived = await live(first, scenario, world, uuid, name, reaper.dead);
  world.listener = null;
  world.intercept = () => Promise.resolve();
  await first.abandon();

  let engine = first;
  if (!lived) {
    engine = await startEngine(engineOptions);
    if (struck(world, uuid) === 'not yet') scenario.strike(world, uuid);
    await follow(engine, scenario, world, uuid, name);
  } else {
    engine = await startEngine(engineOptions);
    await engine.idle();
  }
  const outcomes = (await engine.store.recoveries({})).items.map((item) => item.outcome);
  return {
    world,
    points: reaper.points,
    outcomes,
    engine,
    async finish() {
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const strikes = new WeakSet<World>();
function struck(world: World, _uuid: string): 'not yet' | 'struck' {
  return strikes.has(world) ? 'struck' : 'not yet';
}

/** True: the process came to the end of the scenario; false: it died. */
async function live(engine: Engine, scenario: Scenario, world: World, uuid: string, name: string, dead: Promise<void>): Promise<boolean> {
  const whole = async (): Promise<boolean> => {
    await engine.started;
    await engine.idle();
    strikes.add(world);
    scenario.strike(world, uuid);
    await follow(engine, scenario, world, uuid, name);
    return true;
  };
  return Promise.race([whole(), dead.then(() => false)]);
}

async function follow(engine: Engine, scenario: Scenario, world: World, uuid: string, name: string): Promise<void> {
  await engine.idle();
  world.list();
  world.list();
  await engine.idle();
  if (scenario.alert) {
    await engine.recovery.control.receiveAlerts([alertOf(scenario.alert, uuid, name)], { truncated: 0 });
    await engine.idle();
  }
}

const ALERT_STARTS_MS = Date.now();
function alertOf(fault: string, uuid: string, name: string): ReceivedAlert {
  const labels = { alertname: 'Test', virtmedic_fault: fault, host: 'h1', domain: name, domain_uuid: uuid };
  return { status: 'firing', labels, annotations: {}, startsAtMs: ALERT_STARTS_MS, endsAtMs: null, fingerprint: 'abc' };
}

/** Most of a run is waiting. */
const AT_ONCE = 10;

async function crashAt(scenario: Scenario, dieAt: number, count: number): Promise<void> {
  const one = await run(scenario, dieAt);
  const at = `crash ${dieAt} of ${count}: ${one.points.at(-1)}`;
  expect([at, one.world.effects.map((effect) => effect.kind)]).toEqual([at, scenario.expected]);
  expect([at, [...one.world.domains.values()].map((domain) => [domain.state, domain.health])]).toEqual([at, [['running', 'healthy']]]);
  expect([at, one.outcomes]).toEqual([at, ['recovered']]);
  expect([at, await one.engine.store.unfinishedAttempts(), await one.engine.store.openIncidents()]).toEqual([at, [], []]);
  await one.finish();
}

describe.each(SCENARIOS)('$name', (scenario) => {
  it('survives a crash at every point, without doing anything twice', { timeout: 240_000 }, async () => {
    const whole = await run(scenario, Infinity);
    expect(whole.world.effects.map((effect) => effect.kind)).toEqual(scenario.expected);
    expect(whole.outcomes).toEqual(['recovered']);
    const count = whole.points.length;
    await whole.finish();
    expect(count).toBeGreaterThan(15);
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (let from = 0; from < count; from += AT_ONCE) {
      await Promise.all(numbers.slice(from, from + AT_ONCE).map((dieAt) => crashAt(scenario, dieAt, count)));
    }
  });
});
