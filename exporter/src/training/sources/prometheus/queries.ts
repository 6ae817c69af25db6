/** The exporter's series as PromQL, and as fields of a reading. */
import type { DomainReading } from '../../../prediction/observation/reading.ts';
import { PrometheusError } from './client.ts';

/** Which domains. */
export interface Selection {
  /** Empty: all. */
  domains: readonly string[];
  hosts: readonly string[];
  /** The label that names the host. */
  hostLabel: string;
}

type Field = Exclude<keyof DomainReading, 'atMs' | 'running'>;

const NANOSECONDS = 1e9;

/** Once for each domain. */
const SINGLE: Readonly<Record<string, { field: Field; factor: number }>> = {
  libvirt_domain_info_virtual_cpus: { field: 'vcpus', factor: 1 },
  libvirt_domain_info_cpu_time_seconds_total: { field: 'cpuNanoseconds', factor: NANOSECONDS },
  libvirt_domain_memory_stats_available_bytes: { field: 'memoryTotalBytes', factor: 1 },
  libvirt_domain_memory_stats_unused_bytes: { field: 'memoryUnusedBytes', factor: 1 },
  libvirt_domain_memory_stats_usable_bytes: { field: 'memoryUsableBytes', factor: 1 },
  libvirt_domain_memory_stats_rss_bytes: { field: 'memoryRssBytes', factor: 1 },
  libvirt_domain_memory_stats_major_fault_total: { field: 'majorFaults', factor: 1 },
};

/** Once for each device or virtual CPU of a domain; added up. */
const BY_DEVICE: typeof SINGLE = {
  libvirt_domain_vcpu_delay_seconds_total: { field: 'vcpuDelayNanoseconds', factor: NANOSECONDS },
  libvirt_domain_interface_stats_receive_bytes_total: { field: 'receivedBytes', factor: 1 },
  libvirt_domain_interface_stats_transmit_bytes_total: { field: 'transmittedBytes', factor: 1 },
  libvirt_domain_block_stats_read_bytes_total: { field: 'readBytes', factor: 1 },
  libvirt_domain_block_stats_write_bytes_total: { field: 'writtenBytes', factor: 1 },
  libvirt_domain_block_stats_read_requests_total: { field: 'readRequests', factor: 1 },
  libvirt_domain_block_stats_write_requests_total: { field: 'writeRequests', factor: 1 },
  libvirt_domain_block_stats_read_time_seconds_total: { field: 'readNanoseconds', factor: NANOSECONDS },
  libvirt_domain_block_stats_write_time_seconds_total: { field: 'writeNanoseconds', factor: NANOSECONDS },
};

export const FIELDS: typeof SINGLE = { ...SINGLE, ...BY_DEVICE };
/** What every domain has at every scrape: it tells which domains there are, and when they were scraped. */
const PRESENCE = 'libvirt_domain_info_virtual_cpus';
const STATE = 'libvirt_domain_info_state';
/** Faults that training takes for failures. */
const FAILURES = ['domain_crashed', 'domain_panicked', 'domain_hung', 'domain_missing'] as const;

export interface Queries {
  /** Selectors, for `series`. */
  presence: string;
  identity: string;
  /** When the values of a step were scraped, in Unix seconds. */
  scraped: string;
  /** libvirt's number of the state. */
  state: string;
  single: string;
  byDevice: string;
  faults: string;
  /** The samples as they are, of one domain, of this time. */
  samplesOf(host: string, domain: string, seconds: number): string;
}

/**
 * What several scrapers say of one domain counts once (the highest).
 *
 * @throws PrometheusError when `hostLabel` is no label
 */
export function queriesFor({ domains, hosts, hostLabel }: Selection): Queries {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(hostLabel) || hostLabel === 'domain') throw new PrometheusError(`${JSON.stringify(hostLabel)} is no label that could name the host`);
  const chosen = [...matcher('domain', domains), ...matcher(hostLabel, hosts)];
  const of = (matchers: readonly string[]): string => `{${[...matchers, ...chosen].join(',')}}`;
  const named = (name: string): string => of([`__name__=${JSON.stringify(name)}`]);
  const among = (table: typeof SINGLE): string => of([`__name__=~"${Object.keys(table).join('|')}"`]);
  const one = `${hostLabel}, domain`;
  return {
    presence: named(PRESENCE),
    identity: of(['__name__="virtmedic_domain_info"']),
    scraped: `max by (${one}) (timestamp(${named(PRESENCE)}))`,
    state: `max by (${one}) (${named(STATE)})`,
    single: `max by (__name__, ${one}) (${among(SINGLE)})`,
    byDevice: `sum by (__name__, ${one}) (max by (__name__, ${one}, target_device, vcpu) (${among(BY_DEVICE)}))`,
    faults: `max by (${one}, fault) (${of(['__name__="virtmedic_domain_fault"', `fault=~"${FAILURES.join('|')}"`])})`,
    samplesOf: (host, domain, seconds) => `{__name__="${PRESENCE}",${matcher(hostLabel, [host])[0]},${matcher('domain', [domain])[0]}}[${seconds}s]`,
  };
}

function matcher(label: string, values: readonly string[]): string[] {
  if (values.length === 0) return [];
  if (values.length === 1) return [`${label}=${JSON.stringify(values[0])}`];
  return [`${label}=~${JSON.stringify(values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'))}`];
}
