/** Perception: watches every host and keeps the latest that is known of hosts and domains. */
import type { Config } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { SupervisedConnection } from '../libvirt/index.ts';
import type { GuestHealth } from './apps/guest-health.ts';
import type { PerceptionEvent } from './events.ts';
import type { ProbeReport } from './faults.ts';
import type { DomainSettings, HostWatchOptions } from './host-context.ts';
import { watchHost, type HostWatch } from './host.ts';
import { createView, type View } from './view.ts';

export type { PerceptionEvent } from './events.ts';
export type { DomainSettings } from './host-context.ts';
export type { DomainSighting, HostObservation, View } from './view.ts';

export type PerceptionConfig = Pick<Config, 'hosts' | 'libvirt' | 'sampling'>;

export interface PerceptionOptions {
  config: PerceptionConfig;
  clock: Clock;
  settingsFor(domain: { uuid: string; name: string; host: string }): DomainSettings;
  /** Called synchronously, in order; must not throw. The view already holds the news. */
  onEvent(event: PerceptionEvent): void;
  onDefinition: HostWatchOptions['onDefinition'];
  onDefinitionChanged?: HostWatchOptions['onDefinitionChanged'];
  onWarning?(text: string, error: unknown): void;
  /** Readings of every tick, host by host; asked for only while they are wanted. Default: none. */
  sampling?: HostWatchOptions['sampling'];
  /** What the store knows of domains from before the start. */
  known?: readonly { uuid: string; host: string; undefinedAtMs: number | null }[];
  /** Runs one probe; for tests. */
  runProbe?: HostWatchOptions['runProbe'];
}

export interface Perception {
  readonly view: View;
  start(): void;
  stop(): Promise<void>;
  /** Seconds between two listings of every host, from now on; until a `reconfigure` that says otherwise. */
  setInterval(intervalSeconds: number): void;
  /** A complete listing now; of every host, or of one. Resolves when the view has them, or when they failed. */
  sampleNow(host?: string): Promise<void>;
  /** The live connection for calls; null while the host is not connected or not watched. */
  connection(host: string): SupervisedConnection | null;
  /** Hosts that are new are watched, those that went are left, those whose URI or limits changed are connected anew. */
  reconfigure(config: PerceptionConfig): Promise<void>;
  /** What the declared probes of a running domain said last, on the host where it is. */
  probes(host: string, uuid: string): ProbeReport[];
  /** What a look into the guest of a domain that runs on that host shows of its kernel. */
  guestSeen(host: string, uuid: string, health: GuestHealth): void;
  /** A domain is deliberately forgotten. */
  forget(uuid: string): void;
}

const MS = 1000;
/** Longest pause between two attempts to connect: a daemon that restarts is to be watched again soon. */
const RECONNECT_MAX_MS = 5_000;

export function createPerception(options: PerceptionOptions): Perception {
  let { config } = options;
  let intervalMs = config.sampling.intervalSeconds * MS;
  let running = false;
  const watches = new Map<string, HostWatch>();
  const view = createView((sighting) => watches.get(sighting.host)?.health(sighting) ?? { health: 'healthy', evidence: [] });
  view.setHosts(config.hosts);
  for (const { uuid, host, undefinedAtMs } of options.known ?? []) view.seed(uuid, { host, undefinedAtMs });

  function watch(host: PerceptionConfig['hosts'][number]): void {
    watches.set(host.name, watchHost(hostOptions(options, config, host, intervalMs, view)));
  }

  async function stopWatch(name: string): Promise<void> {
    const ended = watches.get(name);
    watches.delete(name);
    await ended?.stop();
  }

  return {
    view,
    start() {
      if (running) return;
      running = true;
      config.hosts.forEach(watch);
    },
    async stop() {
      running = false;
      await Promise.all([...watches.keys()].map(stopWatch));
    },
    setInterval(intervalSeconds) {
      intervalMs = intervalSeconds * MS;
      for (const one of watches.values()) one.setInterval(intervalMs);
    },
    async sampleNow(host) {
      const wanted = host === undefined ? [...watches.values()] : [watches.get(host)];
      await Promise.all(wanted.map((one) => one?.sampleNow()));
    },
    connection(host) {
      const connection = watches.get(host)?.connection;
      return connection?.state.status === 'connected' ? connection : null;
    },
    async reconfigure(next) {
      const ended = changedHosts(config, next);
      config = next;
      intervalMs = next.sampling.intervalSeconds * MS;
      view.setHosts(next.hosts);
      for (const name of ended) view.setHostState(name, 'connecting', null);
      const stopped = Promise.all(ended.map(stopWatch));
      for (const one of watches.values()) {
        one.setInterval(intervalMs);
        one.settingsChanged();
      }
      if (running) for (const host of next.hosts) if (!watches.has(host.name)) watch(host);
      await stopped;
    },
    probes: (host, uuid) => watches.get(host)?.probes(uuid) ?? [],
    guestSeen: (host, uuid, health) => watches.get(host)?.guestSeen(uuid, health),
    forget: (uuid) => view.forget(uuid),
  };
}

/** The hosts that are to be watched no longer, or by another connection. */
function changedHosts(before: PerceptionConfig, next: PerceptionConfig): string[] {
  const limitsChanged = JSON.stringify(next.libvirt) !== JSON.stringify(before.libvirt);
  const uris = new Map(next.hosts.map(({ name, uri }) => [name, uri]));
  return before.hosts.filter(({ name, uri }) => limitsChanged || uris.get(name) !== uri).map(({ name }) => name);
}

function hostOptions(
  { clock, settingsFor, onEvent, onDefinition, onDefinitionChanged, onWarning, sampling, runProbe }: PerceptionOptions,
  { libvirt }: PerceptionConfig,
  { name, uri }: PerceptionConfig['hosts'][number],
  intervalMs: number,
  view: HostWatchOptions['view'],
): HostWatchOptions {
  return {
    host: { name, uri },
    libvirt: {
      deadlineMs: libvirt.callTimeoutSeconds * MS,
      openDeadlineMs: libvirt.connectTimeoutSeconds * MS,
      maxCallsInFlight: libvirt.maxCallsInFlight,
      keepalive: { intervalSeconds: libvirt.keepaliveIntervalSeconds, count: libvirt.keepaliveCount },
      backoff: { maxMs: RECONNECT_MAX_MS },
    },
    listingDeadlineMs: libvirt.callTimeoutSeconds * MS,
    intervalMs,
    clock,
    view,
    settingsFor,
    emit: onEvent,
    onDefinition,
    onDefinitionChanged: onDefinitionChanged ?? (() => undefined),
    onWarning: onWarning ?? (() => undefined),
    sampling,
    ...(runProbe && { runProbe }),
  };
}
