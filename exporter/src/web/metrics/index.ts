/** Everything that `GET /metrics` shows. */
import { Registry } from 'prom-client';
import type { Config } from '../../config/schema.ts';
import type { DomainRecord, IncidentRecord } from '../../history/store.ts';
import { NO_APPS, type AppsView } from '../../perception/apps/view.ts';
import { isLocal, readHostDevices } from '../../perception/host-devices.ts';
import type { View } from '../../perception/view.ts';
import type { Fault } from '../../vocabulary.ts';
import { createAppSeries } from './apps.ts';
import { createHostCollector, type Collector, type HostCollector, type HostSample } from './collect.ts';
import { writeForecasts, type ForecastSource } from './forecasts.ts';
import { createFileSystemSeries } from './guest-file-systems.ts';
import { createHelperMeter, writeHelper, type HelperMeterOptions } from './guest-helper.ts';
import { writeGuests } from './guests.ts';
import { createLabelCache } from './label-cache.ts';
import { writeLibvirt } from './libvirt.ts';
import { createOwnMetrics, type Build, type OwnMetrics } from './own.ts';
import { writeDomains, writeHosts, writeScrape, type DomainFacts, type LocalHost } from './virtmedic.ts';
import { createWriter } from './writer.ts';

export type { ForecastSource } from './forecasts.ts';
export type { OwnMetrics } from './own.ts';

/** Where the values come from that are not asked of libvirt; read at each scrape. */
export interface MetricsSources {
  config: Pick<Config, 'hosts' | 'libvirt' | 'metrics'> & { guest?: { helperFolder: string | null } };
  perception: { view: View };
  recovery: {
    faults(): Iterable<{ uuid: string; fault: Fault }>;
    context: { state: { domains: ReadonlyMap<string, DomainRecord>; open: ReadonlyMap<string, IncidentRecord> } };
  };
  /** Default: nothing is forecast. */
  forecasts?: ForecastSource | undefined;
  /** Default: no apps are watched. */
  apps?: AppsView | undefined;
  /** Events that wait. */
  queueLength: number;
}

export interface Metrics extends Omit<OwnMetrics, 'text'> {
  /**
   * The exposition in text format 0.0.4, UTF-8. Takes no longer than `metrics.scrapeTimeoutSeconds` for what is asked of
   * libvirt; scrapes that come while one is under way share it. Never rejects for a host that does not answer.
   */
  text(sources: MetricsSources): Promise<Buffer>;
  /** What is cached of the domain's definition may be old. */
  definitionChanged(domain: { host: string; uuid: string }): void;
  /** Closes the connections to libvirt and the guest helper. */
  stop(): Promise<void>;
}

/** Time for writing the text, after which the scrape's deadline still holds. */
const WRITING_RESERVE_MS = 250;

/** `helper`: options of the guest helper's client; for tests. */
export function createMetrics({ version, revision = 'unknown', helper: helperOptions }: Partial<Build> & { version: string; helper?: HelperMeterOptions }): Metrics {
  const registry = new Registry();
  const own = createOwnMetrics(registry, { version, revision });
  const cache = createLabelCache();
  const hosts = createHostCollectors();
  const apps = createAppSeries();
  const fileSystems = createFileSystemSeries();
  const helper = createHelperMeter(helperOptions);
  let underWay: Promise<Buffer> | null = null;
  let lastBytes = 0;
  let told = '';

  /** Gauges of what is now, told only when it has changed. */
  function tellState(queueLength: number, open: ReadonlyMap<string, IncidentRecord>): void {
    const incidents = [...open.values()].map(({ fault, state }) => ({ fault, state }));
    const state = JSON.stringify([queueLength, incidents]);
    if (state === told) return;
    told = state;
    own.queueLength(queueLength);
    own.incidents(incidents);
  }

  async function scrape({ config, perception, recovery, forecasts, apps: view = NO_APPS, queueLength }: MetricsSources): Promise<Buffer> {
    const startedMs = performance.now();
    const collectors = new Set(config.metrics.collectors);
    const [samples, local, helperAnswer] = await Promise.all([
      hosts.collect(config, collectors),
      readLocalHost(config, collectors),
      helper.read(config.guest?.helperFolder ?? null, (config.metrics.scrapeTimeoutSeconds * 1000) / 2),
    ]);
    const collectedSeconds = (performance.now() - startedMs) / 1000;
    tellState(queueLength, recovery.context.state.open);
    const writer = createWriter(lastBytes);
    writeHosts(writer, cache, perception.view, samples, local);
    const rows = writeDomains(writer, cache, perception.view, factsOf(recovery));
    if (forecasts) writeForecasts(writer, cache, perception.view.hosts().map(({ name }) => name), rows, forecasts);
    apps.write(writer, cache, view);
    writeGuests(writer, cache, view);
    fileSystems.write(writer, cache, view);
    writeHelper(writer, cache, helperAnswer);
    writeLibvirt(writer, cache, samples, collectors);
    writeScrape(writer, cache, collectedSeconds, samples);
    cache.sweep();
    writer.append(await own.text());
    const text = writer.finish();
    lastBytes = text.length;
    return text;
  }

  return {
    ...own,
    text: (sources) =>
      (underWay ??= scrape(sources).finally(() => {
        underWay = null;
      })),
    definitionChanged: ({ host, uuid }) => hosts.definitionChanged(host, uuid),
    async stop() {
      helper.close();
      await hosts.stop();
    },
  };
}

interface HostCollectors {
  collect(config: MetricsSources['config'], collectors: ReadonlySet<Collector>): Promise<HostSample[]>;
  definitionChanged(host: string, uuid: string): void;
  stop(): Promise<void>;
}

/** The collectors of the configured hosts, brought in line with the configuration at each scrape. */
function createHostCollectors(): HostCollectors {
  const known = new Map<string, { collector: HostCollector; settings: string }>();
  let stopped = false;

  function follow({ hosts, libvirt }: MetricsSources['config']): void {
    const wanted = new Map(hosts.map(({ name, uri }) => [name, JSON.stringify([uri, libvirt])]));
    for (const [name, { collector, settings }] of known) {
      if (wanted.get(name) === settings) continue;
      known.delete(name);
      void collector.stop();
    }
    for (const { name, uri } of hosts) {
      if (known.has(name)) continue;
      const options = {
        openDeadlineMs: libvirt.connectTimeoutSeconds * 1000,
        keepalive: { intervalSeconds: libvirt.keepaliveIntervalSeconds, count: libvirt.keepaliveCount },
        backoff: { maxMs: 5_000 },
      };
      known.set(name, { collector: createHostCollector({ name, uri }, options), settings: wanted.get(name) ?? '' });
    }
  }

  return {
    async collect(config, collectors) {
      if (stopped) return [];
      follow(config);
      const limitMs = config.metrics.scrapeTimeoutSeconds * 1000;
      const deadlineMs = Math.max(limitMs / 2, limitMs - WRITING_RESERVE_MS);
      return Promise.all([...known.values()].map(({ collector }) => collector.collect(collectors, deadlineMs)));
    },
    definitionChanged: (host, uuid) => known.get(host)?.collector.definitionChanged(uuid),
    async stop() {
      stopped = true;
      await Promise.all([...known.values()].map(({ collector }) => collector.stop()));
      known.clear();
    },
  };
}

function* factsOf({ faults, context }: MetricsSources['recovery']): Generator<DomainFacts> {
  const present = new Map<string, Fault>();
  for (const { uuid, fault } of faults()) present.set(uuid, fault);
  for (const { uuid, name, host, desired } of context.state.domains.values()) {
    yield { uuid, name, host, desired, fault: present.get(uuid) ?? null };
  }
}

async function readLocalHost({ hosts }: MetricsSources['config'], collectors: ReadonlySet<Collector>): Promise<LocalHost | null> {
  const local = collectors.has('host') ? hosts.find(({ uri }) => isLocal(uri)) : undefined;
  return local ? { host: local.name, ...(await readHostDevices()) } : null;
}
