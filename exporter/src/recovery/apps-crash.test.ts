/**
 * A crash before and after every write of the store and every side effect in a guest: enumerated, each followed by a new process on the
 * same database and the same guest. Nothing may be done twice, nothing lost (DESIGN, section 6).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AppEffect, AppWorld } from './testing/apps.ts';
import { createAppWorld } from './testing/apps.ts';
import type { Engine } from './testing/engine.ts';
import { startEngine } from './testing/engine.ts';
import { createReaper, mortalStore } from './testing/reaper.ts';
import type { World } from './testing/world.ts';
import { createWorld } from './testing/world.ts';

interface Scenario {
  name: string;
  declared: Record<string, unknown>;
  fault: 'down' | 'hung';
  /** Delivered once to each process; false: directly triggered. */
  byAlert: boolean;
  expected: AppEffect['kind'][];
}

const UNIT = { match: { unit: 'web.service' } };
const COMMAND = { match: { unit: 'web.slice' }, start: { command: ['/opt/start-web'] } };
const SCENARIOS: Scenario[] = [
  { name: 'down, by alert', declared: UNIT, fault: 'down', byAlert: true, expected: ['restart'] },
  { name: 'hung, started by a command', declared: COMMAND, fault: 'hung', byAlert: false, expected: ['kill', 'start'] },
];

/** Short: what was interrupted is watched for so long before anything is done again. */
const ladder = { rungs: [{ action: 'restart_app', timeoutSeconds: 1 }, { action: 'restart_app', timeoutSeconds: 60 }], budget: { recoveries: 1000, windowSeconds: 3600 } };

interface Run {
  points: string[];
  outcomes: (string | null)[];
  effects: AppEffect[];
  apps: AppWorld;
  engine: Engine;
  finish(): Promise<void>;
}

async function run(scenario: Scenario, dieAt: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'virtmedic-crash-'));
  const world = createWorld();
  const domain = world.add('web-1');
  const apps = createAppWorld(world, domain);
  apps.add('web', scenario.declared);
  const domains = [{ managed: true, trigger: scenario.byAlert ? 'alert' : 'direct', ladders: { app_down: ladder, app_hung: ladder } }];
  const options = { world, apps, domains, databasePath: join(folder, 'virtmedic.db') };
  const before = await startEngine(options);
  await before.idle();
  await before.stop();

  const reaper = createReaper(dieAt);
  world.intercept = reaper.pass;
  let isStruck = false;
  const strike = (): void => {
    isStruck = true;
    if (scenario.fault === 'down') apps.kill('web');
    else apps.hang('web');
  };
  const first = await startEngine({ ...options, wrapStore: (store) => mortalStore(store, reaper.pass), startMayHang: true });
  const whole = async (): Promise<boolean> => {
    await first.started;
    await first.idle();
    strike();
    await follow(first, scenario, world, apps);
    return true;
  };
  await Promise.race([whole(), reaper.dead]);
  Object.assign(world, { listener: null, intercept: () => Promise.resolve() });
  apps.listener = null;
  await first.abandon();
  apps.supervision.unmute('', null);
  apps.supervision.unmute('', 'web');

  const engine = await startEngine(options);
  if (!isStruck) strike();
  await follow(engine, scenario, world, apps);
  return {
    points: reaper.points,
    outcomes: (await engine.store.recoveries({})).items.map(({ outcome }) => outcome),
    effects: apps.effects,
    apps,
    engine,
    async finish() {
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const ALERT_STARTS_MS = Date.now();

async function follow(engine: Engine, { byAlert, fault }: Scenario, world: World, apps: AppWorld): Promise<void> {
  await engine.idle();
  apps.tell('web');
  world.list();
  await engine.idle();
  if (!byAlert) return;
  const [domain] = [...world.domains.values()];
  const labels = { alertname: 'Test', virtmedic_fault: `app_${fault}`, host: 'h1', domain: 'web-1', domain_uuid: domain?.uuid ?? '', app: 'web' };
  await engine.recovery.control.receiveAlerts([{ status: 'firing', labels, annotations: {}, startsAtMs: ALERT_STARTS_MS, endsAtMs: null, fingerprint: 'abc' }], { truncated: 0 });
  await engine.idle();
}

/** Most of a run is waiting. */
const AT_ONCE = 10;

async function crashAt(scenario: Scenario, dieAt: number, count: number): Promise<void> {
  const one = await run(scenario, dieAt);
  const at = `crash ${dieAt} of ${count}: ${one.points.at(-1)}`;
  expect([at, one.effects.map(({ kind }) => kind)]).toEqual([at, scenario.expected]);
  expect([at, one.apps.apps.get('web')?.fault, one.apps.apps.get('web')?.processes.length]).toEqual([at, null, 1]);
  expect([at, one.outcomes]).toEqual([at, ['recovered']]);
  expect([at, await one.engine.store.unfinishedAttempts(), await one.engine.store.openIncidents()]).toEqual([at, [], []]);
  const generations = one.effects.map(({ generation }) => generation);
  expect([at, generations]).toEqual([at, generations.toSorted((a, b) => a - b)]);
  await one.finish();
}

describe.each(SCENARIOS)('$name', (scenario) => {
  it('survives a crash at every point, without doing anything twice', { timeout: 240_000 }, async () => {
    const whole = await run(scenario, Infinity);
    expect(whole.effects.map(({ kind }) => kind)).toEqual(scenario.expected);
    expect(whole.outcomes).toEqual(['recovered']);
    const count = whole.points.length;
    await whole.finish();
    expect(count).toBeGreaterThan(20);
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (let from = 0; from < count; from += AT_ONCE) {
      await Promise.all(numbers.slice(from, from + AT_ONCE).map((dieAt) => crashAt(scenario, dieAt, count)));
    }
  });
});
