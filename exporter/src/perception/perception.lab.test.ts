import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Guest, type Lab } from '../../../test/lab/lab.ts';
import { waitUntil } from '../../../test/lab/wait-until.ts';
import { configSchema, type ProbeConfig } from '../config/schema.ts';
import { systemClock, type Clock } from '../events/clock.ts';
import { createFakeClock } from '../events/fake-clock.ts';
import type { Observed } from '../policy/types.ts';
import { createPerception, type Perception, type PerceptionEvent } from './index.ts';

const DEADLINE = { deadlineMs: 60_000 };
let lab: Lab;
let perception: Perception | null = null;
const guests: Guest[] = [];

beforeAll(async () => {
  lab = await startLab({ hosts: 2, name: 'perception' });
});
afterEach(async () => {
  await perception?.stop();
  perception = null;
  await Promise.all(guests.splice(0).flatMap((guest) => lab.hosts.map((host) => guest.on(host).remove())));
});
afterAll(() => lab?.down());

function guest(name: string, options: Partial<Parameters<Lab['guest']>[1]> = {}): Guest {
  const made = lab.guest(lab.host(1), { name, ...options });
  guests.push(made);
  return made;
}

/** Perception of both hosts, with what it told, in order. */
function watch(options: { probes?: ProbeConfig[]; clock?: Clock; intervalSeconds?: number; known?: { uuid: string; host: string; undefinedAtMs: number | null }[] } = {}) {
  const events: PerceptionEvent[] = [];
  const definitions = new Map<string, string>();
  const config = configSchema.parse({
    hosts: lab.hosts.map((host) => ({ name: host.name, uri: host.unixUri })),
    libvirt: { callTimeoutSeconds: 2, connectTimeoutSeconds: 2, keepaliveIntervalSeconds: 1, keepaliveCount: 2 },
    sampling: { intervalSeconds: options.intervalSeconds ?? 1 },
  });
  const settings = { managed: true, probes: options.probes ?? [] };
  perception = createPerception({
    config,
    clock: options.clock ?? systemClock,
    settingsFor: () => settings,
    onEvent: (event) => events.push(event),
    onDefinition: ({ uuid, xml }) => void definitions.set(uuid, xml),
    known: options.known ?? [],
  });
  perception.start();
  return { events, definitions, perception };
}

const observed = (of: Guest, expectedHost: string | null = 'h1'): Observed => (perception as Perception).view.observed(of.uuid, expectedHost);

async function until(what: string, of: Guest, matches: (now: Observed) => boolean): Promise<Observed> {
  return waitUntil(what, () => (matches(observed(of)) ? observed(of) : undefined), { ...DEADLINE, intervalMs: 5 });
}
const state = (wanted: string) => (now: Observed) => now.kind === 'present' && now.state === wanted;

describe('a domain', () => {
  it('is listed once, with its definition; a killed QEMU is seen by its event', async () => {
    const vm = guest('killed');
    await vm.define();
    const { events, definitions } = watch();
    await until('the stopped domain', vm, state('shutoff'));
    await vm.start();
    await until('the running domain', vm, state('running'));
    vm.killQemu();
    const stopped = await until('the crash', vm, state('shutoff'));
    expect(stopped).toMatchObject({ lastStop: { reason: 'failed' }, persistent: true });
    await waitUntil('libvirt\'s own reason', () => observed(vm).kind === 'present' && (observed(vm) as { reason: string }).reason === 'crashed', DEADLINE);
    expect(observed(vm)).toMatchObject({ lastStop: { reason: 'failed' } });
    const ofVm = events.filter((event) => 'uuid' in event && event.uuid === vm.uuid);
    expect(ofVm.filter(({ kind }) => kind === 'domain_listed')).toMatchObject([{ sighting: { state: 'shutoff', autostart: false, persistent: true } }]);
    expect(ofVm.filter(({ kind }) => kind === 'domain_listed_change')).toEqual([]);
    const changes = ofVm.flatMap((event) => (event.kind === 'domain_lifecycle' ? [`${event.change} ${event.detail}`] : []));
    expect(changes).toContain('started booted');
    expect(changes.at(-1)).toBe('stopped failed');
    await waitUntil('the definition', () => definitions.get(vm.uuid), DEADLINE);
    expect(definitions.get(vm.uuid)).toContain(`<uuid>${vm.uuid}</uuid>`);
  });

  it('is absent after destroy and undefine, which was seen', async () => {
    const vm = guest('deleted', { memoryMiB: 32 });
    await vm.startPaused();
    const { perception } = watch();
    await until('the domain', vm, state('paused'));
    await vm.destroy();
    await vm.undefine();
    await until('its absence', vm, ({ kind }) => kind === 'absent');
    await perception.sampleNow();
    await perception.sampleNow();
    const gone = observed(vm);
    expect(gone).toMatchObject({ kind: 'absent', lastHost: 'h1', undefinedSeen: true, lastStop: { reason: 'destroyed' } });
    expect(gone.kind === 'absent' && gone.completeListings).toBeGreaterThanOrEqual(2);
  });

  it('that went while nobody listened is absent without a sight of its end', async () => {
    const vm = guest('vanished', { memoryMiB: 32 });
    watch({ known: [{ uuid: vm.uuid, host: 'h1', undefinedAtMs: null }] });
    await until('its absence', vm, ({ kind }) => kind === 'absent');
    expect(observed(vm)).toMatchObject({ undefinedSeen: false, lastHost: 'h1' });
  });

  it('that a user pauses and resumes is healthy', async () => {
    const vm = guest('held', { memoryMiB: 32 });
    await vm.startPaused();
    watch();
    await until('the domain', vm, state('paused'));
    await vm.host.virsh('resume', vm.name);
    await until('the resumed domain', vm, state('running'));
    await vm.host.virsh('suspend', vm.name);
    expect(await until('the paused domain', vm, state('paused'))).toMatchObject({ reason: 'user', health: 'healthy' });
  });

  it('that panics is panicked, told by its event', async () => {
    const vm = guest('panics', { panicDevice: true });
    await vm.start();
    const { events } = watch();
    await vm.waitHttp();
    await vm.fault('panic');
    expect(await until('the panic', vm, state('crashed'))).toMatchObject({ reason: 'panicked', health: 'panicked', evidence: ['panic event'] });
    expect(events.some((event) => event.kind === 'domain_panicked' && event.uuid === vm.uuid)).toBe(true);
    await vm.host.virsh('reset', vm.name).catch(() => undefined);
    await vm.destroy();
    expect(await until('its end', vm, state('shutoff'))).toMatchObject({ health: 'healthy' });
  });

  it('that is migrated by hand is at its destination and never twice', async () => {
    const vm = guest('moves');
    await vm.start();
    const { perception } = watch();
    await vm.waitHttp();
    const seen = new Set<string>();
    const look = setInterval(() => seen.add(observed(vm).kind), 2);
    try {
      await vm.host.virsh('migrate', '--live', '--unsafe', '--persistent', vm.name, lab.host(2).tcpUri);
      await until('the arrival', vm, (now) => now.kind === 'present' && now.host === 'h2' && now.state === 'running');
      await perception.sampleNow();
      await perception.sampleNow();
    } finally {
      clearInterval(look);
    }
    expect(observed(vm)).toMatchObject({ kind: 'present', host: 'h2', state: 'running', reason: 'migrated', health: 'healthy' });
    expect([...seen]).toEqual(['present']);
    expect(perception.view.sightings().find(({ uuid, host }) => uuid === vm.uuid && host === 'h1')).toMatchObject({ state: 'shutoff', reason: 'migrated' });
  });
});

describe('a hang', () => {
  const probe = (vm: Guest): ProbeConfig => ({
    type: 'http',
    url: `http://${vm.address}/index.html`,
    status: [200],
    intervalSeconds: 0.5,
    timeoutSeconds: 0.5,
    failures: 3,
  });

  it('is proven by the declared probe with standing counters', async () => {
    const vm = guest('hangs');
    await vm.start();
    const { events } = watch({ probes: [probe(vm)] });
    await waitUntil('the first answer', () => events.some((event) => event.kind === 'probe_change' && event.state === 'answering'), {
      deadlineMs: 120_000,
    });
    await vm.fault('hang');
    const hung = await until('the proof', vm, (now) => now.kind === 'present' && now.health === 'hung');
    expect(hung.kind === 'present' && hung.evidence[0]).toMatch(/^probe http http:\/\/.* failed \d+ times \(.*\); network transmit and block requests still for \d+ s$/);
    expect(events.some((event) => event.kind === 'probe_change' && event.state === 'failed')).toBe(true);
    await vm.host.virsh('reset', vm.name);
    await until('the reset', vm, (now) => now.kind === 'present' && now.health === 'healthy');
    expect(events.some(({ kind }) => kind === 'domain_rebooted')).toBe(true);
  });

  it('is not proven where only the server in the guest died', async () => {
    const vm = guest('serverless');
    await vm.start();
    const { events } = watch({ probes: [probe(vm)] });
    await waitUntil('the first answer', () => events.some((event) => event.kind === 'probe_change' && event.state === 'answering'), {
      deadlineMs: 120_000,
    });
    await vm.fault('httpd-stop');
    await waitUntil('the failed probe', () => events.some((event) => event.kind === 'probe_change' && event.state === 'failed'), DEADLINE);
    await perception?.sampleNow();
    expect(observed(vm)).toMatchObject({ kind: 'present', state: 'running', health: 'healthy' });
  });

  it('is not proven by an idle guest without balloon statistics, however long', async () => {
    const vm = guest('idle', { balloonPeriodSeconds: 0, kernelArguments: 'rdinit=/bin/busybox -- sleep 1000000' });
    await vm.start();
    const clock = createFakeClock();
    const { events } = watch({ clock, intervalSeconds: 15 });
    await until('the domain', vm, state('running'));
    for (let seconds = 0; seconds < 30 * 60; seconds += 15) {
      const before = events.filter(({ kind }) => kind === 'listing_complete').length;
      await clock.advance(15_000);
      await waitUntil('a listing of each host', () => events.filter(({ kind }) => kind === 'listing_complete').length >= before + 2, DEADLINE);
    }
    expect(observed(vm)).toMatchObject({ kind: 'present', state: 'running', health: 'healthy', evidence: [] });
    expect(events.filter(({ kind }) => kind === 'domain_health')).toEqual([]);
  });

  it('that paused the guest by its watchdog is proven at once', async () => {
    const vm = guest('dogged', { kernel: 'full', watchdog: 'pause', memoryMiB: 256, watchdogTimeoutSeconds: 5 });
    await vm.start();
    watch();
    await vm.waitHttp();
    await vm.fault('watchdog-stop');
    expect(await until('the watchdog', vm, (now) => now.kind === 'present' && now.health === 'hung')).toMatchObject({
      evidence: ['watchdog fired, guest paused by it'],
    });
    expect(await until('the pause', vm, state('paused'))).toMatchObject({ reason: 'watchdog', health: 'hung' });
  });
});

describe('a host', () => {
  const hostState = (name: string) => (perception as Perception).view.host(name)?.state;

  it.each([
    ['hangs', (h: Lab['hosts'][number]) => h.suspendLibvirtd(), (h: Lab['hosts'][number]) => h.continueLibvirtd()],
    ['ends', (h: Lab['hosts'][number]) => h.killLibvirtd(), (h: Lab['hosts'][number]) => h.startLibvirtd()],
  ])('whose libvirtd %s makes its domains unknown, not dead, until it is back', async (_, fail, recover) => {
    const vm = guest('unheard', { memoryMiB: 32 });
    await vm.startPaused();
    const { events, perception } = watch();
    await until('the domain', vm, state('paused'));
    const host = lab.host(1);
    await fail(host);
    try {
      await waitUntil('unreachable', () => hostState('h1') === 'unreachable', DEADLINE);
      expect(observed(vm)).toEqual({ kind: 'unknown', host: 'h1' });
      expect(perception.view.host('h1')?.error).toMatch(/\w/);
      await perception.sampleNow('h2');
      expect(hostState('h2')).toBe('up');
    } finally {
      await recover(host);
    }
    await waitUntil('up', () => hostState('h1') === 'up', DEADLINE);
    expect(observed(vm)).toMatchObject({ kind: 'present', state: 'paused' });
    expect(events.some((event) => event.kind === 'domain_listed_change' || event.kind === 'domain_health')).toBe(false);
    // Events flow again: they were registered anew.
    await vm.destroy();
    await until('the stop', vm, state('shutoff'));
    expect(events.some((event) => event.kind === 'domain_lifecycle' && event.change === 'stopped' && event.uuid === vm.uuid)).toBe(true);
  });

  it('with a QEMU that is frozen is heard as before', async () => {
    const vm = guest('frozen');
    const other = guest('beside', { memoryMiB: 32 });
    await vm.start();
    await other.startPaused();
    const { events, perception } = watch({ probes: [{ type: 'tcp', address: vm.address, port: 80, intervalSeconds: 0.5, timeoutSeconds: 0.5, failures: 2 }] });
    await waitUntil('the first answer', () => events.some((event) => event.kind === 'probe_change' && event.state === 'answering'), { deadlineMs: 120_000 });
    vm.freezeQemu();
    try {
      await waitUntil('the failed probe', () => events.some((event) => event.kind === 'probe_change' && event.state === 'failed'), DEADLINE);
      for (let n = 0; n < 5; n++) await perception.sampleNow();
      expect(hostState('h1')).toBe('up');
      expect(observed(vm)).toMatchObject({ kind: 'present', state: 'running' });
      expect(observed(other)).toMatchObject({ kind: 'present', state: 'paused' });
    } finally {
      vm.thawQemu();
    }
  });

  it('that is dropped and added by a new configuration is watched accordingly', async () => {
    const { perception } = watch();
    const base = configSchema.parse({ hosts: lab.hosts.map(({ name, unixUri }) => ({ name, uri: unixUri })) });
    await waitUntil('both hosts', () => hostState('h1') === 'up' && hostState('h2') === 'up', DEADLINE);
    expect(perception.connection('h2')).not.toBeNull();
    await perception.reconfigure({ ...base, hosts: base.hosts.slice(0, 1) });
    expect([perception.view.hosts().length, perception.connection('h2')]).toEqual([1, null]);
    await perception.reconfigure(base);
    await waitUntil('both hosts again', () => hostState('h1') === 'up' && hostState('h2') === 'up', DEADLINE);
  });
});
