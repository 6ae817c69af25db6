/**
 * Hosts and domains that exist only in memory, for tests of the recovery loop: they outlive any number of virtmedic processes
 * that watch them. The same behaviour of real libvirt is shown by the lab's tests.
 */
import type { ActiveState, DomainStateNow, Hypervisor } from '../../execution/hypervisor.ts';
import { MigrationRefused } from '../../execution/hypervisor.ts';
import type { PerceptionEvent } from '../../perception/events.ts';
import type { DomainSighting, HostObservation, View } from '../../perception/view.ts';
import type { Health, Observed, Stop } from '../../policy/types.ts';
import type { ForecastView, TargetForecast } from '../../prediction/forecast-view.ts';

export interface FakeDomain {
  uuid: string;
  name: string;
  host: string;
  state: ActiveState;
  reason: string;
  sinceMs: number;
  persistent: boolean;
  lastStop: Stop | null;
  health: Health;
  evidence: string[];
}

export interface Effect {
  kind: 'create' | 'resume' | 'reset' | 'destroy' | 'shutdown' | 'define' | 'migrate' | 'abort';
  uuid: string;
  host: string;
}

export interface World {
  domains: Map<string, FakeDomain>;
  /** Every change that was asked of a hypervisor and carried out, in order. */
  effects: Effect[];
  /** Called before and after each effect; may never return (a crash) or throw (a failure). */
  intercept: (point: string) => Promise<void>;
  /** Where the latest process listens. */
  listener: ((event: PerceptionEvent) => void) | null;
  view: View;
  forecasts: ForecastView;
  /** What the forecast of a domain (by UUID) or a host is from now on; null: there is none. Told to the listener. */
  forecast(target: string, probability: number | null): void;
  /** Memory left on each host, GiB; 8 where it is not named. */
  memoryGib: Map<string, number>;
  /** Domains that cannot be migrated. */
  unshared: Set<string>;
  hypervisor(host: string): Hypervisor | null;
  setHost(host: string, state: HostObservation['state']): void;
  add(name: string, host?: string): FakeDomain;
  kill(uuid: string): void;
  shutdown(uuid: string, reason: 'shutdown' | 'destroyed'): void;
  pause(uuid: string, reason: string): void;
  undefine(uuid: string): void;
  /** Live, to a host that nobody watches, with its definition. */
  migrateAway(uuid: string): void;
  hang(uuid: string): void;
  /** What a listing of every host says now, told to the listener. */
  list(): void;
}

const HEALTHY = { health: 'healthy' as const, evidence: [] as string[] };

function forecastOf(probability: number, nowMs: number): TargetForecast {
  const failing = probability > 0.8;
  return {
    atMs: nowMs,
    failureProbability: [{ horizonSeconds: 60, probability }],
    health: { normal: 1 - probability, abnormal: probability, failed: 0 },
    load: { low: 0, medium: 1, high: 0 },
    coldStart: false,
    missing: [],
    failing,
    failingSinceMs: failing ? nowMs - 30_000 : null,
    model: { source: 'prior', trainedAtMs: null },
  };
}

let made = 0;

export function createWorld(hostNames: string[] = ['h1'], nowMs: () => number = Date.now): World {
  const hosts = new Map<string, HostObservation>(
    hostNames.map((name) => [name, { name, uri: `fake:///${name}`, state: 'up', heardAtMs: 0, error: null, listings: 0 }]),
  );
  const domains = new Map<string, FakeDomain>();
  const gone = new Map<string, { host: string; lastStop: Stop | null; undefinedSeen: boolean; listings: number }>();

  const forecasts = new Map<string, TargetForecast>();

  const tell = (event: PerceptionEvent): void => world.listener?.(event);
  const news = (domain: FakeDomain) => ({ host: domain.host, uuid: domain.uuid, name: domain.name, atMs: nowMs() });
  const sighting = (domain: FakeDomain): DomainSighting => ({ ...domain, autostart: false });

  function change(domain: FakeDomain, state: ActiveState, reason: string): void {
    domain.state = state;
    domain.reason = reason;
    domain.sinceMs = nowMs();
    Object.assign(domain, HEALTHY);
  }

  function stop(uuid: string, reason: Stop['reason'], stateReason: string): void {
    const domain = need(uuid);
    change(domain, 'shutoff', stateReason);
    domain.lastStop = { atMs: nowMs(), reason };
    tell({ kind: 'domain_lifecycle', ...news(domain), change: 'stopped', detail: reason, stop: domain.lastStop });
  }

  function need(uuid: string): FakeDomain {
    const domain = domains.get(uuid);
    if (!domain) throw new Error(`Domain not found: no domain with matching uuid '${uuid}'`);
    return domain;
  }

  async function effect<T>(kind: Effect['kind'], uuid: string, host: string, run: () => T): Promise<T> {
    await world.intercept(`before ${kind}`);
    const value = run();
    world.effects.push({ kind, uuid, host });
    await world.intercept(`after ${kind}`);
    return value;
  }

  function hypervisor(host: string): Hypervisor | null {
    if (hosts.get(host)?.state !== 'up') return null;
    const here = (uuid: string): FakeDomain => {
      const domain = need(uuid);
      if (domain.host !== host) throw new Error(`Domain not found on ${host}`);
      return domain;
    };
    return {
      state: (uuid): Promise<DomainStateNow | null> => {
        if (hosts.get(host)?.state !== 'up') return Promise.reject(new Error('the connection was lost'));
        const domain = domains.get(uuid);
        return Promise.resolve(domain?.host === host ? { state: domain.state, reason: domain.reason, persistent: domain.persistent } : null);
      },
      uuidOfName: (name) => Promise.resolve([...domains.values()].find((domain) => domain.host === host && domain.name === name)?.uuid ?? null),
      create: (uuid) =>
        effect('create', uuid, host, () => {
          const domain = here(uuid);
          if (domain.state !== 'shutoff') throw new Error('Requested operation is not valid: domain is already running');
          change(domain, 'running', 'booted');
          tell({ kind: 'domain_lifecycle', ...news(domain), change: 'started', detail: 'booted', stop: null });
        }),
      resume: (uuid) =>
        effect('resume', uuid, host, () => {
          change(here(uuid), 'running', 'unpaused');
          tell({ kind: 'domain_lifecycle', ...news(here(uuid)), change: 'resumed', detail: 'unpaused', stop: null });
        }),
      reset: (uuid) =>
        effect('reset', uuid, host, () => {
          Object.assign(here(uuid), HEALTHY);
          tell({ kind: 'domain_rebooted', ...news(here(uuid)) });
        }),
      destroy: (uuid) => effect('destroy', uuid, host, () => stop(here(uuid).uuid, 'destroyed', 'destroyed')),
      shutdown: (uuid) => effect('shutdown', uuid, host, () => stop(here(uuid).uuid, 'shutdown', 'shutdown')),
      availableMemoryBytes: () => Promise.resolve((world.memoryGib.get(host) ?? 8) * 2 ** 30),
      domainMemoryBytes: () => Promise.resolve(2 ** 30),
      hasJob: () => Promise.resolve(false),
      abortJob: (uuid) => effect('abort', uuid, host, () => undefined),
      migrate: (uuid, { uri }) =>
        effect('migrate', uuid, host, () => {
          const domain = here(uuid);
          if (world.unshared.has(uuid)) throw new MigrationRefused('Unsafe migration: Migration without shared storage is unsafe');
          domain.host = /\/\/([^/]+)\//.exec(uri)?.[1] ?? '';
          tell({ kind: 'domain_lifecycle', ...news(domain), change: 'resumed', detail: 'migrated', stop: null });
        }),
      define: (xml) =>
        effect('define', xml, host, () => {
          if (domains.has(xml)) return xml;
          const lastStop = gone.get(xml)?.lastStop ?? null;
          const domain: FakeDomain = { uuid: xml, name: `vm-${xml.slice(-4)}`, host, state: 'shutoff', reason: 'unknown', sinceMs: nowMs(), persistent: true, lastStop, ...HEALTHY };
          domains.set(xml, domain);
          gone.delete(xml);
          tell({ kind: 'domain_lifecycle', ...news(domain), change: 'defined', detail: 'added', stop: null });
          return xml;
        }),
    };
  }

  function observed(uuid: string, expectedHost: string | null): Observed {
    const domain = domains.get(uuid);
    if (domain) {
      if (hosts.get(domain.host)?.state !== 'up') return { kind: 'unknown', host: domain.host };
      return { kind: 'present', ...domain };
    }
    const memory = gone.get(uuid);
    const unheard = [...hosts.values()].find((host) => host.state !== 'up');
    if (unheard || !memory) return { kind: 'unknown', host: unheard?.name ?? expectedHost };
    return { kind: 'absent', lastHost: memory.host, completeListings: memory.listings, undefinedSeen: memory.undefinedSeen, lastStop: memory.lastStop };
  }

  const world: World = {
    domains,
    effects: [],
    intercept: () => Promise.resolve(),
    listener: null,
    view: {
      hosts: () => [...hosts.values()],
      host: (name) => hosts.get(name),
      sightings: () => [...domains.values()].map(sighting),
      observed,
    },
    hypervisor,
    forecasts: { domain: (uuid) => forecasts.get(uuid) ?? null, host: (name) => forecasts.get(name) ?? null },
    memoryGib: new Map(),
    unshared: new Set(),
    forecast(target, probability) {
      const failing = probability !== null && probability > 0.8;
      if (probability === null) forecasts.delete(target);
      else forecasts.set(target, forecastOf(probability, nowMs()));
      const about = hosts.has(target) ? ({ kind: 'host', host: target } as const) : ({ kind: 'domain', uuid: target } as const);
      tell({ kind: 'forecast_change', target: about, failing, atMs: nowMs() });
    },
    setHost(name, state) {
      const host = hosts.get(name);
      if (!host) return;
      const previous = host.state;
      host.state = state;
      tell({ kind: 'host_state', host: name, atMs: nowMs(), state, previous, error: null });
    },
    add(name, host = 'h1') {
      made += 1;
      const uuid = `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
      const domain: FakeDomain = { uuid, name, host, state: 'running', reason: 'booted', sinceMs: nowMs(), persistent: true, lastStop: null, ...HEALTHY };
      domains.set(uuid, domain);
      return domain;
    },
    kill: (uuid) => stop(uuid, 'failed', 'crashed'),
    shutdown: (uuid, reason) => stop(uuid, reason, reason),
    pause(uuid, reason) {
      change(need(uuid), 'paused', reason);
      tell({ kind: 'domain_lifecycle', ...news(need(uuid)), change: 'suspended', detail: reason, stop: null });
    },
    undefine(uuid) {
      const domain = need(uuid);
      domains.delete(uuid);
      const undefinedSeen = domain.state === 'shutoff' && domain.lastStop?.reason !== 'migrated';
      gone.set(uuid, { host: domain.host, lastStop: domain.lastStop, undefinedSeen, listings: 0 });
      tell({ kind: 'domain_lifecycle', ...news(domain), change: 'undefined', detail: 'removed', stop: null });
    },
    migrateAway(uuid) {
      stop(uuid, 'migrated', 'migrated');
      world.undefine(uuid);
    },
    hang(uuid) {
      const domain = need(uuid);
      Object.assign(domain, { health: 'hung', evidence: ['probe tcp 10.0.0.5:80 failed 3 times; counters still'] });
      tell({ kind: 'domain_health', ...news(domain), health: 'hung', evidence: domain.evidence });
    },
    list() {
      for (const memory of gone.values()) memory.listings += 1;
      for (const domain of domains.values()) tell({ kind: 'domain_listed', ...news(domain), sighting: sighting(domain) });
      for (const host of hosts.values()) {
        if (host.state === 'up') tell({ kind: 'listing_complete', host: host.name, atMs: nowMs(), domains: domains.size, afterConnect: false });
      }
    },
  };
  return world;
}
