/** For each test of a file: a fresh world with one running domain `web-1` on host `h1`, and virtmedic over it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { IncidentRecord } from '../../history/store.ts';
import type { AlertResult, ReceivedAlert } from '../../web/control.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startEngine } from './engine.ts';
import type { FakeDomain, World } from './world.ts';
import { createWorld } from './world.ts';

export interface Harness {
  world: World;
  domain: FakeDomain;
  engine: Engine;
  /** Starts virtmedic and waits until it has looked; again after `engine.stop()`: a restart on the same store. */
  start(options?: Partial<EngineOptions>): Promise<void>;
  alert(overrides?: Partial<Omit<ReceivedAlert, 'labels'>> & { labels?: Record<string, string> }): ReceivedAlert;
  receive(...alerts: ReceivedAlert[]): Promise<AlertResult[]>;
  /** Every recovery, the oldest first. */
  history(): Promise<IncidentRecord[]>;
  open(): Promise<IncidentRecord[]>;
  effects(): string[];
  /** Waits until so many changes were asked of the hypervisors. */
  acted(count: number): Promise<void>;
}

export const BY_ALERT = [{ managed: true, trigger: 'alert' }];

export function useHarness(): Harness {
  let folder = '';
  const harness: Harness = {
    world: undefined as never,
    domain: undefined as never,
    engine: undefined as never,
    async start(options: Partial<EngineOptions> = {}) {
      const { world } = harness;
      harness.engine = await startEngine({ world, databasePath: join(folder, 'virtmedic.db'), ...options });
      await harness.engine.idle();
    },
    alert(overrides = {}) {
      const { uuid, name } = harness.domain;
      const labels: Record<string, string> = { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: 'domain_crashed', host: 'h1', domain: name, domain_uuid: uuid, ...overrides.labels };
      return { status: 'firing', annotations: {}, startsAtMs: Date.now(), endsAtMs: null, fingerprint: 'abc123', ...overrides, labels };
    },
    receive: (...alerts: ReceivedAlert[]) => harness.engine.recovery.control.receiveAlerts(alerts, { truncated: 0 }),
    history: async () => (await harness.engine.store.recoveries({})).items.reverse(),
    open: () => harness.engine.store.openIncidents(),
    effects: () => harness.world.effects.map((effect) => effect.kind),
    acted: (count) => until(() => harness.world.effects.length >= count),
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'virtmedic-recovery-'));
    harness.world = createWorld();
    harness.domain = harness.world.add('web-1');
  });
  afterEach(async () => {
    await harness.engine.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });
  return harness;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for what is bound to come, however slow the machine is. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(5);
}

/** A ladder for a selector's `ladders`, with limits that are not meant to be reached. */
export function ladder(...actions: string[]) {
  return { rungs: actions.map((action) => ({ action, timeoutSeconds: 30 })), budget: { recoveries: 1000, windowSeconds: 3600 } };
}
