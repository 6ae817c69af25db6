import { Counter, Gauge, Registry } from 'prom-client';
import type { Collector, DomainSample, HostSample } from '../../exporter/src/web/metrics/collect.ts';
import { createLabelCache } from '../../exporter/src/web/metrics/label-cache.ts';
import { writeLibvirt } from '../../exporter/src/web/metrics/libvirt.ts';
import { createWriter } from '../../exporter/src/web/metrics/writer.ts';
import type { Bench } from './frame/bench.ts';
import { median } from './frame/statistics.ts';

const SERIES = 100_000;
const DISKS = 2;
const INTERFACES = 2;
const VCPUS = 4;
const ALL: ReadonlySet<Collector> = new Set<Collector>(['info', 'cpu', 'vcpu', 'memory', 'block', 'interface', 'pool', 'host']);

/** Counters move between scrapes, so that no number's text can be kept. */
function params(scrape: number, index: number): Record<string, number | string> {
  const base = scrape * 1_000_003 + index * 7919;
  const fields: Record<string, number | string> = {
    'vcpu.current': VCPUS,
    'vcpu.maximum': VCPUS,
    'block.count': DISKS,
    'net.count': INTERFACES,
    'balloon.last-update': 1_700_000_000 + scrape,
  };
  const balloon = ['current', 'maximum', 'swap_in', 'swap_out', 'major_fault', 'minor_fault', 'unused', 'available', 'usable', 'disk_caches', 'rss'];
  balloon.forEach((name, at) => (fields[`balloon.${name}`] = base + at));
  for (let vcpu = 0; vcpu < VCPUS; vcpu++) {
    fields[`vcpu.${vcpu}.state`] = 1;
    ['time', 'wait', 'delay'].forEach((name, at) => (fields[`vcpu.${vcpu}.${name}`] = (base + at) * 1_000_007));
  }
  for (let disk = 0; disk < DISKS; disk++) {
    fields[`block.${disk}.name`] = `vd${'ab'[disk]}`;
    ['rd.reqs', 'rd.bytes', 'rd.times', 'wr.reqs', 'wr.bytes', 'wr.times', 'fl.reqs', 'fl.times', 'capacity'].forEach(
      (name, at) => (fields[`block.${disk}.${name}`] = base * (at + 1) + disk),
    );
  }
  for (let nic = 0; nic < INTERFACES; nic++) {
    fields[`net.${nic}.name`] = `vnet${index * INTERFACES + nic}`;
    for (const way of ['rx', 'tx']) ['bytes', 'pkts', 'errs', 'drop'].forEach((name, at) => (fields[`net.${nic}.${way}.${name}`] = base * (at + 1)));
  }
  return fields;
}

function definition(index: number): NonNullable<DomainSample['definition']> {
  const disk = (target: string) => ({
    device: 'disk', type: 'file', target, bus: 'virtio', driverName: 'qemu', driverType: 'qcow2', driverCache: 'none', driverDiscard: 'unmap',
    serial: '', source: `/var/lib/libvirt/images/instance-${index}-${target}.qcow2`,
  });
  const nic = (n: number) => ({ type: 'bridge', target: `vnet${index * INTERFACES + n}`, mac: `52:54:00:00:0${n}:00`, model: 'virtio', mtu: '1500', bridge: 'br0' });
  return { osType: 'hvm', osArch: 'x86_64', osMachine: 'pc-q35-7.2', disks: ['vda', 'vdb'].map(disk), interfaces: [nic(0), nic(1)] };
}

type Definitions = ReturnType<typeof definition>[];

function sample(definitions: Definitions, scrape: number): HostSample {
  const domains = definitions.map((one, index): DomainSample => ({
    ref: { name: `instance-${String(index).padStart(8, '0')}`, uuid: `${index}`, id: index },
    state: 1,
    active: true,
    info: { maxMemoryKib: 4_194_304, memoryKib: 4_194_304, vcpus: VCPUS, cpuTimeNanoseconds: (scrape + 1) * 1_000_000_007 + index },
    params: params(scrape, index),
    timedOut: false,
    definition: one,
  }));
  return { host: 'hypervisor-01', up: true, domains, pools: [], cpu: null, memory: null };
}

const isSample = (line: string): boolean => line !== '' && !line.startsWith('#');

/** The same series in prom-client, with the same labels and values. */
function intoRegistry(text: string): Registry {
  const registry = new Registry();
  const metrics = new Map<string, Counter | Gauge>();
  for (const line of text.split('\n')) {
    if (!isSample(line)) continue;
    const [, name = '', labelText = '', value = '0'] = /^(\w+)(?:\{(.*)\})? (.*)$/.exec(line) ?? [];
    const labels = Object.fromEntries([...labelText.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, of]) => [key, of]));
    let metric = metrics.get(name);
    if (!metric) {
      const options = { name, help: `Help of ${name}.`, labelNames: Object.keys(labels), registers: [registry] };
      metrics.set(name, (metric = name.endsWith('_total') ? new Counter(options) : new Gauge(options)));
    }
    metric.inc(labels as never, Number(value));
  }
  return registry;
}

export const bench: Bench = {
  summary: 'text exposition of 100,000 series, beside prom-client',
  description: `
Writes the libvirt_* series of as many domains (${VCPUS} CPUs, ${DISKS} disks, ${INTERFACES} interfaces each) as make ${SERIES.toLocaleString('en')} series, from collected
statistics to the bytes of the answer, with counters that move between scrapes. Labels are cached from the scrape before, as in
the daemon. The peer, prom-client, writes the very same series from metrics that already hold their values: setting them is not counted.
Both in one process, interleaved. ms_100k and peer_ms_100k: median milliseconds.`,
  goals: { ms_100k: { op: '<', value: 50 } },
  async run({ quick, progress, signal }) {
    const runs = quick ? 5 : 25;
    const cache = createLabelCache();
    let lastBytes = 0;
    const write = (host: HostSample): Buffer => {
      const writer = createWriter(lastBytes);
      writeLibvirt(writer, cache, [host], ALL);
      cache.sweep();
      const bytes = writer.finish();
      lastBytes = bytes.length;
      return bytes;
    };
    const perDomain = count(write(sample([definition(0), definition(1)], 0))) - count(write(sample([definition(0)], 0)));
    const definitions = Array.from({ length: Math.ceil(SERIES / perDomain) }, (_, index) => definition(index));
    const text = write(sample(definitions, 0)).toString();
    const series = count(text);
    const registry = intoRegistry(text);
    const theirs = count(await registry.metrics());
    if (theirs !== series) throw new Error(`prom-client writes ${theirs} series, we ${series}`);
    progress(`${definitions.length} domains, ${series} series, ${(lastBytes / 1e6).toFixed(1)} MB`);

    const ours: number[] = [];
    const peer: number[] = [];
    for (let run = 0; run < runs; run++) {
      signal.throwIfAborted();
      const host = sample(definitions, run + 1);
      let startedMs = performance.now();
      write(host);
      ours.push(performance.now() - startedMs);
      startedMs = performance.now();
      Buffer.from(await registry.metrics());
      peer.push(performance.now() - startedMs);
    }
    const scale = SERIES / series;
    return {
      figures: { ms_100k: median(ours) * scale, peer_ms_100k: median(peer) * scale, ms_100k_max: Math.max(...ours) * scale, series, megabytes: lastBytes / 1e6 },
      runs,
    };
  },
};

function count(text: Buffer | string): number {
  return text.toString().split('\n').filter(isSample).length;
}
