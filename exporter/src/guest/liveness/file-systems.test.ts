import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuestError } from '../error.ts';
import { damage, damages } from '../processes/testing/damage.ts';
import { createFileSystemReader } from './file-systems.ts';
import { createFakeMounts } from './testing/fake-mounts.ts';

const KERNEL_MOUNT = 1 << 22;
const EXT4_USE = { totalBytes: 940 * 4096, freeBytes: 490 * 4096, availableBytes: 420 * 4096, files: 200, freeFiles: 150 };

describe('use of mounted file systems', () => {
  it.each<[number, 'list' | 'chain']>([
    [1, 'list'],
    [2, 'chain'],
    [3, 'list'],
  ])('is read of ext4 and tmpfs (layout %i, mounts in a %s)', (seed, links) => {
    const guest = createFakeMounts(seed, links);
    guest.add({ type: 'ext4', device: '/dev/vda', info: guest.ext4(500) });
    guest.add({ type: 'tmpfs', device: 'tmpfs', blockDevice: false, mountpoint: guest.dentry('/run'), info: guest.tmpfs(100, 25) });
    guest.add({ type: 'xfs', device: '/dev/vdb', mountpoint: guest.dentry('/data'), flags: 1 });
    expect(createFileSystemReader(guest.kernel).read()).toEqual([
      { mountpoint: '/', device: '/dev/vda', type: 'ext4', readOnly: false, use: EXT4_USE, unknown: null },
      {
        mountpoint: '/run', device: 'tmpfs', type: 'tmpfs', readOnly: false, unknown: null,
        use: { totalBytes: 100 * 4096, freeBytes: 75 * 4096, availableBytes: 75 * 4096, files: null, freeFiles: null },
      },
      { mountpoint: '/data', device: '/dev/vdb', type: 'xfs', readOnly: true, use: null, unknown: 'type-not-supported' },
    ]);
  });

  it('leaves out what cannot fill up and what is mounted nowhere', () => {
    const guest = createFakeMounts();
    guest.add({ type: 'proc', device: 'proc', blockDevice: false });
    guest.add({ type: 'tmpfs', device: 'shm', blockDevice: false, info: guest.tmpfs(0, 5) });
    guest.add({ type: 'tmpfs', device: 'internal', blockDevice: false, flags: KERNEL_MOUNT, info: guest.tmpfs(100, 5) });
    guest.add({ type: 'ext4', device: '/dev/vdc', elsewhere: true, info: guest.ext4(1) });
    expect(createFileSystemReader(guest.kernel).read()).toEqual([]);
  });

  it('is unknown where the numbers are impossible, or the module tells nothing', () => {
    const guest = createFakeMounts();
    guest.add({ type: 'ext4', device: '/dev/vda', info: guest.ext4(5000) });
    guest.add({ type: 'ext4', device: '/dev/vdb', info: 0x1234n });
    const noTypes = createFakeMounts();
    noTypes.add({ type: 'ext4', device: '/dev/vda', info: noTypes.ext4(500) });
    noTypes.kernel.undefine('ext4_sb_info');
    expect(createFileSystemReader(guest.kernel).read().map(({ use, unknown }) => [use, unknown])).toEqual([[null, 'unreadable'], [null, 'unreadable']]);
    expect(createFileSystemReader(noTypes.kernel).read()).toMatchObject([{ use: null, unknown: 'no-types' }]);
  });

  it('ends within the reads and the time that it may take', () => {
    const guest = createFakeMounts();
    for (let index = 0; index < 50; index++) guest.add({ type: 'ext4', device: '/dev/vda', info: guest.ext4(500) });
    const refused = expect.objectContaining({ reason: 'inconsistent' }) as unknown;
    expect(() => createFileSystemReader(guest.kernel, { maxReads: 100 }).read()).toThrow(refused);
    expect(() => createFileSystemReader(guest.kernel, { maxMilliseconds: -1 }).read()).toThrow(refused);
    expect(createFileSystemReader(guest.kernel).read()).toHaveLength(50);
  });

  it('is never above the size, whatever is in the memory, and always ends', () => {
    let read = 0;
    fc.assert(
      fc.property(damages, (changes) => {
        const guest = createFakeMounts();
        guest.add({ type: 'ext4', device: '/dev/vda', info: guest.ext4(500) });
        guest.add({ type: 'tmpfs', device: 'tmpfs', blockDevice: false, mountpoint: guest.dentry('/run'), info: guest.tmpfs(100, 25) });
        damage(guest.kernel, changes.slice(0, 6));
        guest.kernel.reads = 0;
        try {
          for (const { use } of createFileSystemReader(guest.kernel).read()) {
            if (use === null) continue;
            expect(use.availableBytes).toBeLessThanOrEqual(use.freeBytes);
            expect(use.freeFiles ?? 0).toBeLessThanOrEqual(use.files ?? 0);
            expect(use.availableBytes).toBeGreaterThanOrEqual(0);
          }
          read += 1;
        } catch (error) {
          if (!(error instanceof GuestError)) throw error;
        }
        expect(guest.kernel.reads).toBeLessThan(200_010);
      }),
      { numRuns: 200 },
    );
    expect(read).toBeGreaterThan(20);
  });
});
