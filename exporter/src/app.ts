/** Composition root: the only place that wires the modules together. */
import { hostname } from 'node:os';
import { schedule } from 'node-cron';
import type { ScheduledTask } from 'node-cron';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { createAlertmanagerClient } from './alertmanager/client.ts';
import { loadConfig, loadYaml } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { systemClock } from './events/clock.ts';
import { Scheduler } from './events/scheduler.ts';
import { createActingConnections } from './execution/connections.ts';
import type { ActingConnections } from './execution/connections.ts';
import { createHelperActions } from './execution/guest-actions-helper.ts';
import { createGuestAgentActions } from './execution/guest-agent-actions.ts';
import type { GuestAgentActions } from './execution/guest-agent-actions.ts';
import { AGENT_NOT_OPTED_IN, agentError } from './execution/guest-agent-error.ts';
import { libvirtHypervisor } from './execution/libvirt-hypervisor.ts';
import { startForecasting } from './forecasting.ts';
import type { Forecasting } from './forecasting.ts';
import { createGuestSight } from './guest-sight.ts';
import type { GuestSight } from './guest-sight.ts';
import { createChangeFeed, publishingStore } from './history/changes.ts';
import { lockStore } from './history/daemon-lock.ts';
import { openSqliteStore } from './history/index.ts';
import type { Store } from './history/store.ts';
import { createPerception } from './perception/index.ts';
import type { Perception, PerceptionEvent } from './perception/index.ts';
import { isGuestAgentAllowed } from './policy/guest-agent.ts';
import { inventorySchema } from './policy/inventory.ts';
import type { Inventory } from './policy/inventory.ts';
import { selectPolicy } from './policy/selectors.ts';
import { isRoot, RUNS_AS_ROOT } from './privileges/become.ts';
import { AttemptAbandoned } from './recovery/attempt-run.ts';
import { createRecovery } from './recovery/index.ts';
import type { Recovery } from './recovery/index.ts';
import { ownGeneration } from './recovery/lease.ts';
import { overlapsOwnOperation } from './recovery/own-operations.ts';
import { probeState, probesAnsweredSince } from './recovery/probes.ts';
import { labelsFrom } from './training/labels.ts';
import { VERSION } from './version.ts';
import { closeHeld } from './web/held-listeners.ts';
import type { HeldListeners } from './web/held-listeners.ts';
import { guestAgentMetrics } from './web/metrics/guest-agent.ts';
import { createMetrics } from './web/metrics/index.ts';
import type { Metrics } from './web/metrics/index.ts';
import { trainingMetrics } from './web/metrics/training.ts';
import type { ReadyCheck, Web } from './web/options.ts';
import { startWeb } from './web/server.ts';
import { openSettings } from './web/settings.ts';
import type { RuntimeSettings } from './web/settings.ts';

const QUEUE_CAPACITY = 20_000;
const HANDLERS_AT_ONCE = 256;
/** A handler that failed, most likely because the store did, is tried again after this. */
const RETRY_MS = 5000;
/** What runs at a stop is given this long; what has not ended then is taken up at the next start. */
const DRAIN_LIMIT_MS = 10_000;
/** Of the time that a scraper waits, for collecting and sending. */
const PATIENCE_SHARE = 0.8;
const PRUNE_AT = '17 3 * * *';
const DAY_MS = 86_400_000;

export interface ServeOptions {
  configFile: string;
  /** Opened by root, before this process became another user. */
  held?: HeldListeners | null;
}

export interface App {
  addresses: { web: { host: string; port: number }; control: { host: string; port: number } };
  reload(actor: string): Promise<void>;
  stop(): Promise<void>;
}

/** Runs until SIGTERM or SIGINT. Rejects with ConfigError, ListenError or StoreUnavailableError when it can't start. */
export async function serve(options: ServeOptions): Promise<void> {
  const stopRequested = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const app = await startApp(options);
  // What is wrong with the file is in the log.
  process.on('SIGHUP', () => void app.reload('SIGHUP').catch(() => undefined));
  await stopRequested;
  await app.stop();
}

/** Starts every part in the order in which they need each other; when one fails, those before it are stopped. */
export async function startApp({ configFile, held = null }: ServeOptions): Promise<App> {
  const stops: (() => unknown)[] = held === null ? [] : [() => closeHeld(held)];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await start(configFile, held, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a reload replaces. */
interface Settings {
  config: Config;
  inventory: Inventory | null;
}

async function start(configFile: string, held: HeldListeners | null, stops: (() => unknown)[]): Promise<Omit<App, 'stop'>> {
  const { config, warnings } = await loadConfig(configFile);
  const settings: Settings = { config, inventory: await loadInventory(config) };
  const log = pino({ level: config.log.level }, pino.destination(2));
  for (const warning of warnings) log.warn({ warning }, 'configuration');
  if (isRoot()) log.warn(RUNS_AS_ROOT);
  stops.push(lockStore(config.store.path));
  const changes = createChangeFeed();
  const store = publishingStore(await openSqliteStore(config.store.path, { onWarning: (text) => log.warn(text) }), changes);
  stops.push(() => store.close());
  const runtime = await openSettings({
    store,
    clock: systemClock,
    configured: () => settings.config.sampling.intervalSeconds,
    apply(intervalSeconds) {
      perception.setInterval(intervalSeconds);
      forecasting.configChanged();
    },
    onWarning: (text) => log.warn(text),
  });
  const metrics = createMetrics({ version: VERSION });
  stops.push(() => metrics.stop());
  const acting = createActingConnections(config);
  stops.push(() => acting.stop());
  const surroundings = { settings, runtime, store, metrics, log };
  const forecasting = await forecastingOver(surroundings, () => recovery);
  stops.push(() => forecasting.stop());
  const perception = await perceptionOver(surroundings, forecasting, (event) => {
    // First, so that what was known of a guest that began anew is void when recovery looks.
    sight.onPerception(event);
    recovery.onPerception(event);
  });
  stops.push(() => perception.stop());
  const sight = createGuestSight({
    config: () => settings.config,
    clock: systemClock,
    perception: () => perception,
    onAppChanged: (uuid, app) => recovery.onAppChanged(uuid, app),
    log,
  });
  stops.push(() => sight.stop());
  const scheduler = schedulerFor(metrics, log);
  const recovery: Recovery = createRecovery({
    ...seenBy(perception, forecasting, settings),
    apps: sight.view,
    supervision: sight,
    guestActions: createHelperActions({ helper: (host) => sight.helper(host) }),
    guestAgent: guestAgentOver(surroundings, acting, () => recovery),
    store,
    clock: systemClock,
    push: (event) => void scheduler.submit(event),
    config: () => settings.config,
    inventory: () => settings.inventory,
    hypervisor(host) {
      const connection = acting.of(host);
      return connection && libvirtHypervisor(connection);
    },
    alertmanager: createAlertmanagerClient(() => settings.config.alertmanager),
    metrics,
    log,
    owner: `${hostname()}:${process.pid}`,
    reloadConfig: () => reload(configFile, settings, { runtime, perception, sight, forecasting, acting, metrics, log, web: () => web }),
  });
  stops.push(() => drain(recovery, scheduler, log));
  await recovery.start();
  const web = await startWeb({
    config,
    store,
    view: perception.view,
    forecasts: forecasting.view,
    apps: sight.view,
    control: recovery.control,
    settings: runtime,
    changes,
    metricsText: (patienceSeconds) =>
      metrics.text({
        config: scrapeWithin(settings.config, patienceSeconds),
        perception,
        recovery,
        apps: sight.view,
        forecasts: settings.config.prediction.enabled ? forecasting : undefined,
        queueLength: scheduler.length,
      }),
    ready: () => readiness(perception),
    log,
    version: VERSION,
    held,
  });
  stops.push(() => web.stop());
  perception.start();
  sight.start();
  const pruning = schedulePruning(store, log, () => settings.config);
  stops.push(() => pruning.stop());
  log.info({ ...web.addresses, hosts: config.hosts.length, version: VERSION }, 'virtmedic is running');
  return { addresses: web.addresses, reload: (actor) => recovery.control.reload(actor) };
}

/** An answer that comes after the scraper has gone is no answer. */
function scrapeWithin(config: Config, patienceSeconds = Infinity): Config {
  const scrapeTimeoutSeconds = Math.min(config.metrics.scrapeTimeoutSeconds, patienceSeconds * PATIENCE_SHARE);
  return { ...config, metrics: { ...config.metrics, scrapeTimeoutSeconds } };
}

function schedulerFor(metrics: Metrics, log: Logger): Scheduler {
  const scheduler = new Scheduler({
    clock: systemClock,
    capacity: QUEUE_CAPACITY,
    concurrency: HANDLERS_AT_ONCE,
    onShed: () => metrics.eventShed(),
    onStart: (event) => metrics.eventStarted(event.kind),
    onError(event, error) {
      if (error instanceof AttemptAbandoned) return;
      log.error({ err: error, event: event.kind, target: event.targetKey }, 'handling failed; it is tried again');
      scheduler.submit({ ...event, class: 'execution', dueMs: systemClock.monotonicMs() + RETRY_MS });
    },
  });
  return scheduler;
}

/** No new work, then time for what runs. */
async function drain(recovery: Recovery, scheduler: Scheduler, log: Logger): Promise<void> {
  recovery.stop();
  const { drained, running } = await scheduler.stop(DRAIN_LIMIT_MS);
  if (drained) return;
  log.warn({ running: running.map((event) => event.targetKey) }, 'still under way; taken up at the next start');
  // Before the connections and the store close, so that their closing is not taken for a failure of the attempt.
  recovery.abandon();
}

/** The configuration with what was changed while it runs. */
function inForce({ config }: Settings, runtime: RuntimeSettings): Config {
  return { ...config, sampling: { ...config.sampling, intervalSeconds: runtime.read().samplingIntervalSeconds.value } };
}

interface Surroundings {
  settings: Settings;
  runtime: RuntimeSettings;
  store: Store;
  metrics: Metrics;
  log: Logger;
}

function forecastingOver({ settings, runtime, store, metrics, log }: Surroundings, recovery: () => Recovery): Promise<Forecasting> {
  return startForecasting({
    config: () => inForce(settings, runtime),
    clock: systemClock,
    ownOperation: (target, fromMs, toMs) => overlapsOwnOperation(recovery().context.state, target, fromMs, toMs),
    onChange: (event) => recovery().onPerception(event),
    labelsOf: labelsFrom(store),
    metrics: metrics.extend(trainingMetrics),
    log,
  });
}

async function perceptionOver({ settings, runtime, store, metrics, log }: Surroundings, forecasting: Forecasting, onEvent: (event: PerceptionEvent) => void): Promise<Perception> {
  return createPerception({
    config: inForce(settings, runtime),
    clock: systemClock,
    known: await store.domains(),
    settingsFor(domain) {
      const { policy, probes } = selectPolicy(settings.config, domain, 'running');
      return { managed: policy.managed, probes };
    },
    onEvent,
    onDefinition: ({ uuid, host, xml, atMs }) => void saveDefinition(store, log, { uuid, host, xml, atMs }),
    onDefinitionChanged: (domain) => metrics.definitionChanged(domain),
    onWarning: (text, error) => log.warn({ err: error }, text),
    sampling: forecasting.sampling,
  });
}

/** Asked over the connections that act: libvirt lets a command of the agent wait for its turn. */
function guestAgentOver({ settings, metrics }: Surroundings, acting: ActingConnections, recovery: () => Recovery): GuestAgentActions {
  const { agentRefused } = metrics.extend(guestAgentMetrics);
  return createGuestAgentActions({
    connection: (host) => acting.of(host),
    async permitted({ host, uuid }) {
      const { context } = recovery();
      const name = context.state.domains.get(uuid)?.name;
      if (name === undefined || !isGuestAgentAllowed(settings.config, { uuid, name, host })) throw agentError('agent-not-opted-in', AGENT_NOT_OPTED_IN, { isRefusal: true });
      // No helper that knows of a newer lease stands between.
      await ownGeneration(context);
    },
    clock: systemClock,
    refused: agentRefused,
  });
}

/** What the recovery loop asks of perception and prediction. */
function seenBy(perception: Perception, forecasting: Forecasting, settings: Settings) {
  return {
    view: perception.view,
    probeState: (uuid: string) => probeState(perception, settings.config, uuid),
    probesAnsweredSince: (uuid: string, sinceMs: number) => probesAnsweredSince(perception, settings.config, systemClock, uuid, sinceMs),
    sampleNow: (host?: string) => void perception.sampleNow(host),
    forecasts: forecasting.view,
    forgetInView(uuid: string) {
      perception.forget(uuid);
      forecasting.forget(uuid);
    },
  };
}

interface Reloaded {
  runtime: RuntimeSettings;
  perception: Perception;
  sight: GuestSight;
  forecasting: Forecasting;
  acting: ActingConnections;
  metrics: Metrics;
  log: Logger;
  web(): Web;
}

/** All or nothing: a file with errors leaves what is in force as it is. */
async function reload(configFile: string, settings: Settings, { runtime, perception, sight, forecasting, acting, metrics, log, web }: Reloaded): Promise<void> {
  try {
    const { config } = await loadConfig(configFile);
    Object.assign(settings, { config, inventory: await loadInventory(config) });
  } catch (error) {
    metrics.configReloaded(false);
    log.error({ err: error }, 'the configuration was not reloaded; the old one stays in force');
    throw error;
  }
  forecasting.configChanged();
  await perception.reconfigure(inForce(settings, runtime));
  sight.configChanged();
  acting.reconfigure(settings.config);
  web().reconfigure(settings.config);
  metrics.configReloaded(true);
  log.info('configuration reloaded');
}

async function loadInventory(config: Config): Promise<Inventory | null> {
  return config.inventory ? loadYaml(config.inventory.file, inventorySchema) : null;
}

/** A definition that can't be saved now is fetched and saved again at the next change or start. */
async function saveDefinition(store: Store, log: Logger, definition: { uuid: string; host: string; xml: string; atMs: number }): Promise<void> {
  try {
    await store.saveDefinition(definition.uuid, definition.host, definition.xml, definition.atMs);
  } catch (error) {
    log.error({ err: error, domain: definition.uuid }, 'its definition was not saved; it could not be rebuilt');
  }
}

function readiness(perception: Perception): ReadyCheck[] {
  return perception.view.hosts().map(({ name, listings, error, state }) => ({
    name: `host ${name}`,
    // A host that was never heard is a start that has not ended; one that was lost is the metrics' matter.
    ok: listings > 0,
    detail: listings > 0 ? state : (error ?? 'not listed yet'),
  }));
}

function schedulePruning(store: Store, log: Logger, config: () => Config): ScheduledTask {
  return schedule(PRUNE_AT, async () => {
    try {
      const removed = await store.prune(Date.now() - config().store.retentionDays * DAY_MS);
      log.info({ removed }, 'old recoveries were removed');
    } catch (error) {
      log.error({ err: error }, 'removing old recoveries failed');
    }
  });
}
