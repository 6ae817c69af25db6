import type { Health, Observed, Stop } from '../policy/types.ts';
import type { DomainStateName } from '../vocabulary.ts';
import { createAbsences, type Absences } from './absences.ts';
import { speaking } from './locate.ts';
import { createMemories, type Memories } from './memory.ts';
import { createOverlaps, type Overlaps } from './overlaps.ts';
import { isActive, stopReason } from './states.ts';

export interface HostObservation {
  name: string;
  uri: string;
  /** `up`: connected and heard within the deadline. Anything else is unknown, never dead. */
  state: 'up' | 'connecting' | 'unreachable';
  /** Wall clock of the last answer; null: never heard. */
  heardAtMs: number | null;
  error: string | null;
  /** Complete listings since the start. */
  listings: number;
}

/** One domain as one host reports it. */
export interface DomainSighting {
  uuid: string;
  name: string;
  host: string;
  state: Exclude<DomainStateName, 'absent' | 'unknown'>;
  reason: string;
  sinceMs: number;
  persistent: boolean;
  autostart: boolean;
}

/** The latest that perception knows. Read synchronously by policy, execution, metrics and the API. */
export interface View {
  hosts(): HostObservation[];
  host(name: string): HostObservation | undefined;
  /** Every sighting of every host, stopped domains too. */
  sightings(): DomainSighting[];
  /** All hosts together for one domain. `expectedHost`: where it was last known, to name the host that is not heard. */
  observed(uuid: string, expectedHost: string | null): Observed;
}

/** The view with the methods by which perception keeps it. */
export interface ViewStore extends View {
  /** The hosts to watch; those no longer named are dropped with their sightings. */
  setHosts(hosts: readonly { name: string; uri: string }[]): void;
  setHostState(host: string, state: HostObservation['state'], error: string | null): void;
  heard(host: string, atMs: number): void;
  listingBegan(host: string): void;
  listingFailed(host: string): void;
  /** Replaces all sightings of the host by a complete listing, and makes it `up`. */
  listed(host: string, sightings: readonly DomainSighting[], atMs: number): void;
  sighting(host: string, uuid: string): DomainSighting | undefined;
  sightingsOf(host: string): DomainSighting[];
  /** Adds or replaces one sighting. */
  put(sighting: DomainSighting): void;
  /** The host has the domain no longer. `undefinedSeen`: its UNDEFINED event says so. */
  remove(host: string, uuid: string, undefinedSeen: boolean): void;
  stopped(host: string, uuid: string, stop: Stop): void;
  /** What the store knows from before the start. */
  seed(uuid: string, known: { host: string; undefinedAtMs: number | null }): void;
  forget(uuid: string): void;
}

/** Health of a domain where it runs, with what proves it. */
export type HealthOf = (sighting: DomainSighting) => { health: Health; evidence: string[] };

interface HostRecord {
  observation: HostObservation;
  sightings: Map<string, DomainSighting>;
  listingUnderWay: boolean;
}

interface Parts {
  hosts: Map<string, HostRecord>;
  memories: Memories;
  absences: Absences;
  overlaps: Overlaps;
  healthOf: HealthOf;
}

const HEALTHY: HealthOf = () => ({ health: 'healthy', evidence: [] });

export function createView(healthOf: HealthOf = HEALTHY): ViewStore {
  const hosts = new Map<string, HostRecord>();
  const parts: Parts = {
    hosts,
    memories: createMemories((uuid) => [...hosts.values()].some((host) => host.sightings.has(uuid))),
    absences: createAbsences(() =>
      [...hosts.values()].map(({ observation, listingUnderWay }) => ({
        name: observation.name,
        listings: observation.listings,
        underWay: listingUnderWay,
      })),
    ),
    overlaps: createOverlaps(),
    healthOf,
  };
  return {
    hosts: () => [...hosts.values()].map((host) => ({ ...host.observation })),
    host: (name) => copy(hosts.get(name)?.observation),
    sightings: () => [...hosts.values()].flatMap((host) => [...host.sightings.values()]),
    observed: (uuid, expectedHost) => observe(parts, uuid, expectedHost),
    setHosts: (wanted) => setHosts(parts, wanted),
    setHostState: (name, state, error) => setHostState(parts, name, state, error),
    heard(name, atMs) {
      const host = hosts.get(name);
      if (host) host.observation.heardAtMs = atMs;
    },
    listingBegan: (name) => setUnderWay(parts, name, true),
    listingFailed: (name) => setUnderWay(parts, name, false),
    listed: (name, sightings, atMs) => applyListing(parts, name, sightings, atMs),
    sighting: (name, uuid) => hosts.get(name)?.sightings.get(uuid),
    sightingsOf: (name) => [...(hosts.get(name)?.sightings.values() ?? [])],
    put: (sighting) => put(parts, sighting),
    remove: (name, uuid, undefinedSeen) => remove(parts, name, uuid, undefinedSeen),
    stopped: (name, uuid, stop) => void parts.memories.of(uuid).stops.set(name, stop),
    seed(uuid, known) {
      const memory = parts.memories.of(uuid);
      memory.lastHost ??= known.host;
      if (known.undefinedAtMs !== null) memory.undefinedOn ??= known.host;
    },
    forget(uuid) {
      parts.memories.forget(uuid);
      parts.absences.end(uuid);
    },
  };
}

function copy<T extends object>(value: T | undefined): T | undefined {
  return value && { ...value };
}

function setUnderWay(parts: Parts, name: string, underWay: boolean): void {
  const host = parts.hosts.get(name);
  if (host) host.listingUnderWay = underWay;
}

function setHosts(parts: Parts, wanted: readonly { name: string; uri: string }[]): void {
  const names = new Set(wanted.map(({ name }) => name));
  for (const name of parts.hosts.keys()) if (!names.has(name)) parts.hosts.delete(name);
  for (const { name, uri } of wanted) {
    if (parts.hosts.get(name)?.observation.uri === uri) continue;
    const observation: HostObservation = { name, uri, state: 'connecting', heardAtMs: null, error: null, listings: 0 };
    parts.hosts.set(name, { observation, sightings: new Map(), listingUnderWay: false });
  }
  parts.absences.beginAnew();
}

function setHostState(parts: Parts, name: string, state: HostObservation['state'], error: string | null): void {
  const host = parts.hosts.get(name);
  if (!host) return;
  const wasUp = host.observation.state === 'up';
  host.observation.state = state;
  host.observation.error = error;
  if (wasUp === (state === 'up')) return;
  parts.absences.beginAnew();
  for (const uuid of host.sightings.keys()) noteRunning(parts, uuid);
}

function applyListing(parts: Parts, name: string, sightings: readonly DomainSighting[], atMs: number): void {
  const host = parts.hosts.get(name);
  if (!host) return;
  host.listingUnderWay = false;
  host.observation.listings++;
  host.observation.heardAtMs = atMs;
  const present = new Set(sightings.map(({ uuid }) => uuid));
  for (const uuid of [...host.sightings.keys()]) if (!present.has(uuid)) remove(parts, name, uuid, false, true);
  for (const sighting of sightings) put(parts, sighting);
  setHostState(parts, name, 'up', null);
  parts.overlaps.listed(
    name,
    sightings.filter(({ state }) => state === 'running').map(({ uuid }) => uuid),
  );
}

function put(parts: Parts, sighting: DomainSighting): void {
  const host = parts.hosts.get(sighting.host);
  if (!host) return;
  const before = host.sightings.get(sighting.uuid);
  host.sightings.set(sighting.uuid, sighting);
  parts.absences.end(sighting.uuid);
  const memory = parts.memories.of(sighting.uuid);
  memory.undefinedOn = null;
  if (sighting.state === 'running') memory.lastHost = sighting.host;
  memory.lastHost ??= sighting.host;
  noteStop(memory.stops, before, sighting);
  noteRunning(parts, sighting.uuid);
}

/** A stop that no event told of is known from the reason that libvirt keeps. */
function noteStop(stops: Map<string, Stop>, before: DomainSighting | undefined, now: DomainSighting): void {
  if (isActive(now.state)) return;
  if (before && !isActive(before.state) && stops.has(now.host)) return;
  const known = stops.get(now.host);
  if (known && before && isActive(before.state) && known.atMs >= before.sinceMs) return;
  stops.set(now.host, { atMs: now.sinceMs, reason: stopReason(now.reason) });
}

function noteRunning(parts: Parts, uuid: string): void {
  const running: string[] = [];
  for (const host of parts.hosts.values()) {
    if (host.observation.state === 'up' && host.sightings.get(uuid)?.state === 'running') running.push(host.observation.name);
  }
  parts.overlaps.runningOn(uuid, running);
}

function remove(parts: Parts, name: string, uuid: string, undefinedSeen: boolean, byListing = false): void {
  const host = parts.hosts.get(name);
  const sighting = host?.sightings.get(uuid);
  if (!host || !sighting) return;
  host.sightings.delete(uuid);
  noteRunning(parts, uuid);
  const memory = parts.memories.of(uuid);
  const stop = memory.stops.get(name);
  if (undefinedSeen && memory.lastHost === name && !isActive(sighting.state) && stop && stop.reason !== 'migrated') {
    memory.undefinedOn = name;
  }
  for (const other of parts.hosts.values()) if (other.sightings.has(uuid)) return;
  if (byListing) parts.absences.begin(uuid, name);
  else parts.absences.begin(uuid);
}

function observe(parts: Parts, uuid: string, expectedHost: string | null): Observed {
  const memory = parts.memories.of(uuid);
  const heard: DomainSighting[] = [];
  const silent: DomainSighting[] = [];
  let silentHost: string | null = null;
  for (const { observation, sightings } of parts.hosts.values()) {
    const isUp = observation.state === 'up';
    if (!isUp && (silentHost === null || observation.name === expectedHost)) silentHost = observation.name;
    const sighting = sightings.get(uuid);
    if (sighting) (isUp ? heard : silent).push(sighting);
  }
  const best = speaking(heard, [memory.lastHost, expectedHost]);
  if (best && isActive(best.state)) {
    const hosts = parts.overlaps.proven(uuid);
    return hosts ? { kind: 'duplicated', hosts } : present(parts, best);
  }
  // From here on it runs on no host that is heard; one that is silent may run it.
  const lastSeen = speaking(silent, [memory.lastHost, expectedHost]);
  if (lastSeen && isActive(lastSeen.state)) return { kind: 'unknown', host: lastSeen.host };
  if (silentHost !== null && silentHost === expectedHost) return { kind: 'unknown', host: silentHost };
  if (best && !(best.reason === 'migrated' && silentHost !== null)) return present(parts, best);
  if (silentHost !== null) return { kind: 'unknown', host: lastSeen?.host ?? silentHost };
  const lastHost = memory.lastHost ?? expectedHost;
  return {
    kind: 'absent',
    lastHost,
    completeListings: parts.absences.listings(uuid),
    undefinedSeen: memory.undefinedOn !== null && memory.undefinedOn === lastHost,
    lastStop: (lastHost !== null && memory.stops.get(lastHost)) || null,
  };
}

function present(parts: Parts, sighting: DomainSighting): Observed {
  const { host, state, reason, sinceMs, persistent } = sighting;
  const health = isActive(state) ? parts.healthOf(sighting) : { health: 'healthy' as const, evidence: [] };
  return {
    kind: 'present',
    host,
    state,
    reason,
    sinceMs,
    persistent,
    health: health.health,
    evidence: health.evidence,
    lastStop: parts.memories.of(sighting.uuid).stops.get(host) ?? null,
  };
}
