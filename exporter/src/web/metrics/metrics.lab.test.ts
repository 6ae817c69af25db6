import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Guest, type Lab } from '../../../../test/lab/lab.ts';
import { waitUntil } from '../../../../test/lab/wait-until.ts';
import { configSchema } from '../../config/schema.ts';
import { createView, type ViewStore } from '../../perception/view.ts';
import { createMetrics, type Metrics, type MetricsSources } from './index.ts';

/** Of a paused domain whose guest has never run, so that its balloon driver has reported nothing. */
const ACTIVE_SERIES = [
  ...['capacity_bytes', 'flush_requests_total', 'flush_time_seconds_total', 'info', 'read_bytes_total', 'read_requests_total'].map((name) => `block_stats_${name}`),
  ...['read_time_seconds_total', 'write_bytes_total', 'write_requests_total', 'write_time_seconds_total'].map((name) => `block_stats_${name}`),
  'info',
  ...['cpu_time_seconds_total', 'maximum_memory_bytes', 'memory_usage_bytes', 'state', 'virtual_cpus'].map((name) => `info_${name}`),
  'interface_stats_info',
  ...['receive', 'transmit'].flatMap((direction) => ['bytes', 'drops', 'errors', 'packets'].map((unit) => `interface_stats_${direction}_${unit}_total`)),
  ...['current_balloon_bytes', 'last_update_timestamp_seconds', 'maximum_bytes', 'rss_bytes'].map((name) => `memory_stats_${name}`),
  'timed_out',
  ...['current', 'delay_seconds_total', 'maximum', 'state', 'time_seconds_total', 'wait_seconds_total'].map((name) => `vcpu_${name}`),
].map((name) => `libvirt_domain_${name}`);

const DEADLINE = { deadlineMs: 60_000 };
const SCRAPE_TIMEOUT_SECONDS = 4;
let lab: Lab;
let metrics: Metrics;
let view: ViewStore;
const guests: Guest[] = [];

beforeAll(async () => {
  lab = await startLab({ hosts: 2, name: 'metrics' });
});
afterEach(async () => {
  await metrics?.stop();
  for (const guest of guests.splice(0)) {
    if (guest.qemuPid() !== undefined) guest.thawQemu();
    for (const host of lab.hosts) await guest.on(host).remove();
  }
});
afterAll(() => lab?.down());

function start(): void {
  metrics = createMetrics({ version: '0.0.0' });
  view = createView();
}

async function guest(name: string, options: Partial<Parameters<Lab['guest']>[1]> = {}): Promise<Guest> {
  const made = lab.guest(lab.host(1), { name, memoryMiB: 32, ...options });
  guests.push(made);
  await made.startPaused();
  return made;
}

/** Series with their values, e.g. `libvirt_up{host="h1"}` -> 1. */
type Series = Map<string, number>;

async function scrape(): Promise<Series> {
  return parse((await metrics.text(sources())).toString());
}

function sources(): MetricsSources {
  const config = configSchema.parse({
    hosts: lab.hosts.map((host) => ({ name: host.name, uri: host.unixUri })),
    libvirt: { connectTimeoutSeconds: 2, keepaliveIntervalSeconds: 1, keepaliveCount: 2 },
    metrics: { scrapeTimeoutSeconds: SCRAPE_TIMEOUT_SECONDS },
  });
  view.setHosts(config.hosts);
  return { config, perception: { view }, recovery: { faults: () => [], context: { state: { domains: new Map(), open: new Map() } } }, queueLength: 0 };
}

function parse(text: string): Series {
  const series: Series = new Map();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    if (at > 0 && !line.startsWith('#')) series.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return series;
}

const of = (series: Series, domain: string): string[] => [...series.keys()].filter((name) => name.includes(`domain="${domain}"`)).sort();
/** The names of a domain's series, without its own name and devices. */
const shapeOf = (series: Series, domain: string): string[] => of(series, domain).map((name) => name.replace(/\{.*/, '')).sort();

async function timed<T>(work: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startedMs = performance.now();
  const result = await work;
  return { result, tookMs: performance.now() - startedMs };
}
/** Nothing is asserted about speed: only that the deadline, which is part of the contract, ended the waiting; on a busy machine the end may be seen late. */
const LATE_MS = 3_000;
const DEADLINE_MS = SCRAPE_TIMEOUT_SECONDS * 1000 + LATE_MS;

describe('a scrape', () => {
  it('has every series of active and stopped domains, and promtool finds nothing wrong', async () => {
    await guest('running');
    const stopped = await guest('stopped');
    await stopped.destroy();
    await lab.host(1).virsh('pool-create-as', 'images', 'dir', '--target', lab.sharedFolder);
    start();
    try {
      const text = (await metrics.text(sources())).toString();
      const series = parse(text);
      expect(series.get('libvirt_up{host="h1"}')).toBe(1);
      expect(series.get('libvirt_domains{host="h1"}')).toBe(2);
      expect(series.get('libvirt_domains{host="h2"}')).toBe(0);
      expect(series.get('libvirt_domain_info_state{host="h1",domain="running",state_desc="the domain is paused by user"}')).toBe(3);
      expect(series.get('libvirt_domain_info_state{host="h1",domain="stopped",state_desc="the domain is shut off"}')).toBe(5);
      expect(series.get('libvirt_domain_info_maximum_memory_bytes{host="h1",domain="running"}')).toBe(32 * 1024 * 1024);
      expect(series.get('libvirt_domain_block_stats_capacity_bytes{host="h1",domain="running",target_device="vda"}')).toBe(67_108_864);
      expect(series.get('libvirt_domain_timed_out{host="h1",domain="running"}')).toBe(0);
      expect(series.get('libvirt_storage_pool_state{host="h1",storage_pool="images"}')).toBe(2);
      expect(series.get('virtmedic_host_memory_bytes{host="h1",kind="total"}')).toBeGreaterThan(0);
      expect(shapeOf(series, 'running')).toEqual(ACTIVE_SERIES);
      expect(shapeOf(series, 'stopped')).toEqual([
        'libvirt_domain_block_stats_info',
        'libvirt_domain_info',
        'libvirt_domain_info_cpu_time_seconds_total',
        'libvirt_domain_info_maximum_memory_bytes',
        'libvirt_domain_info_memory_usage_bytes',
        'libvirt_domain_info_state',
        'libvirt_domain_info_virtual_cpus',
      ]);
      const labels = [...series.keys()].find((name) => name.startsWith('libvirt_domain_interface_stats_info{host="h1",domain="running"'));
      expect(labels).toMatch(/interface_type="bridge",mac_address="[0-9a-f:]{17}",model_type="virtio",mtu_size="",source_bridge="\w+",target_device="vnet\d+"/);
      const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect([promtool.status, promtool.stdout, promtool.stderr]).toEqual([0, '', '']);
    } finally {
      await lab.host(1).virsh('pool-destroy', 'images');
    }
  });

  it('is shared by those who ask at the same time', async () => {
    start();
    const one = metrics.text(sources());
    const [first, second] = await Promise.all([one, metrics.text(sources())]);
    expect(second).toBe(first);
    expect(await metrics.text(sources())).not.toBe(first);
  });

  it('follows a domain that restarts, gets another disk, is renamed and goes', async () => {
    const vm = await guest('changes');
    start();
    const before = of(await scrape(), 'changes').find((name) => name.startsWith('libvirt_domain_interface_stats_info'));
    await vm.destroy();
    await vm.startPaused();
    const after = of(await scrape(), 'changes').find((name) => name.startsWith('libvirt_domain_interface_stats_info'));
    expect([before, after].every((name) => /target_device="vnet\d+"/.test(name ?? ''))).toBe(true);
    expect(after).not.toBe(before);

    await vm.host.virsh('attach-disk', vm.name, '/dev/null', 'vdb', '--type', 'disk', '--sourcetype', 'block');
    // In time the daemon would find out by itself; here it is told, as by an event. The statistics show the new disk to the cached definition.
    metrics.definitionChanged({ host: 'h1', uuid: vm.uuid });
    await scrape();
    const series = of(await scrape(), 'changes');
    expect(series.filter((name) => name.startsWith('libvirt_domain_block_stats_info'))).toHaveLength(2);
    expect(series.filter((name) => name.startsWith('libvirt_domain_block_stats_read_bytes_total'))).toHaveLength(2);

    await vm.destroy();
    await vm.host.virsh('domrename', vm.name, 'renamed');
    const renamed = await scrape();
    expect([of(renamed, 'changes'), of(renamed, 'renamed').length > 0]).toEqual([[], true]);
    await vm.host.virsh('domrename', 'renamed', vm.name);
    await vm.undefine();
    expect(of(await scrape(), 'changes')).toEqual([]);
  });
});

describe('a domain that does not answer', () => {
  it('costs only itself, until it answers again', async () => {
    const names = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];
    const all = new Map<string, Guest>();
    for (const name of names) all.set(name, await guest(name));
    start();
    const first = await scrape();
    const whole = shapeOf(first, 'first');
    // From the second scrape on the counters of a single disk come by another call; it must say the same.
    const second = await scrape();
    const blockOf = (series: Series): [string, number | undefined][] => of(series, 'first').filter((name) => name.includes('_block_')).map((name) => [name, series.get(name)]);
    expect(blockOf(second)).toEqual(blockOf(first));
    all.get('second')?.freezeQemu();
    // The first scrape finds out, the others know.
    for (let n = 0; n < 4; n++) {
      const { result: series, tookMs } = await timed(scrape());
      expect(tookMs).toBeLessThan(DEADLINE_MS);
      for (const name of names) {
        const stuck = name === 'second';
        expect([name, series.get(`libvirt_domain_timed_out{host="h1",domain="${name}"}`)]).toEqual([name, stuck ? 1 : 0]);
        expect(shapeOf(series, name).includes('libvirt_domain_block_stats_read_bytes_total')).toBe(!stuck);
        if (!stuck) expect([name, shapeOf(series, name)]).toEqual([name, whole]);
        expect(of(series, name).some((text) => text.startsWith('libvirt_domain_info_state'))).toBe(true);
      }
      expect(series.get('virtmedic_scrape_timed_out_domains{host="h1"}')).toBe(1);
      expect(series.get('virtmedic_scrape_timed_out_domains{host="h2"}')).toBe(0);
    }
    all.get('second')?.thawQemu();
    await waitUntil('its series', async () => shapeOf(await scrape(), 'second').length === whole.length, DEADLINE);
  });

  it('and many others at once cost only themselves', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const all = new Map<string, Guest>();
    for (const name of names) all.set(name, await guest(name));
    start();
    await scrape();
    const whole = shapeOf(await scrape(), 'a');
    const stuck = ['b', 'd', 'e', 'h'];
    for (const name of stuck) all.get(name)?.freezeQemu();
    // More calls are abandoned than a connection survives: it is replaced, and the next scrapes are whole.
    for (let n = 0; n < 2; n++) expect((await timed(scrape())).tookMs).toBeLessThan(DEADLINE_MS);
    const series = await waitUntil('the others', async () => {
      const now = await scrape();
      return now.get('virtmedic_scrape_timed_out_domains{host="h1"}') === stuck.length && now;
    }, DEADLINE);
    for (const name of names) if (!stuck.includes(name)) expect([name, shapeOf(series, name)]).toEqual([name, whole]);
  });

  it('is not one that migrates', async () => {
    const vm = lab.guest(lab.host(1), { name: 'moves' });
    guests.push(vm);
    await vm.start();
    await guest('stays');
    start();
    await vm.waitHttp();
    const whole = shapeOf(await scrape(), 'stays');
    let moving = true;
    const migration = vm.host
      .virsh('migrate', '--live', '--unsafe', '--persistent', '--undefinesource', '--bandwidth', '20', vm.name, lab.host(2).tcpUri)
      .finally(() => (moving = false));
    let scrapes = 0;
    while (moving) {
      const { result: series, tookMs } = await timed(scrape());
      scrapes++;
      expect(tookMs).toBeLessThan(DEADLINE_MS);
      expect(series.get('libvirt_up{host="h1"}')).toBe(1);
      expect(shapeOf(series, 'stays')).toEqual(whole);
    }
    await migration;
    expect(scrapes).toBeGreaterThan(1);
    const series = await scrape();
    expect(of(series, 'moves').every((name) => name.includes('host="h2"'))).toBe(true);
    expect(of(series, 'moves').length).toBeGreaterThan(20);
  });
});

describe('a libvirtd', () => {
  it.each([
    ['hangs', (h: Lab['hosts'][number]) => h.suspendLibvirtd(), (h: Lab['hosts'][number]) => h.continueLibvirtd()],
    ['is gone', (h: Lab['hosts'][number]) => h.killLibvirtd(), (h: Lab['hosts'][number]) => h.startLibvirtd()],
  ])('that %s is shown down within the deadline, and up when it is back', async (_, fail, recover) => {
    await guest('vm');
    start();
    expect((await scrape()).get('libvirt_up{host="h1"}')).toBe(1);
    const host = lab.host(1);
    await fail(host);
    try {
      const { result: series, tookMs } = await timed(scrape());
      expect(tookMs).toBeLessThan(DEADLINE_MS);
      expect([series.get('libvirt_up{host="h1"}'), series.get('libvirt_up{host="h2"}')]).toEqual([0, 1]);
      expect(of(series, 'vm')).toEqual([]);
      expect(series.has('libvirt_domains{host="h1"}')).toBe(false);
    } finally {
      await recover(host);
    }
    await waitUntil('up', async () => (await scrape()).get('libvirt_up{host="h1"}') === 1, DEADLINE);
  });
});
