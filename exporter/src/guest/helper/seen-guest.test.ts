import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldError } from './fields.ts';
import { seenGuest } from './seen-guest.ts';

const LIVENESS = {
  jiffies: '18446744073709551615', jiffiesPerSecond: 250, systemState: 'running', panicked: false, panicCpu: null, oopsInProgress: false, oopses: 0,
  tainted: '512', load: [0, 0, 0], threads: 70, forks: null, clock: { uptimeSeconds: 12.5, wallSeconds: 1, bootTimeSeconds: 0 }, memory: null,
};
const LOOK = { version: 1, boot: 'a'.repeat(64), release: '6.1.0', banner: 'Linux version 6.1.0', processes: [{ pid: 1 }], sockets: { listening: [{ pid: 1, port: 80 }], incomplete: false }, liveness: LIVENESS };

describe('seenGuest', () => {
  it('has numbers again where JSON has text', () => {
    const seen = seenGuest(JSON.parse(JSON.stringify(LOOK)));
    expect(seen).toMatchObject({ boot: LOOK.boot, processes: [{ pid: 1 }], sockets: { sockets: [{ port: 80 }], incomplete: false } });
    expect(seen.liveness).toMatchObject({ jiffies: 2n ** 64n - 1n, tainted: 512n, forks: null, uptimeSeconds: 12.5 });
  });

  it('leaves unknown what is unknown, and takes members of later versions', () => {
    expect(seenGuest({ ...LOOK, sockets: null, liveness: null, later: 1 })).toMatchObject({ sockets: null, liveness: null });
    expect(seenGuest({ ...LOOK, liveness: { ...LIVENESS, clock: null } }).liveness?.uptimeSeconds).toBeNull();
  });

  const MOUNTED = { mountpoint: '/', device: '/dev/vda', type: 'ext4', readOnly: false, use: { totalBytes: 10, freeBytes: 5, availableBytes: 4, files: 3, freeFiles: 2 }, unknown: null };

  it('has file systems, and those whose use is not known', () => {
    const xfs = { ...MOUNTED, mountpoint: '/data', type: 'xfs', use: null, unknown: 'type-not-supported' };
    const tmpfs = { ...MOUNTED, type: 'tmpfs', use: { ...MOUNTED.use, files: null, freeFiles: null } };
    expect(seenGuest({ ...LOOK, fileSystems: [MOUNTED, xfs, tmpfs] }).fileSystems).toEqual([MOUNTED, xfs, tmpfs]);
    expect(seenGuest({ ...LOOK, fileSystems: [{ ...xfs, unknown: 'of a later version' }] }).fileSystems).toEqual([{ ...xfs, unknown: 'unreadable' }]);
    expect([seenGuest({ ...LOOK, fileSystems: null }).fileSystems, seenGuest(LOOK).fileSystems]).toEqual([null, null]);
  });

  it('clears and shortens names of mounts', () => {
    const [named] = seenGuest({ ...LOOK, fileSystems: [{ ...MOUNTED, mountpoint: `/a\u001b[31m\n\u202e${'x'.repeat(4000)}`, type: 'e\u0000' }] }).fileSystems ?? [];
    expect(named?.mountpoint).toMatch(/^\/a\uFFFD\[31m\uFFFD\uFFFDx+$/);
    expect([named?.mountpoint.length, named?.type]).toEqual([256, 'e\uFFFD']);
  });

  it.each([
    ['no use', { use: undefined }],
    ['a use that is no number', { use: { ...MOUNTED.use, totalBytes: '1' } }],
    ['a negative use', { use: { ...MOUNTED.use, freeBytes: -1 } }],
    ['files without end', { use: { ...MOUNTED.use, files: Infinity } }],
    ['no mountpoint', { mountpoint: null }],
  ])('refuses a file system with %s', (_what, given) => {
    expect(() => seenGuest({ ...LOOK, fileSystems: [{ ...MOUNTED, ...given }] })).toThrow(FieldError);
  });

  it.each([
    ['no object', null],
    ['a later version', { ...LOOK, version: 2 }],
    ['no processes', { ...LOOK, processes: undefined }],
    ['a boot that is no hash', { ...LOOK, boot: 'x' }],
    ['sockets left out', { ...LOOK, sockets: undefined }],
    ['jiffies as a number', { ...LOOK, liveness: { ...LIVENESS, jiffies: 5 } }],
    ['jiffies that are no number', { ...LOOK, liveness: { ...LIVENESS, jiffies: '0x5' } }],
    ['jiffies too long to be a counter', { ...LOOK, liveness: { ...LIVENESS, jiffies: '9'.repeat(21) } }],
  ])('refuses %s', (_what, value) => {
    expect(() => seenGuest(value)).toThrow(FieldError);
  });

  it('refuses anything else with the same error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => seenGuest(value)).toThrow(FieldError);
      }),
    );
  });
});
