import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GuestError } from '../error.ts';
import { createListeningSocketReader } from '../sockets/listening.ts';
import { createProcessLister } from './list.ts';
import type { GuestProcess } from './process.ts';
import { damage, damages } from './testing/damage.ts';
import { createFakeGuest, type FakeGuest } from './testing/fake-guest.ts';

const MAXIMUM_READS = 20_000;

function guestWithEverything(): FakeGuest {
  const guest = createFakeGuest(7, 'per-cpu');
  const pages: [number, number, number, number] = [5, 5, 0, 1];
  const init = guest.add({ pid: 1, name: 'systemd', pages, arguments: '/sbin/init\0', executable: '/usr/lib/systemd/systemd', cgroup: '/init.scope' });
  guest.add({ pid: 2, name: 'kthreadd', cgroup: '/' });
  const socket = { family: 2, port: 80, backlog: 3, address: Uint8Array.of(127, 0, 0, 1) } as const;
  const web = { parent: init, pages, executable: '/srv/web/bin/server', cgroup: '/system.slice/web.service' };
  guest.add({ ...web, pid: 10, arguments: 'server\0--port\x0080\0', threads: [{}, {}], descriptors: [null, socket, { family: 10, port: 81 }] });
  guest.add({ ...web, pid: 11, arguments: 'server: worker', environment: ' 1\0\0', namespacePids: [11, 2], cgroup: '/', cgroup1: '/system.slice/web.service' });
  return guest;
}

function expectPlausible(process: GuestProcess): void {
  expect(process.pid).toBeGreaterThan(0);
  expect(process.pid).toBeLessThanOrEqual(4_194_304);
  expect('RSDTtXZPI').toContain(process.state);
  expect(process.threads).toBeGreaterThanOrEqual(1);
  expect(process.name.length).toBeLessThanOrEqual(16);
  if (process.residentBytes !== null) expect(process.residentBytes).toBeGreaterThanOrEqual(0);
  expect(process.executable ?? '/').toMatch(/^\//);
  expect(process.cgroup ?? '/').toMatch(/^\//);
  expect((process.commandLine ?? []).join(' ').length).toBeLessThanOrEqual(4096);
  expect((process.executable ?? '').length).toBeLessThanOrEqual(4096);
  expect(process.namespacePids[0]).toBe(process.pid);
  expect(process.namespacePids.length).toBeLessThanOrEqual(33);
}

it('lists something plausible or refuses, whatever is in the memory, and always ends', () => {
  const outcomes = { listed: 0, refused: 0 };
  fc.assert(
    fc.property(damages, (changes) => {
      const guest = guestWithEverything();
      damage(guest.kernel, changes);
      guest.kernel.reads = 0;
      try {
        const { processes, tasks } = createProcessLister(guest.kernel, { maxReads: MAXIMUM_READS }).list();
        processes.forEach(expectPlausible);
        const reader = createListeningSocketReader(guest.kernel, { maxReads: MAXIMUM_READS });
        for (const task of tasks.values()) {
          for (const socket of reader.read(task).sockets) expect(socket.port).toBeLessThan(65_536);
        }
        outcomes.listed += 1;
      } catch (error) {
        if (!(error instanceof GuestError)) throw error;
        outcomes.refused += 1;
      }
      expect(guest.kernel.reads).toBeLessThanOrEqual(2 * MAXIMUM_READS + 2);
    }),
    { numRuns: 600 },
  );
  // Both kinds of outcome came up, else the damage is too weak or too strong to test anything.
  expect(outcomes.listed).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(20);
});

it('finds the guest whole before it is damaged', () => {
  const guest = guestWithEverything();
  const { processes, tasks } = createProcessLister(guest.kernel).list();
  expect(processes.map(({ pid, unit }) => [pid, unit])).toEqual([[1, 'init.scope'], [2, null], [10, 'web.service'], [11, 'web.service']]);
  const task = tasks.get(10);
  expect(task && createListeningSocketReader(guest.kernel).read(task).sockets.map(({ port }) => port)).toEqual([80, 81]);
});
