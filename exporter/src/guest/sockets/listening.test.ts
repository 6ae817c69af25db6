import { describe, expect, it } from 'vitest';
import { createProcessLister } from '../processes/list.ts';
import { createFakeGuest, type FakeGuest, type FakeSocket } from '../processes/testing/fake-guest.ts';
import { createListeningSocketReader, type ListeningSocketOptions } from './listening.ts';
import type { ListeningSockets } from './listening-socket.ts';

const HTTP: FakeSocket = { family: 2, port: 80, backlog: 2, maxBacklog: 511, address: Uint8Array.of(0, 0, 0, 0) };

function socketsOf(guest: FakeGuest, options?: ListeningSocketOptions): ListeningSockets {
  const task = createProcessLister(guest.kernel).list().tasks.get(5);
  if (task === undefined) throw new Error('process 5 is not listed');
  return createListeningSocketReader(guest.kernel, options).read(task);
}

function guestWith(descriptors?: (FakeSocket | null)[], seed = 1): FakeGuest {
  const guest = createFakeGuest(seed);
  guest.add({ pid: 5, pages: [1, 1, 0, 0], ...(descriptors === undefined ? {} : { descriptors }) });
  return guest;
}

describe('listening sockets of a process', () => {
  it.each([1, 2, 3])('are read with their backlogs (layout %i)', (seed) => {
    const ipv6: FakeSocket = { family: 10, port: 8000, backlog: 0, maxBacklog: 4096, address: Buffer.from('00000000000000000000000000000001', 'hex') };
    expect(socketsOf(guestWith([null, HTTP, null, ipv6], seed))).toEqual({
      sockets: [
        { descriptor: 1, protocol: 'tcp4', address: '0.0.0.0', port: 80, backlog: 2, maxBacklog: 511, networkNamespace: 4_026_531_840 },
        { descriptor: 3, protocol: 'tcp6', address: '::1', port: 8000, backlog: 0, maxBacklog: 4096, networkNamespace: 4_026_531_840 },
      ],
      incomplete: false,
    });
  });

  it('are TCP and listening', () => {
    const connected = { ...HTTP, state: 1 };
    const datagram = { ...HTTP, type: 2, protocol: 17 };
    const sctp = { ...HTTP, protocol: 132 };
    const multipath = { ...HTTP, protocol: 262, port: 443 };
    const { sockets } = socketsOf(guestWith([connected, datagram, sctp, multipath]));
    expect(sockets.map(({ port }) => port)).toEqual([443]);
  });

  it('are none of a process without descriptors', () => {
    expect(socketsOf(guestWith())).toEqual({ sockets: [], incomplete: false });
  });

  it('are said to be incomplete beyond the limit', () => {
    const guest = guestWith([...Array.from({ length: 1100 }, () => null), HTTP]);
    expect(socketsOf(guest)).toMatchObject({ incomplete: false, sockets: [{ port: 80, descriptor: 1100 }] });
    expect(socketsOf(guest, { maxDescriptors: 1000 })).toEqual({ sockets: [], incomplete: true });
  });

  it('are said to be incomplete where a socket is no longer that of its file', () => {
    const guest = guestWith([HTTP]);
    const read = guest.kernel.read;
    guest.kernel.read = (address, into, offset, length) => {
      const done = read(address, into, offset, length);
      // struct socket: its file is another by now.
      const file = guest.kernel.offsetOf('socket', 'file');
      const sk = guest.kernel.offsetOf('socket', 'sk');
      if (length === Math.max(file, sk) + 8 - Math.min(file, sk)) into.writeBigUInt64LE(0xffff_8880_0000_1000n, (offset ?? 0) + file - Math.min(file, sk));
      return done;
    };
    expect(socketsOf(guest)).toEqual({ sockets: [], incomplete: true });
  });

  it.each(['files', 'start_boottime', 'pid'])('are unknown of a process that ended meanwhile (another %s)', (member) => {
    const guest = guestWith([HTTP]);
    const task = createProcessLister(guest.kernel).list().tasks.get(5);
    if (task === undefined) throw new Error('process 5 is not listed');
    const reader = createListeningSocketReader(guest.kernel);
    expect(reader.read(task).sockets).toHaveLength(1);
    guest.kernel.set('task_struct', task.address, member, 0xffff_8880_7000_0000n);
    expect(reader.read(task)).toEqual({ sockets: [], incomplete: true });
  });

  it('are unknown where the table cannot be read', () => {
    const guest = guestWith([HTTP]);
    const task = createProcessLister(guest.kernel).list().tasks.get(5);
    if (task === undefined) throw new Error('process 5 is not listed');
    const reader = createListeningSocketReader(guest.kernel);
    for (const files of [1n, 0xffff_8880_7fff_0000n]) expect(reader.read({ ...task, files })).toEqual({ sockets: [], incomplete: true });
  });
});
