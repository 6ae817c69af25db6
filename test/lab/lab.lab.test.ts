import { statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { Guest, GuestStatus, Host, Lab } from './lab.ts';
import { startLab } from './lab.ts';
import { waitUntil } from './wait-until.ts';

const PATIENCE = { deadlineMs: 120_000 };

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ hosts: 2, name: 'lab-test' });
});
afterAll(() => lab.down());

/** A booted guest that is removed again; its console is shown when the test fails. */
async function withGuest(options: Parameters<Lab['guest']>[1], use: (guest: Guest) => Promise<void>): Promise<void> {
  const guest = lab.guest(lab.host(1), options);
  onTestFailed(() => console.error(guest.console()));
  try {
    await guest.start();
    await guest.waitHttp();
    await use(guest);
  } finally {
    for (const host of lab.hosts) if (host.libvirtdPid !== undefined) await guest.on(host).remove();
  }
}

/** The cumulative counters of a domain that its own activity moves. */
async function activity(guest: Guest): Promise<Record<string, number>> {
  const text = await guest.host.virsh('domstats', '--interface', '--block', guest.name);
  const counters = text.matchAll(/^\s*((?:net\.0\.tx|block\.0\.(?:wr|rd|fl))\.(?:pkts|bytes|reqs))=(\d+)$/gm);
  return Object.fromEntries([...counters].map((match) => [match[1], Number(match[2])]));
}

const problemOf = (guest: Guest) => guest.http('/', 2000).then(() => '', String);
const pageRefuses = (guest: Guest) => waitUntil('refusal', async () => (await problemOf(guest)).includes('ECONNREFUSED'), PATIENCE);
const pageHangs = (guest: Guest) => waitUntil('silence', async () => (await problemOf(guest)) !== '', PATIENCE);
/** Waits for a status of the guest that `fits`. */
const statusWhere = (guest: Guest, fits: (now: GuestStatus) => boolean) =>
  waitUntil('the status', async () => [await guest.status()].find(fits), { ...PATIENCE, intervalMs: 500 });

describe('hosts', () => {
  test('each is a libvirtd of its own that listens in the lab only, in a folder that only its owner can enter', async () => {
    expect(statSync(lab.folder).mode & 0o777).toBe(0o700);
    const uuidOf = async (host: Host) => /<uuid>(.*?)<\/uuid>/.exec(await host.virsh('capabilities'))?.[1];
    const uuids = await Promise.all(lab.hosts.map(uuidOf));
    expect(new Set(uuids).size).toBe(2);
    for (const host of lab.hosts) {
      const sockets = (await host.run('ss', '--no-header', '--listening', '--tcp', '--numeric')).trim().split('\n');
      expect(sockets.map((line) => line.split(/\s+/)[3])).toEqual([`${host.address}:${host.tcpPort}`]);
      expect(await host.virsh('hostname')).toBe(`${host.name}\n`);
    }
    expect(await lab.host(1).run('virsh', '--connect', 'qemu+tcp://h2/system', 'hostname')).toContain('h2');
  });

  test('libvirtd dies, hangs and comes back without its guests noticing', async () => {
    const host = lab.host(1);
    await withGuest({ name: 'survivor' }, async (guest) => {
      const qemu = guest.qemuPid();
      await host.killLibvirtd();
      expect(host.libvirtdPid).toBeUndefined();
      expect((await guest.http('/')).body).toBe('hello\n');
      await expect(host.virsh('list')).rejects.toThrow(/connect/);
      await host.startLibvirtd();
      expect(await guest.state()).toMatchObject({ state: 'running' });
      await host.stopLibvirtd();
      await host.startLibvirtd();
      await host.suspendLibvirtd();
      const answer = guest.state();
      expect(await Promise.race([answer, guest.http('/').then(() => 'HTTP first')])).toBe('HTTP first');
      await host.continueLibvirtd();
      expect(await answer).toMatchObject({ state: 'running' });
      expect(guest.qemuPid()).toBe(qemu);
    });
  });

  test('a cut link separates the host from the network, not from its socket', async () => {
    const host = lab.host(1);
    await withGuest({ name: 'cut' }, async (guest) => {
      await host.cutLink();
      expect(await host.linkIsUp()).toBe(false);
      await pageHangs(guest);
      await expect(lab.host(2).run('timeout', '3', 'virsh', '--connect', host.tcpUri, 'hostname')).rejects.toThrow();
      expect(await guest.state()).toMatchObject({ state: 'running' });
      await host.restoreLink();
      await guest.waitHttp();
      expect(await lab.host(2).run('virsh', '--connect', host.tcpUri, 'hostname')).toContain(host.name);
    });
  });

  test('power off takes everything at once; the disk is there for another host; power on brings back what is marked autostart', async () => {
    const [one, two] = [lab.host(1), lab.host(2)];
    await withGuest({ name: 'mover', autostart: true }, async (guest) => {
      const before = await guest.status();
      const inside = one.pids();
      await one.powerOff();
      expect(one.isOn).toBe(false);
      expect(inside.length).toBeGreaterThan(2);
      expect(one.pids()).toEqual([]);
      await expect(one.powerOff()).rejects.toThrow('host h1 is off');
      await pageHangs(guest);
      await guest.on(two).start();
      const after = await guest.on(two).waitHttp();
      expect(after.boots).toBe(before.boots + 1);
      expect(after.count).toBeGreaterThanOrEqual(before.count);
      await guest.on(two).remove();
    }).catch(async (error: unknown) => {
      if (!one.isOn) await one.powerOn();
      throw error;
    });
    await one.powerOn();
    expect(await one.virsh('list', '--all', '--name')).toContain('mover');
    await one.virsh('undefine', 'mover');
    await withGuest({ name: 'early', autostart: true }, async (guest) => {
      await one.powerOff();
      await one.powerOn();
      expect((await guest.waitHttp()).boots).toBe(2);
    });
  });

  test('a guest migrates alive between hosts', async () => {
    await withGuest({ name: 'migrant' }, async (guest) => {
      const before = await guest.status();
      const how = ['--live', '--unsafe', '--persistent', '--undefinesource', '--p2p'];
      await lab.host(1).virsh('migrate', ...how, guest.name, lab.host(2).tcpUri);
      expect(await guest.state()).toEqual({ state: 'absent', reason: '' });
      expect(await guest.on(lab.host(2)).state()).toMatchObject({ state: 'running', reason: 'migrated' });
      expect((await guest.waitHttp()).bootId).toBe(before.bootId);
    });
  });
});

describe('guests', () => {
  test('boot, count on their disk, and go on counting after a kill of QEMU', async () => {
    await withGuest({ name: 'counter' }, async (guest) => {
      const first = await guest.status();
      expect(first).toMatchObject({ boots: 1, failures: 0 });
      const later = await statusWhere(guest, (now) => now.count > first.count + 1);
      guest.killQemu();
      expect(await guest.waitState('shut off')).toEqual({ state: 'shut off', reason: 'crashed' });
      expect(guest.qemuPid()).toBeUndefined();
      await guest.start();
      const again = await guest.waitHttp();
      expect(again.boots).toBe(2);
      expect(again.bootId).not.toBe(later.bootId);
      expect(again.count).toBeGreaterThanOrEqual(later.count);
    });
  });

  test('a panic is seen through the panic device; without it the guest only stands still', async () => {
    await withGuest({ name: 'panics', panicDevice: true }, async (guest) => {
      await guest.fault('panic');
      expect(await guest.waitState('crashed')).toEqual({ state: 'crashed', reason: 'panicked' });
      await guest.destroy();
      await guest.start();
      await guest.waitHttp();
      await guest.fault('hang');
      await pageHangs(guest);
      const before = await activity(guest);
      expect(Object.keys(before).length).toBeGreaterThan(3);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      expect(await activity(guest)).toEqual(before);
      expect(await guest.state()).toMatchObject({ state: 'running' });
    });
  });

  test('HTTP alone fails: refused or silent, while the kernel works on', async () => {
    await withGuest({ name: 'web' }, async (guest) => {
      await guest.fault('httpd-stop');
      await pageRefuses(guest);
      const before = await activity(guest);
      const writes = (counters: Record<string, number>) => counters['block.0.wr.reqs'] ?? 0;
      await waitUntil('disk writes', async () => writes(await activity(guest)) > writes(before), PATIENCE);
      await guest.destroy();
      await guest.start();
      await guest.waitHttp();
      await guest.fault('httpd-hang');
      await pageHangs(guest);
    });
  });

  test('power button, power-off and reboot from inside are told apart', async () => {
    await withGuest({ name: 'stops' }, async (guest) => {
      const qemu = guest.qemuPid();
      await guest.fault('reboot');
      await statusWhere(guest, (now) => now.boots === 2);
      expect(guest.qemuPid()).toBe(qemu);
      await guest.fault('poweroff');
      expect(await guest.waitState('shut off', 60_000)).toEqual({ state: 'shut off', reason: 'shutdown' });
      await guest.start();
      await guest.waitHttp();
      await lab.host(1).virsh('shutdown', guest.name);
      expect(await guest.waitState('shut off', 60_000)).toEqual({ state: 'shut off', reason: 'shutdown' });
    });
  });

  test('the watchdog pauses a full-kernel guest whose feeder is killed', async () => {
    await withGuest({ name: 'watched', kernel: 'full', watchdog: 'pause', watchdogTimeoutSeconds: 5 }, async (guest) => {
      await guest.fault('watchdog-stop');
      expect(await guest.waitState('paused', 60_000)).toEqual({ state: 'paused', reason: 'watchdog' });
    });
  });

  test('a full disk shows in the counters; freed, they go on', async () => {
    await withGuest({ name: 'full' }, async (guest) => {
      await guest.fault('disk-fill');
      const full = await statusWhere(guest, (now) => now.failures > 0);
      expect(full.diskFreeKiB).toBeLessThan(1024);
      await guest.fault('disk-free');
      await statusWhere(guest, (now) => now.diskFreeKiB > 10_000);
    });
  });

  test('load switches load what they say, and stop', async () => {
    await withGuest({ name: 'loaded' }, async (guest) => {
      const balloon = () => guest.host.virsh('domstats', '--balloon', guest.name);
      const memoryFree = async () => Number(/balloon\.usable=(\d+)/.exec(await balloon())?.[1] ?? 0);
      const idle = await waitUntil('balloon statistics', async () => (await memoryFree()) || undefined, PATIENCE);
      await guest.load({ cpu: 50, memory: 40, disk: 200, net: 100 });
      await waitUntil('memory held', async () => idle - (await memoryFree()) > 30 * 1024, PATIENCE);
      const before = await activity(guest);
      const grown = async (name: string) => ((await activity(guest))[name] ?? 0) - (before[name] ?? 0);
      await waitUntil('disk writes', async () => (await grown('block.0.wr.bytes')) > 400_000, PATIENCE);
      await waitUntil('packets', async () => (await grown('net.0.tx.bytes')) > 200_000, PATIENCE);
      await guest.load({ cpu: 0, memory: 0, disk: 0, net: 0 });
      await waitUntil('memory given back', async () => idle - (await memoryFree()) < 10 * 1024, PATIENCE);
      expect((await guest.http('/cgi-bin/load?cpu=x')).status).toBe(400);
      expect((await guest.http('/cgi-bin/fault?rm')).status).toBe(400);
    });
  });

  test('a paused guest has a QEMU and never boots; a name is taken once', async () => {
    const guest = lab.guest(lab.host(2), { name: 'asleep', memoryMiB: 32, balloonPeriodSeconds: 0 });
    await guest.startPaused();
    expect(await guest.state()).toMatchObject({ state: 'paused' });
    expect(guest.qemuPid()).toBeGreaterThan(1);
    expect(guest.console()).toBe('');
    expect(() => lab.guest(lab.host(1), { name: 'asleep' })).toThrow(/exists already/);
    expect(lab.guests().map(({ name, host }) => `${name} on ${host.name}`)).toEqual(['asleep on h2']);
    await guest.remove();
    expect(lab.guests()).toEqual([]);
    expect(await guest.state()).toEqual({ state: 'absent', reason: '' });
  });
});
