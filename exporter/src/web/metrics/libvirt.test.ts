import { describe, expect, it } from 'vitest';
import type { Parameters } from '../../libvirt/index.ts';
import { isPartial, type Collector, type DomainSample, type HostSample } from './collect.ts';
import { createLabelCache } from './label-cache.ts';
import { writeLibvirt } from './libvirt.ts';
import { createWriter } from './writer.ts';

const ALL: ReadonlySet<Collector> = new Set(['info', 'cpu', 'vcpu', 'memory', 'block', 'interface', 'pool', 'host']);
const BALLOON = ['swap_in', 'swap_out', 'major_fault', 'minor_fault', 'unused', 'available', 'usable', 'disk_caches', 'hugetlb_pgalloc', 'hugetlb_pgfail', 'rss', 'current', 'maximum'];
const PARAMS: Parameters = {
  ...Object.fromEntries(BALLOON.map((name, index) => [`balloon.${name}`, 1000 + index])),
  'balloon.last-update': 1_700_000_000,
  'vcpu.current': 1, 'vcpu.maximum': 2, 'vcpu.0.state': 1, 'vcpu.0.time': 1_500_000_000, 'vcpu.0.wait': 1, 'vcpu.0.delay': 2_000_000_000,
  'block.count': 2, 'block.0.name': 'vda', 'block.1.name': 'sda', 'block.1.rd.reqs': 5,
  'block.0.rd.reqs': 1, 'block.0.rd.bytes': 2, 'block.0.rd.times': 3_000_000_000, 'block.0.wr.reqs': 4, 'block.0.wr.bytes': 5, 'block.0.wr.times': 6,
  'block.0.fl.reqs': 7, 'block.0.fl.times': 8, 'block.0.capacity': 9,
  'net.count': 1, 'net.0.name': 'vnet3',
  ...Object.fromEntries(['rx', 'tx'].flatMap((way) => ['bytes', 'pkts', 'errs', 'drop'].map((unit) => [`net.0.${way}.${unit}`, 11]))),
};
const DISK = { device: 'disk', type: 'file', target: 'vda', bus: 'virtio', driverName: 'qemu', driverType: 'qcow2', driverCache: 'none', driverDiscard: '', serial: '', source: '/a' };
const DOMAIN: DomainSample = {
  ref: { name: 'vm', uuid: 'u', id: 3 },
  state: 1,
  active: true,
  info: { maxMemoryKib: 2, memoryKib: 1, vcpus: 2, cpuTimeNanoseconds: 2_500_000_000 },
  params: PARAMS,
  timedOut: false,
  definition: {
    osType: 'hvm', osArch: 'x86_64', osMachine: 'pc',
    disks: [DISK, { ...DISK, device: 'cdrom', target: 'sda' }],
    interfaces: [{ type: 'bridge', target: 'vnet3', mac: 'm', model: 'virtio', mtu: '', bridge: 'br0' }],
  },
};
const HOST: HostSample = {
  host: 'h', up: true, domains: [DOMAIN], cpu: null, memory: null,
  pools: [{ name: 'images', timedOut: false, info: { state: 2, capacityBytes: 30, allocationBytes: 20, availableBytes: 10 } }],
};

function write(hosts: HostSample[], collectors = ALL): string[] {
  const writer = createWriter();
  writeLibvirt(writer, createLabelCache(), hosts, collectors);
  return writer.finish().toString().trimEnd().split('\n').filter((line) => !line.startsWith('#'));
}
const names = (lines: string[]): string[] => [...new Set(lines.map((line) => line.replace(/[{ ].*/, '')))].sort();

/** The names of the exporter whose names these are, without jobs and OpenStack. */
const PUBLISHED = [
  ...['capacity_bytes', 'flush_requests_total', 'flush_time_seconds_total', 'info', 'read_bytes_total', 'read_requests_total', 'read_time_seconds_total',
    'write_bytes_total', 'write_requests_total', 'write_time_seconds_total'].map((name) => `libvirt_domain_block_stats_${name}`),
  'libvirt_domain_info',
  ...['cpu_time_seconds_total', 'maximum_memory_bytes', 'memory_usage_bytes', 'state', 'virtual_cpus'].map((name) => `libvirt_domain_info_${name}`),
  ...['info', 'receive_bytes_total', 'receive_drops_total', 'receive_errors_total', 'receive_packets_total', 'transmit_bytes_total', 'transmit_drops_total',
    'transmit_errors_total', 'transmit_packets_total'].map((name) => `libvirt_domain_interface_stats_${name}`),
  ...['available_bytes', 'current_balloon_bytes', 'disk_caches_bytes', 'hugetlb_pgalloc_total', 'hugetlb_pgfail_total', 'last_update_timestamp_seconds',
    'major_fault_total', 'maximum_bytes', 'minor_fault_total', 'rss_bytes', 'swap_in_bytes', 'swap_out_bytes', 'unused_bytes', 'usable_bytes',
    'used_percent'].map((name) => `libvirt_domain_memory_stats_${name}`),
  'libvirt_domain_timed_out',
  ...['current', 'delay_seconds_total', 'maximum', 'state', 'time_seconds_total', 'wait_seconds_total'].map((name) => `libvirt_domain_vcpu_${name}`),
  'libvirt_domains',
  ...['allocation_bytes', 'available_bytes', 'capacity_bytes', 'state', 'timed_out'].map((name) => `libvirt_storage_pool_${name}`),
  'libvirt_up',
];

describe('writeLibvirt', () => {
  it('writes every published name, and no other', () => {
    expect(names(write([HOST]))).toEqual(PUBLISHED.sort());
  });

  it.each([
    'libvirt_up{host="h"} 1',
    'libvirt_domains{host="h"} 1',
    'libvirt_domain_info{host="h",domain="vm",os_type="hvm",os_type_arch="x86_64",os_type_machine="pc"} 1',
    'libvirt_domain_info_state{host="h",domain="vm",state_desc="the domain is running"} 1',
    'libvirt_domain_info_cpu_time_seconds_total{host="h",domain="vm"} 2.5',
    'libvirt_domain_info_maximum_memory_bytes{host="h",domain="vm"} 2048',
    'libvirt_domain_vcpu_time_seconds_total{host="h",domain="vm",vcpu="0"} 1.5',
    'libvirt_domain_vcpu_delay_seconds_total{host="h",domain="vm",vcpu="0"} 2',
    'libvirt_domain_block_stats_read_time_seconds_total{host="h",domain="vm",target_device="vda"} 3',
    'libvirt_domain_block_stats_capacity_bytes{host="h",domain="vm",target_device="vda"} 9',
    'libvirt_domain_interface_stats_transmit_packets_total{host="h",domain="vm",target_device="vnet3"} 11',
    'libvirt_domain_memory_stats_swap_in_bytes{host="h",domain="vm"} 1024000',
    'libvirt_domain_memory_stats_major_fault_total{host="h",domain="vm"} 1002',
    'libvirt_domain_memory_stats_last_update_timestamp_seconds{host="h",domain="vm"} 1700000000',
    'libvirt_storage_pool_available_bytes{host="h",storage_pool="images"} 10',
  ])('writes %s', (line) => expect(write([HOST])).toContain(line));

  it('leaves out drives for media', () => {
    expect(write([HOST]).filter((line) => line.includes('"sda"'))).toEqual([]);
  });

  it('writes of a domain that did not answer what is known without it', () => {
    const stuck: DomainSample = { ...DOMAIN, params: { 'block.count': 1, 'block.0.name': 'vda', 'balloon.current': 5 }, timedOut: true };
    const lines = write([{ ...HOST, domains: [stuck] }]);
    expect(lines).toContain('libvirt_domain_timed_out{host="h",domain="vm"} 1');
    expect(lines).toContain('libvirt_domain_info_state{host="h",domain="vm",state_desc="the domain is running"} 1');
    expect(lines.filter((line) => line.startsWith('libvirt_domain_block_stats_read'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('libvirt_domain_memory_stats'))).toEqual(['libvirt_domain_memory_stats_current_balloon_bytes{host="h",domain="vm"} 5120']);
  });

  it('writes of a host that is down only that', () => {
    expect(write([{ ...HOST, up: false, domains: [], pools: [] }])).toEqual(['libvirt_up{host="h"} 0']);
  });

  it('writes only the groups that are collected', () => {
    expect(names(write([HOST], new Set(['cpu'])))).toEqual(['libvirt_domain_info_cpu_time_seconds_total', 'libvirt_domain_timed_out', 'libvirt_domains', 'libvirt_up']);
  });

  it('tells pools that did not answer', () => {
    const lines = write([{ ...HOST, pools: [{ name: 'nfs', timedOut: true, info: null }] }]).filter((line) => line.includes('pool'));
    expect(lines).toEqual(['libvirt_storage_pool_timed_out{host="h",storage_pool="nfs"} 1']);
  });
});

describe('isPartial', () => {
  it('sees that the monitor was passed over', () => {
    expect(isPartial(PARAMS, { block: true, memory: true })).toBe(false);
    expect(isPartial({ 'block.count': 1, 'block.0.name': 'vda' }, { block: true, memory: false })).toBe(true);
    expect(isPartial({ 'balloon.current': 1 }, { block: false, memory: true })).toBe(true);
  });

  it('does not take missing devices or groups for that', () => {
    expect(isPartial({ 'block.count': 0 }, { block: true, memory: false })).toBe(false);
    expect(isPartial({}, { block: true, memory: true })).toBe(false);
    expect(isPartial({ 'block.count': 1 }, { block: false, memory: false })).toBe(false);
  });
});
