import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startLab, type Guest, type Host, type Lab } from '../../../test/lab/lab.ts';
import * as libvirt from './index.ts';

/** Daemons that hang, die and come back, guests whose QEMU hangs, hosts that lose their link: what the client makes of it. */

let lab: Lab;
let host: Host;
let guest: Guest;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'failures' });
  host = lab.host(1);
  guest = lab.guest(host, { name: 'frozen', memoryMiB: 32 });
  await guest.startPaused();
});

afterAll(() => lab?.down());

/** The error that a promise is rejected with, from now on handled. */
const failure = (promise: Promise<unknown>): Promise<Error> => promise.then(() => new Error('was fulfilled'), (error: Error) => error);

async function reached(supervised: libvirt.SupervisedConnection, status: libvirt.ConnectionState['status'], deadlineMs = 30_000): Promise<void> {
  const endsAtMs = performance.now() + deadlineMs;
  while (supervised.state.status !== status) {
    if (performance.now() > endsAtMs) throw new Error(`${status} not within ${deadlineMs} ms: ${JSON.stringify(supervised.state)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Watched {
  supervised: libvirt.SupervisedConnection;
  events: string[];
  losses: string[];
}

/** A supervised connection that registers its events on every new connection. */
async function watch(options: Omit<libvirt.SupervisedOptions, 'uri'> & { uri?: string }): Promise<Watched> {
  const events: string[] = [];
  const losses: string[] = [];
  const supervised = libvirt.superviseConnection({
    uri: host.unixUri,
    backoff: { initialMs: 100, maxMs: 500 },
    async onConnected(connection) {
      await libvirt.subscribeDomainEvents(connection, (event) => event.kind === 'lifecycle' && events.push(event.event));
    },
    onStateChange: (state) => state.status === 'disconnected' && losses.push(state.error instanceof libvirt.ConnectionClosedError ? state.error.reason : state.error.name),
    ...options,
  });
  await supervised.connected();
  return { supervised, events, losses };
}

describe('pipelining', () => {
  it.each(['unix', 'tcp'])('answers hundreds of calls, errors among them, each with its own answer: %s', async (transport) => {
    const connection = await libvirt.openConnection({ uri: transport === 'unix' ? host.unixUri : host.tcpUri, deadlineMs: 60_000 });
    const domain = await connection.call(libvirt.lookupDomainByName, { name: 'frozen' });
    const calls = Array.from({ length: 400 }, async (_, n): Promise<unknown> => {
      if (n % 4 === 0) return (await failure(connection.call(libvirt.lookupDomainByName, { name: `absent-${n}` }))).message;
      if (n % 4 === 1) return connection.call(libvirt.getDomainXml, { domain });
      if (n % 4 === 2) return connection.call(libvirt.getDomainState, { domain });
      return connection.call(libvirt.getAllDomainStats, { groups: libvirt.StatsGroup.STATE });
    });
    const most = connection.counts;
    expect([most.inFlight, most.queued]).toEqual([4, 396]);
    const [, xml, state, stats] = (await Promise.all(calls.slice(0, 4))) as unknown[];
    expect(xml).toContain(guest.uuid);
    expect((await Promise.all(calls)).map((answer, n) => (n % 4 === 0 ? answer : n % 4))).toEqual(
      calls.map((_, n) => (n % 4 === 0 ? `Domain not found: no domain with matching name 'absent-${n}'` : n % 4)),
    );
    for (const [n, answer] of (await Promise.all(calls)).entries()) {
      if (n % 4 !== 0) expect(answer).toEqual([xml, state, stats][(n % 4) - 1]);
    }
    expect(connection.counts).toEqual({ inFlight: 0, queued: 0, abandoned: 0, abandonedTotal: 0 });
    await connection.close();
    expect(connection.closeError?.reason).toBe('client');
  });

  it('carries large messages in both directions', async () => {
    const connection = await libvirt.openConnection({ uri: host.unixUri });
    const big = 'x'.repeat(3_000_000);
    const other = lab.guest(host, { name: 'big', memoryMiB: 32, metadataXml: `<x:big xmlns:x='http://example.org/big'>${big}</x:big>` });
    const domain = await connection.call(libvirt.defineDomain, { xml: other.xml });
    expect(await connection.call(libvirt.getDomainXml, { domain })).toContain(big);
    await connection.call(libvirt.undefineDomain, { domain });
    await connection.close();
    await other.remove();
  });
});

describe('a guest whose QEMU hangs', () => {
  beforeEach(() => () => guest.thawQemu());

  it('costs only the calls that ask for it, and NOWAIT does not wait for it', async () => {
    const connection = await libvirt.openConnection({ uri: host.unixUri, maxAbandonedCalls: 4 });
    const domain = await connection.call(libvirt.lookupDomainByName, { name: 'frozen' });
    const { BALLOON, STATE } = libvirt.StatsGroup;
    guest.freezeQemu();
    const stuck = connection.call(libvirt.getAllDomainStats, { domains: [domain], groups: BALLOON }, { deadlineMs: 1000 });
    expect(await failure(stuck)).toMatchObject({ name: 'DeadlineError', sent: true });
    expect(connection.counts).toEqual({ inFlight: 1, queued: 0, abandoned: 1, abandonedTotal: 1 });
    expect(await connection.call(libvirt.getHostname, {})).toBe(host.name);
    const quick = await connection.call(libvirt.getAllDomainStats, { groups: STATE | BALLOON, flags: libvirt.StatsFlag.NOWAIT });
    expect(quick[0]?.params['state.state']).toBe(libvirt.DomainState.PAUSED);
    guest.thawQemu();
    await expect.poll(() => connection.counts, { timeout: 20_000 }).toEqual({ inFlight: 0, queued: 0, abandoned: 0, abandonedTotal: 1 });
    expect(connection.closeError).toBeNull();
    await connection.close();
  });

  it('does not stop the keepalives at the default number of calls in flight; one more would', async () => {
    const open = (options: object): Promise<libvirt.Connection> =>
      libvirt.openConnection({ uri: host.unixUri, deadlineMs: 60_000, ...options });
    const usual = await open({ keepalive: { intervalSeconds: 1, count: 4 } });
    const greedy = await open({ keepalive: { intervalSeconds: 1, count: 2 }, maxCallsInFlight: 5 });
    const domain = await usual.call(libvirt.lookupDomainByName, { name: 'frozen' });
    const askForIt = (connection: libvirt.Connection): Promise<unknown> =>
      connection.call(libvirt.getAllDomainStats, { domains: [domain], groups: libvirt.StatsGroup.BALLOON });
    guest.freezeQemu();
    const stuck = [1, 2, 3, 4].map(() => askForIt(usual));
    const lost = [1, 2, 3, 4, 5].map(() => failure(askForIt(greedy)));
    for (const error of await Promise.all(lost)) expect(error).toMatchObject({ reason: 'keepalive' });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    expect([usual.closeError, usual.counts.inFlight]).toEqual([null, 4]);
    guest.thawQemu();
    for (const records of await Promise.all(stuck)) expect(records).toMatchObject([{ domain: { name: 'frozen' } }]);
    await usual.close();
  });

  it('gets the connection replaced after three calls without an answer', async () => {
    const { supervised, losses } = await watch({});
    const domain = await supervised.call(libvirt.lookupDomainByName, { name: 'frozen' });
    guest.freezeQemu();
    const stuck = [1, 2, 3].map(() => failure(supervised.call(libvirt.getAllDomainStats, { domains: [domain], groups: libvirt.StatsGroup.BALLOON }, { deadlineMs: 500 })));
    for (const error of await Promise.all(stuck)) expect(error.name).toBe('DeadlineError');
    await supervised.connected();
    expect(await supervised.call(libvirt.getHostname, {})).toBe(host.name);
    expect(losses).toEqual(['abandoned']);
    await supervised.close();
  });
});

describe('a daemon that hangs', () => {
  it('costs a call its deadline, is found by the keepalive, and is taken back when it goes on', async () => {
    const { supervised, losses, events } = await watch({ keepalive: { intervalSeconds: 1, count: 2 }, openDeadlineMs: 1000 });
    await host.suspendLibvirtd();
    try {
      expect(await failure(supervised.call(libvirt.getHostname, {}, { deadlineMs: 700 }))).toMatchObject({ name: 'DeadlineError', sent: true });
      const late = failure(supervised.call(libvirt.getHostname, {}, { deadlineMs: 60_000 }));
      expect(await late).toMatchObject({ name: 'ConnectionClosedError', reason: 'keepalive', sent: true });
      await reached(supervised, 'disconnected');
      expect(await failure(supervised.call(libvirt.getHostname, {}))).toBeInstanceOf(libvirt.NotConnectedError);
      expect(await failure(libvirt.openConnection({ uri: host.unixUri, openDeadlineMs: 700 }))).toBeInstanceOf(libvirt.DeadlineError);
    } finally {
      await host.continueLibvirtd();
    }
    await supervised.connected();
    expect(losses[0]).toBe('keepalive');
    expect(await supervised.call(libvirt.getHostname, {})).toBe(host.name);
    await guest.host.virsh('resume', 'frozen');
    await guest.host.virsh('suspend', 'frozen');
    await expect.poll(() => events, { timeout: 20_000 }).toEqual(['RESUMED', 'SUSPENDED']);
    await supervised.close();
  });
});

describe('a daemon that dies', () => {
  it.each(['unix', 'tcp'] as const)('is missed at once and found again, its domains and events too: %s', async (transport) => {
    const { supervised, losses, events } = await watch({ uri: transport === 'unix' ? host.unixUri : host.tcpUri });
    const before = await supervised.call(libvirt.listAllDomains, {});
    await host.killLibvirtd();
    await reached(supervised, 'disconnected');
    expect(['eof', 'transport']).toContain(losses[0]);
    const refused = await failure(libvirt.openConnection({ uri: transport === 'unix' ? host.unixUri : host.tcpUri, openDeadlineMs: 5000 }));
    expect(refused).toBeInstanceOf(libvirt.ConnectError);
    expect(refused.message).toMatch(/is the daemon running/);
    await host.startLibvirtd();
    await supervised.connected();
    expect(await supervised.call(libvirt.listAllDomains, {})).toEqual(before);
    await guest.host.virsh('resume', 'frozen');
    await guest.host.virsh('suspend', 'frozen');
    await expect.poll(() => events, { timeout: 20_000 }).toEqual(['RESUMED', 'SUSPENDED']);
    await supervised.close();
    expect(supervised.state.status).toBe('closed');
  });
});

describe('a host that loses its link', () => {
  it('is found by the keepalive alone, as nothing else tells', async () => {
    const { supervised, losses } = await watch({ uri: host.tcpUri, keepalive: { intervalSeconds: 1, count: 2 }, openDeadlineMs: 1000 });
    await host.cutLink();
    const error = await (await supervised.connected()).closed;
    expect(error.reason).toBe('keepalive');
    await host.restoreLink();
    await supervised.connected();
    expect(losses[0]).toBe('keepalive');
    expect(await supervised.call(libvirt.getHostname, {})).toBe(host.name);
    await supervised.close();
  });
});

describe('authentication', () => {
  it('that the daemon asks for and the client does not have is named', async () => {
    const path = join(host.folder, 'etc/libvirtd.conf');
    writeFileSync(path, readFileSync(path, 'utf8').replace('auth_tcp = "none"', 'auth_tcp = "sasl"'));
    await host.stopLibvirtd();
    await host.startLibvirtd();
    const error = await failure(libvirt.openConnection({ uri: host.tcpUri }));
    expect(error).toBeInstanceOf(libvirt.AuthRefusedError);
    expect((error as libvirt.AuthRefusedError).offered).toEqual(['SASL']);
    await (await libvirt.openConnection({ uri: host.unixUri })).close();
  });
});
