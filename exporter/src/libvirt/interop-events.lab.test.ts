import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab, type Guest, type Host, type Lab } from '../../../test/lab/lab.ts';
import * as libvirt from './index.ts';
import { startEventWitness, type EventWitness } from './testing/witness.ts';

/** Domains made, changed and broken through the client; the events compared with those that libvirt's own library reports. */

let lab: Lab;
let host: Host;
let witness: EventWitness;
const connections: libvirt.Connection[] = [];
const events: { unix: libvirt.DomainEvent[]; tcp: libvirt.DomainEvent[] } = { unix: [], tcp: [] };
const call = <A, R>(made: libvirt.Call<A, R>, args: A): Promise<R> => connections[0]!.call(made, args);

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'events' });
  host = lab.host(1);
  for (const [transport, uri] of [['unix', host.unixUri], ['tcp', host.tcpUri]] as const) {
    const connection = await libvirt.openConnection({ uri });
    await libvirt.subscribeDomainEvents(connection, (event) => events[transport].push(event));
    connections.push(connection);
  }
  witness = await startEventWitness(host.unixUri);
});

afterAll(async () => {
  await witness?.stop();
  for (const connection of connections) await connection.close();
  await lab?.down();
});

/** An event as the witness writes it. */
function plain(event: libvirt.DomainEvent): unknown[] {
  const { kind, domain: { uuid } } = event;
  switch (kind) {
    case 'lifecycle':
      return [kind, uuid, event.eventCode, event.detailCode];
    case 'watchdog':
      return [kind, uuid, (libvirt.WatchdogAction as Record<string, number>)[event.action]];
    case 'ioError':
      return [kind, uuid, event.sourcePath, event.deviceAlias, (libvirt.IoErrorAction as Record<string, number>)[event.action], event.reason];
    case 'reboot':
    case 'controlError':
      return [kind, uuid];
  }
}

const namesOf = (seen: libvirt.DomainEvent[], uuid: string): string[] =>
  seen.filter(({ domain }) => domain.uuid === uuid).map((event) => (event.kind === 'lifecycle' ? `${event.event}/${event.detail}` : event.kind));

/** Waits until `ready` holds; events take their time. */
async function eventually(ready: () => boolean | Promise<boolean>, what: string, deadlineMs = 20_000): Promise<void> {
  const endsAtMs = performance.now() + deadlineMs;
  while (!(await ready())) {
    if (performance.now() > endsAtMs) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All three have seen the same events of the domain, in the same order, and the last one is `last`. */
async function allSaw(uuid: string, last: string): Promise<void> {
  const theirs = (): unknown[][] => witness.events.filter((event) => event[1] === uuid);
  const ours = (seen: libvirt.DomainEvent[]): unknown[][] => seen.filter(({ domain }) => domain.uuid === uuid).map(plain);
  const lengths = (): number[] => [theirs().length, ours(events.unix).length, ours(events.tcp).length];
  await eventually(() => namesOf(events.unix, uuid).at(-1) === last && new Set(lengths()).size === 1, `${last} seen by all`).catch((error: Error) => {
    throw new Error(`${error.message}; ours: ${namesOf(events.unix, uuid).join(' ')}; lengths: ${lengths().join(' ')}`);
  });
  expect(ours(events.unix)).toEqual(theirs());
  expect(ours(events.tcp)).toEqual(theirs());
}

describe('the life of a domain', () => {
  it('from definition to removal, and again', async () => {
    const guest = lab.guest(host, { name: 'cycle', memoryMiB: 32 });
    for (let round = 1; round <= 2; round++) {
      const domain = await call(libvirt.defineDomain, { xml: guest.xml, flags: libvirt.DefineFlag.VALIDATE });
      expect(domain).toEqual({ name: 'cycle', uuid: guest.uuid, id: -1 });
      await call(libvirt.setDomainAutostart, { domain, autostart: true });
      expect(await call(libvirt.getDomainAutostart, { domain })).toBe(true);
      const started = await call(libvirt.startDomain, { domain, flags: libvirt.StartFlag.PAUSED });
      expect(started.id).toBeGreaterThan(0);
      await call(libvirt.resumeDomain, { domain });
      expect(await guest.state()).toEqual({ state: 'running', reason: 'unpaused' });
      await call(libvirt.suspendDomain, { domain });
      await call(libvirt.resumeDomain, { domain });
      await call(libvirt.resetDomain, { domain });
      await call(libvirt.shutdownDomain, { domain });
      await call(libvirt.destroyDomain, { domain });
      expect(await guest.state()).toEqual({ state: 'shut off', reason: 'destroyed' });
      await call(libvirt.undefineDomain, { domain });
      expect(await guest.state()).toEqual({ state: 'absent', reason: '' });
      await expect(call(libvirt.getDomainState, { domain })).rejects.toMatchObject({ codeName: 'NO_DOMAIN' });
      await allSaw(guest.uuid, 'UNDEFINED/REMOVED');
    }
    // libvirtd reports a control error when it loses QEMU's monitor just before it ends QEMU; sometimes.
    const names = namesOf(events.unix, guest.uuid).filter((name) => name !== 'controlError');
    expect(new Set(names)).toEqual(new Set([
      'DEFINED/ADDED', 'STARTED/BOOTED', 'SUSPENDED/PAUSED', 'RESUMED/UNPAUSED', 'reboot', 'SHUTDOWN/HOST', 'STOPPED/DESTROYED', 'UNDEFINED/REMOVED',
    ]));
    await guest.remove();
  });

  it('of a transient domain', async () => {
    const guest = lab.guest(host, { name: 'transient', memoryMiB: 32 });
    const domain = await call(libvirt.createDomain, { xml: guest.xml, flags: libvirt.StartFlag.PAUSED });
    expect(await call(libvirt.isDomainPersistent, { domain })).toBe(false);
    await call(libvirt.destroyDomain, { domain, flags: libvirt.DestroyFlag.GRACEFUL });
    await allSaw(guest.uuid, 'STOPPED/DESTROYED');
    await guest.remove();
  });

  it('ended by the death of its QEMU', async () => {
    const guest = lab.guest(host, { name: 'killed', memoryMiB: 32 });
    await guest.startPaused();
    guest.killQemu();
    await allSaw(guest.uuid, 'STOPPED/FAILED');
    const { state, reason } = await call(libvirt.getDomainState, { domain: await call(libvirt.lookupDomainByUuid, { uuid: guest.uuid }) });
    expect([libvirt.stateName(state), libvirt.reasonName(state, reason)]).toEqual(['SHUTOFF', 'CRASHED']);
    await guest.remove();
  });
});

describe('a guest in trouble', () => {
  let guest: Guest;
  let domain: libvirt.DomainRef;
  const stateNames = async (): Promise<string[]> => {
    const { state, reason } = await call(libvirt.getDomainState, { domain });
    return [libvirt.stateName(state), libvirt.reasonName(state, reason)];
  };

  /** Its disk lies on a file system of the host that has room for 2 MiB more than it needs now. */
  beforeAll(async () => {
    guest = lab.guest(host, {
      name: 'trouble', kernel: 'full', watchdog: 'pause', watchdogTimeoutSeconds: 4, diskDriver: { error_policy: 'stop', cache: 'writeback' },
    });
    const roomBytes = statSync(guest.diskPath).size + 2 * 1024 * 1024;
    await host.run('mkdir', '/run/small');
    await host.run('mount', '-t', 'tmpfs', '-o', `size=${roomBytes}`, 'small', '/run/small');
    copyFileSync(guest.diskPath, join(lab.sharedFolder, 'small.qcow2'));
    await host.run('cp', join(lab.sharedFolder, 'small.qcow2'), '/run/small/disk.qcow2');
    domain = await call(libvirt.defineDomain, { xml: guest.xml.replaceAll(guest.diskPath, '/run/small/disk.qcow2') });
    await call(libvirt.startDomain, { domain });
    await guest.waitHttp();
  });

  it('without room on its disk is paused, and goes on when there is room', async () => {
    await guest.load({ disk: 4096 });
    await eventually(() => namesOf(events.unix, guest.uuid).includes('SUSPENDED/IOERROR'), 'the I/O error', 60_000);
    expect(await stateNames()).toEqual(['PAUSED', 'IOERROR']);
    const error = events.unix.find((event) => event.kind === 'ioError' && event.domain.uuid === guest.uuid);
    expect(error).toMatchObject({ sourcePath: '/run/small/disk.qcow2', deviceAlias: 'virtio-disk0', action: 'PAUSE', reason: 'enospc' });
    const errors = await call(libvirt.getDomainDiskErrors, { domain });
    expect(errors).toEqual([{ disk: 'vda', error: libvirt.DiskError.NO_SPACE }]);
    await host.run('mount', '-o', 'remount,size=256m', '/run/small');
    await call(libvirt.resumeDomain, { domain });
    await guest.waitHttp();
    expect(await stateNames()).toEqual(['RUNNING', 'UNPAUSED']);
    await guest.load({ disk: 0 });
    await allSaw(guest.uuid, 'RESUMED/UNPAUSED');
  });

  it('that does not feed its watchdog is paused by it', async () => {
    await guest.fault('watchdog-stop');
    await eventually(() => namesOf(events.unix, guest.uuid).includes('SUSPENDED/WATCHDOG'), 'the watchdog', 60_000);
    expect(await stateNames()).toEqual(['PAUSED', 'WATCHDOG']);
    expect(events.unix.filter((event) => event.kind === 'watchdog')).toMatchObject([{ domain: { name: 'trouble' }, action: 'PAUSE' }]);
    await call(libvirt.destroyDomain, { domain });
    await allSaw(guest.uuid, 'STOPPED/DESTROYED');
  });
});
