/** Live migration between two real libvirtds that reach each other over the network. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startLab } from '../../../test/lab/lab.ts';
import type { Guest, Lab } from '../../../test/lab/lab.ts';
import { waitUntil } from '../../../test/lab/wait-until.ts';
import type { Connection } from '../libvirt/index.ts';
import { defineDomain, openConnection } from '../libvirt/index.ts';
import type { ActionContext } from './action.ts';
import type { Hypervisor } from './hypervisor.ts';
import { libvirtHypervisor } from './libvirt-hypervisor.ts';
import { migrate } from './migrate.ts';

const VERIFY_MS = 1000;
/** As in migrate.ts: kept for ending and looking. */
const CLEANUP_MS = 10_000;

let lab: Lab;
let connections: Connection[] = [];
let source: Hypervisor;
let target: Hypervisor;
const guests: Guest[] = [];

beforeAll(async () => {
  lab = await startLab({ hosts: 2, name: 'migrate' });
  connections = await Promise.all(lab.hosts.map((host) => openConnection({ uri: host.unixUri })));
  [source, target] = connections.map((connection) => libvirtHypervisor(connection)) as [Hypervisor, Hypervisor];
});
afterEach(async () => {
  await Promise.all(guests.splice(0).flatMap((guest) => lab.hosts.map((host) => guest.on(host).remove())));
});
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await lab?.down();
});

/** The folder of the lab's disks is one folder of one machine, which libvirt does not take for shared storage. */
async function guest(name: string, withDisk: boolean): Promise<Guest> {
  const made = lab.guest(lab.host(1), { name });
  guests.push(made);
  const xml = withDisk ? made.xml : made.xml.replace(/<disk [^]*?<\/disk>/, '');
  expect(xml.includes('<disk')).toBe(withDisk);
  await (connections[0] as Connection).call(defineDomain, { xml });
  await source.create(made.uuid);
  return made;
}

function contextOf({ uuid, name }: Guest, timeLeftMs: number): ActionContext {
  const never = (): never => {
    throw new Error('not asked in a migration');
  };
  return {
    uuid, name, host: 'h1', desired: 'running', hypervisor: source,
    step: (_name, run) => run(),
    activeElsewhere: never, absentEverywhere: never, savedDefinition: never,
    destination: () => Promise.resolve({ host: 'h2', uri: lab.host(2).tcpUri, hypervisor: target, why: '' }),
    runsOn: async () => ((await target.state(uuid))?.state === 'running' ? 'h2' : null),
    timeLeftMs: () => timeLeftMs,
    verifyMs: VERIFY_MS,
    wait: (delayMs) => sleep(delayMs),
  };
}

test('a running domain moves with its definition, and is gone from where it was', async () => {
  const vm = await guest('mover', false);
  expect(await migrate(contextOf(vm, 120_000))).toEqual({ host: 'h2' });
  expect(await source.state(vm.uuid)).toBeNull();
  expect(await target.state(vm.uuid)).toEqual({ state: 'running', reason: 'migrated', persistent: true });
});

test('one that takes too long is ended, and the domain runs on where it was', async () => {
  const vm = await guest('slow', false);
  await lab.host(1).virsh('migrate-setspeed', vm.name, '1');
  await expect(migrate(contextOf(vm, VERIFY_MS + CLEANUP_MS + 1500))).rejects.toMatchObject({ kind: 'timed_out' });
  expect(await source.state(vm.uuid)).toMatchObject({ state: 'running', persistent: true });
  await waitUntil('nothing is left at the destination', async () => ((await target.state(vm.uuid)) === null ? true : undefined), { deadlineMs: 30_000 });
  expect(await source.hasJob(vm.uuid)).toBe(false);
});

test('one that somebody has begun already is waited for, not begun again', async () => {
  const vm = await guest('busy', false);
  await lab.host(1).virsh('migrate-setspeed', vm.name, '20');
  const byHand = lab.host(1).virsh('migrate', '--live', '--p2p', '--persistent', '--undefinesource', vm.name, lab.host(2).tcpUri);
  await waitUntil('the job', async () => ((await source.hasJob(vm.uuid)) ? true : undefined), { deadlineMs: 30_000, intervalMs: 2 });
  expect(await migrate(contextOf(vm, 120_000))).toEqual({ host: 'h2' });
  await byHand;
  expect(await target.state(vm.uuid)).toMatchObject({ state: 'running' });
});

test('without shared storage libvirt refuses, and nothing has happened', async () => {
  const vm = await guest('local', true);
  await expect(migrate(contextOf(vm, 120_000))).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/without shared storage|[Uu]nsafe/) as string });
  expect(await source.state(vm.uuid)).toMatchObject({ state: 'running' });
  expect(await target.state(vm.uuid)).toBeNull();
});

test('memory is that of host and domain', async () => {
  const vm = await guest('sized', false);
  expect(await source.domainMemoryBytes(vm.uuid)).toBe(128 * 2 ** 20);
  expect(await target.availableMemoryBytes()).toBeGreaterThan(2 ** 20);
});
