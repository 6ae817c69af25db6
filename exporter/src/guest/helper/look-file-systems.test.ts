import { describe, expect, it } from 'vitest';
import { createFakeMounts } from '../liveness/testing/fake-mounts.ts';
import { createFileSystemLook } from './look-file-systems.ts';

/** A busy machine is no fault of a guest. */
const WITHOUT_HURRY_MS = 60_000;

describe('file systems of a look', () => {
  it('are read anew after five seconds', () => {
    const guest = createFakeMounts();
    let nowMs = 0;
    const look = createFileSystemLook(guest.kernel, () => nowMs, WITHOUT_HURRY_MS);
    guest.add({ type: 'ext4', device: '/dev/vda', info: guest.ext4(500) });
    expect(look()).toHaveLength(1);
    guest.add({ type: 'ext4', device: '/dev/vdb', mountpoint: guest.dentry('/data'), info: guest.ext4(500) });
    nowMs = 4999;
    expect(look()).toHaveLength(1);
    nowMs = 5000;
    expect(look()).toHaveLength(2);
  });

  it('are not tried at every look where they cannot be read, and never taken for the ones before', () => {
    const guest = createFakeMounts();
    let nowMs = 0;
    const look = createFileSystemLook(guest.kernel, () => nowMs, WITHOUT_HURRY_MS);
    guest.add({ type: 'ext4', device: '/dev/vda', info: guest.ext4(500) });
    expect(look()).toHaveLength(1);
    guest.kernel.verified = false;
    nowMs = 5000;
    expect(look()).toBeNull();
    guest.kernel.verified = true;
    nowMs = 9000;
    expect(look()).toBeNull();
    nowMs = 10_000;
    expect(look()).toHaveLength(1);
  });

  it('are at most 256, with short names', () => {
    const guest = createFakeMounts();
    const long = guest.dentry(`/${Array.from({ length: 3 }, () => 'x'.repeat(200)).join('/')}`);
    const info = guest.tmpfs(100, 5);
    for (let index = 0; index < 300; index++) guest.add({ type: 'tmpfs', device: 'd'.repeat(500), blockDevice: false, mountpoint: long, info });
    const found = createFileSystemLook(guest.kernel, () => 0, WITHOUT_HURRY_MS)() ?? [];
    expect(found).toHaveLength(256);
    expect([found[0]?.mountpoint.length, found[0]?.device.length]).toEqual([256, 256]);
  });

  it('are unknown where this kernel has none that can be read', () => {
    const guest = createFakeMounts();
    guest.kernel.symbols.delete('super_blocks');
    expect(createFileSystemLook(guest.kernel, () => 0, WITHOUT_HURRY_MS)()).toBeNull();
  });
});
