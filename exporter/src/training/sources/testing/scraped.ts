import type { DomainReading } from '../../../prediction/observation/reading.ts';
import type { FakeSeries } from './fake-prometheus.ts';

/** Two disks and two interfaces share what the reading tells. */
const DEVICES: Readonly<Record<string, keyof DomainReading>> = {
  interface_stats_receive_bytes_total: 'receivedBytes',
  interface_stats_transmit_bytes_total: 'transmittedBytes',
  block_stats_read_bytes_total: 'readBytes',
  block_stats_write_bytes_total: 'writtenBytes',
  block_stats_read_requests_total: 'readRequests',
  block_stats_write_requests_total: 'writeRequests',
};
const SINGLE: Readonly<Record<string, keyof DomainReading>> = {
  info_virtual_cpus: 'vcpus',
  memory_stats_available_bytes: 'memoryTotalBytes',
  memory_stats_unused_bytes: 'memoryUnusedBytes',
  memory_stats_usable_bytes: 'memoryUsableBytes',
  memory_stats_rss_bytes: 'memoryRssBytes',
  memory_stats_major_fault_total: 'majorFaults',
};

/** The series that a Prometheus has of a domain after scraping these readings. */
export function scraped(labels: Record<string, string>, readings: readonly DomainReading[]): FakeSeries[] {
  const of = (name: string, value: (reading: DomainReading) => number, more: Record<string, string> = {}): FakeSeries => ({
    labels: { __name__: `libvirt_domain_${name}`, job: 'virtmedic', instance: 'h1:9177', ...labels, ...more },
    samples: readings.map((reading) => [reading.atMs / 1000, value(reading)]),
  });
  const number = (field: keyof DomainReading) => (reading: DomainReading): number => Number(reading[field] ?? Number.NaN);
  return [
    of('info_cpu_time_seconds_total', (reading) => (reading.cpuNanoseconds ?? 0) / 1e9),
    of('vcpu_delay_seconds_total', (reading) => (reading.vcpuDelayNanoseconds ?? 0) / 1e9, { vcpu: '0' }),
    of('info_state', (reading) => (reading.running ? 1 : 5), { state_desc: 'x' }),
    of('block_stats_read_time_seconds_total', (reading) => (reading.readNanoseconds ?? 0) / 1e9, { target_device: 'vda' }),
    of('block_stats_write_time_seconds_total', (reading) => (reading.writeNanoseconds ?? 0) / 1e9, { target_device: 'vda' }),
    ...Object.entries(SINGLE).map(([name, field]) => of(name, number(field))),
    ...Object.entries(DEVICES).flatMap(([name, field]) => ['a', 'b'].map((device) => of(name, (reading) => number(field)(reading) / 2, { target_device: device }))),
  ];
}
