import { describe, expect, it } from 'vitest';
import { createFakeGuest, type FakeSocket } from '../processes/testing/fake-guest.ts';
import { createLookReader } from './look.ts';
import { seenGuest } from './seen-guest.ts';

const HTTP: FakeSocket = { family: 2, port: 80, backlog: 2, maxBacklog: 511, address: Uint8Array.of(0, 0, 0, 0) };

/** Real guests are looked at in `cli/guest-helper.lab.test.ts`. */
function guestWith(seed = 1) {
  const guest = createFakeGuest(seed);
  guest.add({ pid: 5, pages: [1, 1, 0, 0], descriptors: [null, HTTP] });
  return guest;
}

describe('a look', () => {
  it('has processes and who listens, and goes through JSON as it is', () => {
    const { kernel } = guestWith();
    const seen = seenGuest(JSON.parse(JSON.stringify(createLookReader(kernel).look())));
    expect(seen.processes.map(({ pid }) => pid)).toContain(5);
    expect(seen.sockets).toEqual({ sockets: [expect.objectContaining({ pid: 5, port: 80, backlog: 2 })], incomplete: false });
    expect([seen.release, seen.banner]).toEqual([kernel.release, kernel.banner]);
  });

  it('leaves out what this kernel does not tell', () => {
    const { kernel } = guestWith();
    kernel.symbols.delete('socket_file_ops');
    const seen = createLookReader(kernel).look();
    expect([seen.sockets, seen.liveness, seen.fileSystems]).toEqual([null, null, null]);
    expect(seen.processes.map(({ pid }) => pid)).toContain(5);
  });

  it('names boots apart', () => {
    const { kernel } = guestWith();
    const reader = createLookReader(kernel);
    const boot = reader.look().boot;
    expect(reader.look().boot).toBe(boot);
    kernel.symbols.set('phys_base', kernel.text('another'));
    expect(createLookReader(kernel).look().boot).not.toBe(boot);
  });

  it('of two boots is none', () => {
    const { kernel } = guestWith();
    const reader = createLookReader(kernel);
    const before = kernel.reads;
    reader.look();
    const last = kernel.reads + (kernel.reads - before);
    // At the end of the look, long after its list.
    kernel.onRead = () => {
      if (kernel.reads >= last - 1) kernel.verified = false;
    };
    expect(() => reader.look()).toThrow(expect.objectContaining({ reason: 'inconsistent' }));
  });
});
