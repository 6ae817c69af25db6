/** The `virtmedic_*` series of hosts and domains. Those of the daemon itself are in `own.ts`. */
import type { Observed } from '../../policy/types.ts';
import type { DeviceBytes } from '../../perception/host-devices.ts';
import type { View } from '../../perception/view.ts';
import { DOMAIN_STATE_CODES, type DesiredState, type Fault } from '../../vocabulary.ts';
import type { HostSample } from './collect.ts';
import type { ForecastRow } from './forecasts.ts';
import { CHILD, childLabels, type LabelCache } from './label-cache.ts';
import { family, type Labels, type Writer } from './writer.ts';

/** What the recovery loop knows of a domain that it has a record of. */
export interface DomainFacts {
  uuid: string;
  name: string;
  /** Where it was last known. */
  host: string;
  /** Null: nothing is wanted of it. */
  desired: DesiredState | null;
  /** The fault that is present now. */
  fault: Fault | null;
}

/** Counters of the machine that virtmedic runs on, with the name that it has as a host. */
export interface LocalHost {
  host: string;
  network: readonly DeviceBytes[];
  disks: readonly DeviceBytes[];
}

const HOST_UP = family('virtmedic_host_up', 'gauge', 'Whether the host is connected and was heard at the last listing: 1, else 0. Cached from the sampler.');
const HOST_CPU = family('virtmedic_host_cpu_seconds_total', 'counter', 'CPU time of the host by mode, in seconds, all CPUs together.');
const HOST_MEMORY = family('virtmedic_host_memory_bytes', 'gauge', 'Memory of the host by kind, in bytes.');
const HOST_NETWORK = family(
  'virtmedic_host_network_bytes_total',
  'counter',
  'Bytes that passed a network device of the host. Only for the host on which virtmedic itself runs.',
);
const HOST_DISK = family(
  'virtmedic_host_disk_bytes_total',
  'counter',
  'Bytes that passed a disk of the host. Only for the host on which virtmedic itself runs.',
);
const DOMAIN_INFO = family('virtmedic_domain_info', 'gauge', 'Always 1; identity of the domain.');
const DOMAIN_STATE = family(
  'virtmedic_domain_state',
  'gauge',
  'State of the domain: 0 absent, 1 running, 2 paused, 3 shut off, 4 crashed, 5 suspended by power management, 6 unknown. Cached from events and the sampler.',
);
const DOMAIN_DESIRED = family('virtmedic_domain_desired_running', 'gauge', 'Whether the domain is wanted running: 1, else 0.');
const DOMAIN_FAULT = family('virtmedic_domain_fault', 'gauge', 'Always 1; a fault that is present. Cached from events and the sampler.');

const SCRAPE_DURATION = family('virtmedic_scrape_duration_seconds', 'gauge', 'Time that collecting for this scrape took, in seconds.');
const SCRAPE_TIMED_OUT = family(
  'virtmedic_scrape_timed_out_domains',
  'gauge',
  'Domains whose monitor did not answer within the deadline of this scrape.',
);

/** libvirt's names of CPU times as modes; the values are nanoseconds. */
const CPU_MODES: Readonly<Record<string, string>> = { user: 'user', kernel: 'system', idle: 'idle', iowait: 'iowait' };

export function writeHosts(writer: Writer, cache: LabelCache, view: View, samples: readonly HostSample[], local: LocalHost | null): void {
  writer.begin(HOST_UP);
  for (const { name, state } of view.hosts()) writer.sample(cache.get(`h/${name}`, () => ({ host: name })), state === 'up' ? 1 : 0);
  writer.begin(HOST_CPU);
  for (const { host, cpu } of samples) {
    for (const [name, nanoseconds] of Object.entries(cpu ?? {})) {
      const mode = Object.hasOwn(CPU_MODES, name) ? CPU_MODES[name] : undefined;
      if (mode !== undefined) writer.sample(cache.get(`cpu/${host}/${mode}`, () => ({ host, mode })), nanoseconds / 1e9);
    }
  }
  writer.begin(HOST_MEMORY);
  for (const { host, memory } of samples) {
    for (const [kind, kib] of Object.entries(memory ?? {})) writer.sample(cache.get(`mem/${host}/${kind}`, () => ({ host, kind })), kib * 1024);
  }
  if (local === null) return;
  writer.begin(HOST_NETWORK);
  writeDevices(writer, cache, local.host, local.network, ['receive', 'transmit']);
  writer.begin(HOST_DISK);
  writeDevices(writer, cache, local.host, local.disks, ['read', 'write']);
}

function writeDevices(writer: Writer, cache: LabelCache, host: string, devices: readonly DeviceBytes[], directions: [string, string]): void {
  for (const { device, in: into, out } of devices) {
    for (const [direction, bytes] of [[directions[0], into], [directions[1], out]] as const) {
      writer.sample(cache.get(`dev/${host}/${device}/${direction}`, () => ({ host, device, direction })), bytes);
    }
  }
}

export function writeScrape(writer: Writer, cache: LabelCache, durationSeconds: number, samples: readonly HostSample[]): void {
  writer.begin(SCRAPE_DURATION);
  writer.sample(cache.get('none', () => ({})), durationSeconds);
  writer.begin(SCRAPE_TIMED_OUT);
  for (const { host, domains } of samples) writer.sample(cache.get(`h/${host}`, () => ({ host })), domains.filter(({ timedOut }) => timedOut).length);
}

interface Row {
  uuid: string;
  labels: Labels;
  names: { host: string; domain: string };
  info: Labels;
  state: number;
  facts: DomainFacts | null;
  /** On one host that is heard. */
  isThere: boolean;
}

/** @returns the domains that are where they were seen last, once each: for what else is told of them */
export function writeDomains(writer: Writer, cache: LabelCache, view: View, facts: Iterable<DomainFacts>): ForecastRow[] {
  const rows = domainRows(cache, view, facts);
  writer.begin(DOMAIN_INFO);
  for (const { info } of rows) writer.sample(info, 1);
  writer.begin(DOMAIN_STATE);
  for (const { labels, state } of rows) writer.sample(labels, state);
  writer.begin(DOMAIN_DESIRED);
  for (const { labels, facts } of rows) if (facts?.desired) writer.sample(labels, facts.desired === 'running' ? 1 : 0);
  writer.begin(DOMAIN_FAULT);
  for (const { labels, names, facts } of rows) {
    const fault = facts?.fault;
    if (fault) writer.sample(childLabels(labels, CHILD.fault, fault, () => ({ ...names, fault })), 1);
  }
  return rows.filter(({ isThere }) => isThere);
}

/** One row for each domain, where it is; two domains of one name on one host would be one series, so the one that is there counts. */
function domainRows(cache: LabelCache, view: View, facts: Iterable<DomainFacts>): Row[] {
  const known = new Map<string, { name: string; facts: DomainFacts | null }>();
  for (const { uuid, name } of view.sightings()) known.set(uuid, { name, facts: null });
  for (const fact of facts) known.set(fact.uuid, { name: known.get(fact.uuid)?.name ?? fact.name, facts: fact });

  const rows = new Map<string, Row & { rank: number }>();
  for (const [uuid, { name, facts }] of known) {
    const observed = view.observed(uuid, facts?.host ?? null);
    for (const { host, state, rank } of places(observed, facts)) {
      const key = `vm/${host}/${name}`;
      if ((rows.get(key)?.rank ?? Infinity) <= rank) continue;
      const names = { host, domain: name };
      const labels = cache.get(key, () => names);
      const info = cache.get(`${key}/${uuid}`, () => ({ host, domain: name, uuid }));
      rows.set(key, { uuid, labels, names, info, state, facts, rank, isThere: observed.kind === 'present' });
    }
  }
  return [...rows.values()];
}

function places(observed: Observed, facts: DomainFacts | null): { host: string; state: number; rank: number }[] {
  switch (observed.kind) {
    case 'present':
      return [{ host: observed.host, state: DOMAIN_STATE_CODES[observed.state], rank: 0 }];
    case 'duplicated':
      return observed.hosts.map((host) => ({ host, state: DOMAIN_STATE_CODES.running, rank: 0 }));
    case 'unknown': {
      const host = observed.host ?? facts?.host;
      return host === undefined ? [] : [{ host, state: DOMAIN_STATE_CODES.unknown, rank: 1 }];
    }
    case 'absent': {
      const host = observed.lastHost ?? facts?.host;
      return host === undefined || facts?.desired !== 'running' ? [] : [{ host, state: DOMAIN_STATE_CODES.absent, rank: 2 }];
    }
  }
}
