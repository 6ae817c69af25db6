/** One virtmedic process over a World: the real loop, scheduler, policy and SQLite store, with short times. */
import { pino } from 'pino';
import type { AlertmanagerClient } from '../../alertmanager/client.ts';
import type { Config } from '../../config/schema.ts';
import { configSchema } from '../../config/schema.ts';
import type { Clock } from '../../events/clock.ts';
import { systemClock } from '../../events/clock.ts';
import { Scheduler } from '../../events/scheduler.ts';
import { openSqliteStore } from '../../history/index.ts';
import type { Store } from '../../history/store.ts';
import { StoreUnavailableError } from '../../history/store.ts';
import type { Inventory } from '../../policy/inventory.ts';
import type { ProbeState } from '../context.ts';
import type { Recovery } from '../index.ts';
import { createRecovery } from '../index.ts';
import type { RecoveryMetrics } from '../metrics.ts';
import type { AppWorld } from './apps.ts';
import type { World } from './world.ts';

export interface EngineOptions {
  world: World;
  databasePath: string;
  /** Over the defaults of a managed, directly triggered domain policy. */
  config?: Record<string, unknown>;
  domains?: Record<string, unknown>[];
  clock?: Clock;
  alertmanager?: AlertmanagerClient;
  inventory?: Inventory;
  probeState?: ProbeState;
  /** Don't wait for the start: the process may die in it. */
  startMayHang?: boolean;
  /** Whether a probe can answer is up to the world. Called with the time since which it must have answered. */
  probesAnsweredSince?: (sinceMs: number) => boolean;
  /** Apps in the guests of the world. */
  apps?: AppWorld;
  /** Wraps every call of the store. */
  wrapStore?: (store: Store) => Store;
}

export interface Engine {
  recovery: Recovery;
  store: Store;
  counted: { recoveries: string[]; attempts: string[]; suppressed: string[]; alerts: string[] };
  errors: unknown[];
  started: Promise<void>;
  /** What a reload of the configuration brings. */
  reload(domains: Record<string, unknown>[], config?: Record<string, unknown>): Promise<void>;
  /** Events that wait, those for later too. */
  waiting(): number;
  /** Resolves when nothing runs and nothing that is due waits. */
  idle(): Promise<void>;
  /** As on SIGTERM. `drainMs`: what runs is given this long. */
  stop(drainMs?: number): Promise<void>;
  /** Only closes the database, as the end of a killed process does. */
  abandon(): Promise<void>;
}

export function testConfig(overrides: Record<string, unknown> = {}, domains: Record<string, unknown>[] = [{ managed: true, trigger: 'direct' }]): Config {
  const crash = { rungs: [{ action: 'start', timeoutSeconds: 5 }, { action: 'restart', timeoutSeconds: 5 }], budget: { recoveries: 1000, windowSeconds: 3600 } };
  return configSchema.parse({
    hosts: [{ name: 'h1', uri: 'qemu:///system' }],
    recovery: { verifySeconds: 0.02, ladders: { domain_crashed: crash, domain_stopped: crash } },
    alertmanager: { pollIntervalSeconds: 0.02 },
    domains,
    ...overrides,
  });
}

const RETRY_MS = 30;

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { world } = options;
  const clock = options.clock ?? systemClock;
  let config = testConfig(options.config, options.domains);
  const opened = await openSqliteStore(options.databasePath);
  const store = options.wrapStore?.(opened) ?? opened;
  const counted: Engine['counted'] = { recoveries: [], attempts: [], suppressed: [], alerts: [] };
  const metrics: RecoveryMetrics = {
    recoveryEnded: (fault, outcome) => counted.recoveries.push(`${fault} ${outcome}`),
    attemptEnded: (action, result) => counted.attempts.push(`${action} ${result}`),
    suppressed: (reason) => counted.suppressed.push(reason),
    phase: () => undefined,
    alertReceived: (result) => counted.alerts.push(result),
  };
  const errors: unknown[] = [];
  let ended = false;
  const scheduler = new Scheduler({
    clock,
    capacity: 10_000,
    concurrency: 64,
    onError(event, error) {
      errors.push(error);
      // As the daemon does, only sooner.
      if (!ended) scheduler.submit({ ...event, class: 'execution', dueMs: clock.monotonicMs() + RETRY_MS });
    },
  });
  const recovery = createRecovery({
    store,
    view: world.view,
    clock,
    push: (event) => void scheduler.submit(event),
    config: () => config,
    inventory: () => options.inventory ?? null,
    hypervisor: world.hypervisor,
    forecasts: world.forecasts,
    ...(options.apps && { apps: options.apps.view, guestActions: options.apps.guestActions, guestAgent: options.apps.guestAgent, supervision: options.apps.supervision }),
    probeState: () => options.probeState ?? 'none',
    probesAnsweredSince: (_uuid, sinceMs) => options.probesAnsweredSince?.(sinceMs) ?? true,
    sampleNow: () => world.list(),
    forgetInView: () => undefined,
    alertmanager: options.alertmanager ?? null,
    metrics,
    log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
    owner: `test-${Math.random()}`,
    reloadConfig() {
      config = reloaded;
      return Promise.resolve();
    },
  });
  let reloaded = config;
  const started = recovery.start().then(() => {
    world.listener = (event) => recovery.onPerception(event);
    if (options.apps) options.apps.listener = (uuid, app) => recovery.onAppChanged(uuid, app);
    world.list();
  });
  if (!options.startMayHang) await started;
  return {
    started,
    recovery,
    store,
    counted,
    errors,
    reload(domains, changed = options.config) {
      reloaded = testConfig(changed, domains);
      return recovery.control.reload('test');
    },
    waiting: () => scheduler.length,
    async idle() {
      do await new Promise((resolve) => setTimeout(resolve, 5));
      while (scheduler.running > 0 || scheduler.length > 0);
    },
    async stop(drainMs = 5000) {
      if (world.listener) world.listener = null;
      if (options.apps) options.apps.listener = null;
      ended = true;
      recovery.stop();
      const { drained } = await scheduler.stop(drainMs);
      if (!drained) recovery.abandon();
      await opened.close();
    },
    async abandon() {
      ended = true;
      recovery.stop();
      await opened.close();
    },
  };
}

/** The store's methods that write nothing. */
export const READS: ReadonlySet<string> = new Set(['domains', 'definition', 'openIncidents', 'incident', 'recentRecoveries', 'unfinishedAttempts', 'attempts', 'maintenance', 'setting', 'recoveries', 'recovery', 'close']);

/** Thrown and never caught as anything else: a store that refuses. */
export function refusingStore(store: Store, refuses: () => boolean): Store {
  return new Proxy(store, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function' || name === 'close') return member;
      return (...args: unknown[]): unknown => {
        if (refuses()) return Promise.reject(new StoreUnavailableError('the disk is full'));
        return (member as (...all: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}
