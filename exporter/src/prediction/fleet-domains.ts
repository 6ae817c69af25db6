/** Domains by UUID, wherever they run: which host's word counts, which run no more, and which are gone. */
import { endForecast, isStale } from './fleet-target.ts';
import type { FleetTarget } from './fleet-target.ts';
import type { DomainReading } from './observation/reading.ts';

export interface FleetDomain extends FleetTarget<DomainReading> {
  readonly uuid: string;
}

export interface FleetDomainsOptions {
  /** Domains known at once. */
  most: number;
  create(uuid: string, host: string): FleetDomain;
  /** It was failing, and there is no forecast of it any more. */
  onEnded(domain: FleetDomain): void;
  onWarning(text: string): void;
}

/** Monotonic. */
export interface TickTime {
  nowMs: number;
  tickMs: number;
}

export interface FleetDomains {
  get(uuid: string): FleetDomain | undefined;
  all(): Iterable<FleetDomain>;
  /** One host's tick; null: no answer. `tick` is called for each domain whose reading counts. */
  take(host: string, readings: ReadonlyMap<string, DomainReading | null> | null, time: TickTime, tick: (domain: FleetDomain, reading: DomainReading) => void): void;
  /** The host is not watched any more. */
  hostLeft(host: string): void;
  forget(uuid: string): void;
}

/** A domain that its host has not told of for so long is gone for good: long enough for a migration, a rebuild, a restart of the host. */
const GONE_MS = 3_600_000;
const SWEEP_MS = 60_000;
/** Ticks of two hosts do not fall together: a domain changes hosts when the one before has been silent on it for so many. */
const HOST_CHANGE_TICKS = 1.5;
/** Where domains are whose host is not watched any more; no host has an empty name. */
const NOWHERE = '';

export function createFleetDomains({ most, create, onEnded, onWarning }: FleetDomainsOptions): FleetDomains {
  const domains = new Map<string, FleetDomain>();
  /** Host -> those that count as its own. */
  const byHost = new Map<string, Set<FleetDomain>>();
  const sweptMs = new Map<string, number>();
  let isFullTold = false;
  /** Until then it is not looked again whether one makes room. */
  let fullUntilMs = -Infinity;

  function end(domain: FleetDomain): void {
    if (endForecast(domain)) onEnded(domain);
  }

  function drop(domain: FleetDomain): void {
    end(domain);
    domains.delete(domain.uuid);
    byHost.get(domain.host)?.delete(domain);
  }

  function assign(domain: FleetDomain, host: string): void {
    byHost.get(domain.host)?.delete(domain);
    domain.host = host;
    let own = byHost.get(host);
    if (!own) byHost.set(host, (own = new Set()));
    own.add(domain);
  }

  function known(uuid: string, host: string, reading: DomainReading, nowMs: number): FleetDomain | null {
    const domain = domains.get(uuid);
    if (domain) return domain;
    // Nothing can be learnt of one that has never run.
    if (reading.running !== true || !hasRoom(nowMs)) return null;
    const made = create(uuid, host);
    domains.set(uuid, made);
    assign(made, host);
    return made;
  }

  function hasRoom(nowMs: number): boolean {
    if (domains.size < most) return true;
    if (nowMs < fullUntilMs) return false;
    // One that does not run makes room, the longest unseen first.
    let oldest: FleetDomain | null = null;
    for (const domain of domains.values()) if (domain.latest === null && (oldest === null || domain.mentionedMs < oldest.mentionedMs)) oldest = domain;
    if (oldest !== null) {
      drop(oldest);
      return true;
    }
    if (!isFullTold) onWarning(`more than ${most} domains run: no failures are forecast of those that were seen last`);
    isFullTold = true;
    fullUntilMs = nowMs + SWEEP_MS;
    return false;
  }

  /** Its own host's word counts as long as it says that the domain runs there. */
  function belongs(domain: FleetDomain, host: string, running: boolean, { nowMs, tickMs }: TickTime): boolean {
    if (domain.host === host) return true;
    if (!running || nowMs - domain.runningMs < HOST_CHANGE_TICKS * tickMs) return false;
    assign(domain, host);
    return true;
  }

  function stopped(domain: FleetDomain, reading: DomainReading): void {
    domain.runningMs = -Infinity;
    // Where its counters stood when it stopped tells whether it was started anew or only held.
    if (Number.isFinite(reading.atMs)) domain.predictor.observer.previous = reading;
    end(domain);
  }

  /** It is there and tells nothing. */
  function silent(host: string, uuid: string, nowMs: number): void {
    const domain = domains.get(uuid);
    if (domain?.host !== host) return;
    domain.mentionedMs = nowMs;
    if (isStale(domain, nowMs)) end(domain);
  }

  function sweep(host: string, nowMs: number): void {
    if (nowMs - (sweptMs.get(host) ?? -Infinity) < SWEEP_MS) return;
    sweptMs.set(host, nowMs);
    for (const domain of byHost.get(host) ?? []) if (nowMs - domain.mentionedMs > GONE_MS) drop(domain);
    for (const domain of byHost.get(NOWHERE) ?? []) if (nowMs - domain.mentionedMs > GONE_MS) drop(domain);
  }

  return {
    get: (uuid) => domains.get(uuid),
    all: () => domains.values(),
    take(host, readings, time, tick) {
      const { nowMs } = time;
      if (readings === null) {
        for (const domain of byHost.get(host) ?? []) if (isStale(domain, nowMs)) end(domain);
        return;
      }
      for (const [uuid, reading] of readings) {
        if (reading === null) {
          silent(host, uuid, nowMs);
          continue;
        }
        const domain = known(uuid, host, reading, nowMs);
        if (domain === null || !belongs(domain, host, reading.running === true, time)) continue;
        domain.mentionedMs = nowMs;
        if (reading.running !== true) {
          stopped(domain, reading);
          continue;
        }
        domain.runningMs = nowMs;
        tick(domain, reading);
      }
      for (const domain of byHost.get(host) ?? []) {
        if (domain.mentionedMs === nowMs) continue;
        domain.runningMs = -Infinity;
        end(domain);
      }
      sweep(host, nowMs);
    },
    hostLeft(host) {
      for (const domain of byHost.get(host) ?? []) {
        end(domain);
        domain.runningMs = -Infinity;
        assign(domain, NOWHERE);
      }
      byHost.delete(host);
      sweptMs.delete(host);
    },
    forget(uuid) {
      const domain = domains.get(uuid);
      if (domain) drop(domain);
    },
  };
}
