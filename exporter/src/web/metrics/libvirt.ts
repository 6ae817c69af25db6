/** The `libvirt_*` series: names and labels of the inovex prometheus-libvirt-exporter 2.5, and `host` always. */
import { DomainState, type Parameters } from '../../libvirt/index.ts';
import type { Collector, DomainSample, HostSample, PoolSample } from './collect.ts';
import { CHILD, childLabels, labelsFrom, type LabelCache } from './label-cache.ts';
import { family, type Family, type Labels, type MetricType, type Writer } from './writer.ts';

const KIB = 1024;
const NANOSECOND = 1e-9;

const UP = family('libvirt_up', 'gauge', 'Whether libvirt on the host answered this scrape: 1, else 0.');
const DOMAINS = family('libvirt_domains', 'gauge', 'Domains that libvirt on the host knows, stopped ones too.');
const TIMED_OUT = family(
  'libvirt_domain_timed_out',
  'gauge',
  'Whether the monitor of the active domain did not answer within the deadline: 1, else 0. Its statistics are then missing from this scrape.',
);

/** A series that every domain has once. */
interface DomainSeries {
  family: Family;
  /** Undefined: the domain has no such value now. */
  value(domain: DomainSample): number | undefined;
}

function ofDomain(collector: Collector, name: string, type: MetricType, help: string, value: DomainSeries['value']) {
  return { collector, series: { family: family(`libvirt_domain_${name}`, type, help), value } };
}

/** A field of the statistics, multiplied. */
const field =
  (name: string, factor = 1): DomainSeries['value'] =>
  ({ params }) =>
    scaled(params, name, factor);

function scaled(params: Parameters | null, name: string, factor: number): number | undefined {
  const value = params?.[name];
  return typeof value === 'number' ? scale(value, factor) : undefined;
}

/** Dividing by the whole number keeps the shorter decimal fraction. */
function scale(value: number, factor: number): number {
  return factor === NANOSECOND ? value / 1e9 : value * factor;
}

const balloon = (name: string, source: string, help: string) =>
  ofDomain('memory', `memory_stats_${name}`, 'gauge', `${help} From the guest's balloon driver.`, field(`balloon.${source}`, KIB));
const balloonCount = (name: string, source: string, help: string) =>
  ofDomain('memory', `memory_stats_${name}`, 'counter', `${help} From the guest's balloon driver.`, field(`balloon.${source}`));

const DOMAIN_SERIES = [
  ofDomain('cpu', 'info_cpu_time_seconds_total', 'counter', 'CPU time that the domain has used since it started, in seconds.', ({ info }) =>
    info === null ? undefined : info.cpuTimeNanoseconds / 1e9,
  ),
  ofDomain('info', 'info_maximum_memory_bytes', 'gauge', 'Memory that the domain may have at most, in bytes.', ({ info }) =>
    info === null ? undefined : info.maxMemoryKib * KIB,
  ),
  ofDomain('info', 'info_memory_usage_bytes', 'gauge', 'Memory that the domain has now, in bytes.', ({ info }) =>
    info === null ? undefined : info.memoryKib * KIB,
  ),
  ofDomain('info', 'info_virtual_cpus', 'gauge', 'Virtual CPUs of the domain.', ({ info }) => info?.vcpus),
  ofDomain('vcpu', 'vcpu_current', 'gauge', 'Virtual CPUs that are online.', field('vcpu.current')),
  ofDomain('vcpu', 'vcpu_maximum', 'gauge', 'Virtual CPUs that can be online at most.', field('vcpu.maximum')),
  balloon('current_balloon_bytes', 'current', 'Size of the balloon, in bytes.'),
  balloon('maximum_bytes', 'maximum', 'Largest size of the balloon, in bytes.'),
  balloon('swap_in_bytes', 'swap_in', 'Memory that the guest has read back from swap, in bytes.'),
  balloon('swap_out_bytes', 'swap_out', 'Memory that the guest has written to swap, in bytes.'),
  balloonCount('major_fault_total', 'major_fault', 'Page faults of the guest that needed its disk.'),
  balloonCount('minor_fault_total', 'minor_fault', 'Page faults of the guest that needed no disk.'),
  balloon('unused_bytes', 'unused', 'Memory that the guest leaves unused, in bytes.'),
  balloon('available_bytes', 'available', 'Memory that the guest can use, in bytes.'),
  balloon('usable_bytes', 'usable', 'Memory that the guest could give away without swapping, in bytes.'),
  balloon('disk_caches_bytes', 'disk_caches', 'Memory that the guest could reclaim from its disk caches, in bytes.'),
  balloonCount('hugetlb_pgalloc_total', 'hugetlb_pgalloc', 'Huge pages that the guest allocated.'),
  balloonCount('hugetlb_pgfail_total', 'hugetlb_pgfail', 'Huge pages that the guest could not allocate.'),
  ofDomain(
    'memory',
    'memory_stats_last_update_timestamp_seconds',
    'gauge',
    'When the guest last reported its memory, in seconds since the epoch; 0: never.',
    field('balloon.last-update'),
  ),
  ofDomain('memory', 'memory_stats_rss_bytes', 'gauge', 'Resident memory of the domain\'s QEMU process, in bytes.', field('balloon.rss', KIB)),
  ofDomain(
    'memory',
    'memory_stats_used_percent',
    'gauge',
    'Share of the available memory that the guest could not give away, in percent. From the guest\'s balloon driver.',
    ({ params }) => {
      const available = scaled(params, 'balloon.available', 1);
      const usable = scaled(params, 'balloon.usable', 1);
      return available === undefined || usable === undefined || available <= 0 ? undefined : (100 * (available - usable)) / available;
    },
  ),
] as const;

/** Series of each device or CPU of a domain: its statistics are `<group>.<index>.<source>`. */
interface IndexedSeries {
  family: Family;
  source: string;
  factor: number;
  /** The fields' names by index: made once, as a lookup by a new string is slow. */
  fields: string[];
}

function indexed(name: string, type: MetricType, source: string, help: string, factor = 1): IndexedSeries {
  return { family: family(`libvirt_domain_${name}`, type, help), source, factor, fields: [] };
}

const VCPU_SERIES = [
  indexed('vcpu_state', 'gauge', 'state', 'State of the virtual CPU: 0 offline, 1 running, 2 blocked.'),
  indexed('vcpu_time_seconds_total', 'counter', 'time', 'Time that the virtual CPU has run, in seconds.', NANOSECOND),
  indexed('vcpu_wait_seconds_total', 'counter', 'wait', 'Time that the virtual CPU has waited for I/O, in seconds.', NANOSECOND),
  indexed('vcpu_delay_seconds_total', 'counter', 'delay', 'Time that the virtual CPU was ready but had to wait for the host, in seconds: steal time.', NANOSECOND),
];

const BLOCK_SERIES = [
  indexed('block_stats_read_bytes_total', 'counter', 'rd.bytes', 'Bytes read from the disk.'),
  indexed('block_stats_read_requests_total', 'counter', 'rd.reqs', 'Read requests to the disk.'),
  indexed('block_stats_read_time_seconds_total', 'counter', 'rd.times', 'Time spent on reading from the disk, in seconds.', NANOSECOND),
  indexed('block_stats_write_bytes_total', 'counter', 'wr.bytes', 'Bytes written to the disk.'),
  indexed('block_stats_write_requests_total', 'counter', 'wr.reqs', 'Write requests to the disk.'),
  indexed('block_stats_write_time_seconds_total', 'counter', 'wr.times', 'Time spent on writing to the disk, in seconds.', NANOSECOND),
  indexed('block_stats_flush_requests_total', 'counter', 'fl.reqs', 'Flush requests to the disk.'),
  indexed('block_stats_flush_time_seconds_total', 'counter', 'fl.times', 'Time spent on flushing the disk, in seconds.', NANOSECOND),
  indexed('block_stats_capacity_bytes', 'gauge', 'capacity', 'Logical size of the disk, in bytes.'),
];

const INTERFACE_SERIES = ['receive', 'transmit'].flatMap((direction) => {
  const from = direction === 'receive' ? 'rx' : 'tx';
  const done = direction === 'receive' ? 'received' : 'transmitted';
  return [
    indexed(`interface_stats_${direction}_bytes_total`, 'counter', `${from}.bytes`, `Bytes that the domain has ${done}.`),
    indexed(`interface_stats_${direction}_packets_total`, 'counter', `${from}.pkts`, `Packets that the domain has ${done}.`),
    indexed(`interface_stats_${direction}_errors_total`, 'counter', `${from}.errs`, `Errors of packets to be ${done}.`),
    indexed(`interface_stats_${direction}_drops_total`, 'counter', `${from}.drop`, `Packets dropped that were to be ${done}.`),
  ];
});

const INFO = family('libvirt_domain_info', 'gauge', 'Always 1; what kind of machine the domain is. From its definition, which is cached.');
const STATE = family('libvirt_domain_info_state', 'gauge', 'State of the domain as libvirt numbers it, with its meaning.');
const BLOCK_INFO = family('libvirt_domain_block_stats_info', 'gauge', 'Always 1; how the disk is connected. From the domain\'s definition, which is cached.');
const INTERFACE_INFO = family(
  'libvirt_domain_interface_stats_info',
  'gauge',
  'Always 1; how the interface is connected. From the domain\'s definition, which is cached.',
);

/** Values of the label `state_desc`, which existing dashboards select by. */
const STATE_TEXTS: Readonly<Record<number, string>> = {
  [DomainState.NOSTATE]: 'no state',
  [DomainState.RUNNING]: 'the domain is running',
  [DomainState.BLOCKED]: 'the domain is blocked on resource',
  [DomainState.PAUSED]: 'the domain is paused by user',
  [DomainState.SHUTDOWN]: 'the domain is being shut down',
  [DomainState.SHUTOFF]: 'the domain is shut off',
  [DomainState.CRASHED]: 'the domain is crashed',
  [DomainState.PMSUSPENDED]: 'the domain is suspended by guest power management',
};

const POOL_TIMED_OUT = family('libvirt_storage_pool_timed_out', 'gauge', 'Whether the storage pool did not answer within the deadline: 1, else 0.');
const POOL_SERIES: { family: Family; value(info: NonNullable<PoolSample['info']>): number }[] = [
  {
    family: family('libvirt_storage_pool_state', 'gauge', 'State of the storage pool: 0 inactive, 1 being built, 2 running, 3 degraded, 4 inaccessible.'),
    value: ({ state }) => state,
  },
  { family: family('libvirt_storage_pool_capacity_bytes', 'gauge', 'Size of the storage pool, in bytes.'), value: ({ capacityBytes }) => capacityBytes },
  { family: family('libvirt_storage_pool_allocation_bytes', 'gauge', 'Space in use in the storage pool, in bytes.'), value: ({ allocationBytes }) => allocationBytes },
  { family: family('libvirt_storage_pool_available_bytes', 'gauge', 'Space left in the storage pool, in bytes.'), value: ({ availableBytes }) => availableBytes },
];

/** One domain with its labels, as all families need it. */
interface Row {
  domain: DomainSample;
  labels: Labels;
  names: { host: string; domain: string };
}

export function writeLibvirt(writer: Writer, cache: LabelCache, hosts: readonly HostSample[], collectors: ReadonlySet<Collector>): void {
  const hostLabels = (host: string): Labels => cache.get(`h/${host}`, () => ({ host }));
  writer.begin(UP);
  for (const { host, up } of hosts) writer.sample(hostLabels(host), up ? 1 : 0);
  writer.begin(DOMAINS);
  for (const { host, up, domains } of hosts) if (up) writer.sample(hostLabels(host), domains.length);

  const rows = hosts.flatMap((host) => host.domains.map((domain) => toRow(cache, host.host, domain)));
  writer.begin(TIMED_OUT);
  for (const { domain, labels } of rows) if (domain.active) writer.sample(labels, domain.timedOut ? 1 : 0);
  if (collectors.has('info')) writeInfo(writer, rows);
  for (const { collector, series } of DOMAIN_SERIES) if (collectors.has(collector)) writeSeries(writer, rows, series);
  if (collectors.has('vcpu')) writeIndexed(writer, rows, 'vcpu', VCPU_SERIES);
  if (collectors.has('block')) {
    writeBlockInfo(writer, rows);
    writeIndexed(writer, rows, 'block', BLOCK_SERIES);
  }
  if (collectors.has('interface')) {
    writeInterfaceInfo(writer, rows);
    writeIndexed(writer, rows, 'net', INTERFACE_SERIES);
  }
  if (collectors.has('pool')) writePools(writer, cache, hosts);
}

function toRow(cache: LabelCache, host: string, domain: DomainSample): Row {
  const names = { host, domain: domain.ref.name };
  return { domain, labels: cache.get(`d/${host}/${domain.ref.name}`, () => names), names };
}

function writeSeries(writer: Writer, rows: readonly Row[], { family, value }: DomainSeries): void {
  writer.begin(family);
  for (const { domain, labels } of rows) {
    const now = value(domain);
    if (now !== undefined) writer.sample(labels, now);
  }
}

function writeInfo(writer: Writer, rows: readonly Row[]): void {
  writer.begin(INFO);
  for (const { domain, labels, names } of rows) {
    const { definition } = domain;
    if (definition === null) continue;
    const { osType, osArch, osMachine } = definition;
    const pairs = () => ({ ...names, os_type: osType, os_type_arch: osArch, os_type_machine: osMachine });
    writer.sample(labelsFrom(definition, labels, pairs), 1);
  }
  writer.begin(STATE);
  for (const { domain, labels, names } of rows) {
    const pairs = () => ({ ...names, state_desc: STATE_TEXTS[domain.state] ?? `state ${domain.state}` });
    writer.sample(childLabels(labels, CHILD.state, domain.state, pairs), domain.state);
  }
}

interface Device {
  params: Parameters;
  index: number;
  labels: Labels;
}

/** One pass over the domains finds devices and labels; then each family takes its field. */
function writeIndexed(writer: Writer, rows: readonly Row[], group: 'vcpu' | 'block' | 'net', series: readonly IndexedSeries[]): void {
  const devices = rows.flatMap((row) => devicesOf(row, group));
  for (const { family, source, factor, fields } of series) {
    writer.begin(family);
    for (const { params, index, labels } of devices) {
      const value = params[(fields[index] ??= `${group}.${index}.${source}`)];
      if (typeof value === 'number') writer.sample(labels, scale(value, factor));
    }
  }
}

/** More than any domain has; a larger count is not libvirt's. */
const MOST_DEVICES = 4096;

function devicesOf({ domain, labels, names }: Row, group: 'vcpu' | 'block' | 'net'): Device[] {
  const { params } = domain;
  if (params === null) return [];
  const count = params[group === 'vcpu' ? 'vcpu.maximum' : `${group}.count`];
  const devices: Device[] = [];
  for (let index = 0; typeof count === 'number' && index < Math.min(count, MOST_DEVICES); index++) {
    const name = group === 'vcpu' ? `${index}` : params[`${group}.${index}.name`];
    if (typeof name !== 'string' || (group === 'block' && isRemovable(domain, name))) continue;
    const label = group === 'vcpu' ? 'vcpu' : 'target_device';
    devices.push({ params, index, labels: childLabels(labels, CHILD[group], name, () => ({ ...names, [label]: name })) });
  }
  return devices;
}

/** Drives for media: as in the exporters before, no series. */
function isRemovable({ definition }: DomainSample, target: string): boolean {
  const device = definition?.disks.find((disk) => disk.target === target)?.device;
  return device === 'cdrom' || device === 'floppy';
}

function writeBlockInfo(writer: Writer, rows: readonly Row[]): void {
  writer.begin(BLOCK_INFO);
  for (const { domain, labels, names } of rows) {
    for (const disk of domain.definition?.disks ?? []) {
      if (disk.target === '' || isRemovable(domain, disk.target)) continue;
      const pairs = () => ({
        ...names,
        disk_type: disk.type,
        driver_cache: disk.driverCache,
        driver_discard: disk.driverDiscard,
        driver_name: disk.driverName,
        driver_type: disk.driverType,
        serial: disk.serial,
        source_file: disk.source,
        target_bus: disk.bus,
        target_device: disk.target,
      });
      writer.sample(labelsFrom(disk, labels, pairs), 1);
    }
  }
}

function writeInterfaceInfo(writer: Writer, rows: readonly Row[]): void {
  writer.begin(INTERFACE_INFO);
  for (const { domain, labels, names } of rows) {
    for (const nic of domain.definition?.interfaces ?? []) {
      if (nic.target === '') continue;
      const pairs = () => ({
        ...names,
        interface_type: nic.type,
        mac_address: nic.mac,
        model_type: nic.model,
        mtu_size: nic.mtu,
        source_bridge: nic.bridge,
        target_device: nic.target,
      });
      writer.sample(labelsFrom(nic, labels, pairs), 1);
    }
  }
}

function writePools(writer: Writer, cache: LabelCache, hosts: readonly HostSample[]): void {
  const pools = hosts.flatMap(({ host, pools }) =>
    pools.map((pool) => ({ pool, labels: cache.get(`p/${host}/${pool.name}`, () => ({ host, storage_pool: pool.name })) })),
  );
  writer.begin(POOL_TIMED_OUT);
  for (const { pool, labels } of pools) writer.sample(labels, pool.timedOut ? 1 : 0);
  for (const { family, value } of POOL_SERIES) {
    writer.begin(family);
    for (const { pool, labels } of pools) if (pool.info !== null) writer.sample(labels, value(pool.info));
  }
}
