import { expect, it } from 'vitest';
import { isLocal, parseDiskStats, parseNetDev, physicalOnly, readHostDevices, unstackedOnly } from './host-devices.ts';

it('reads /proc/net/dev without the loopback', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0
  eth0: 123456 100 0 1 0 0 0 0 7890 90 0 0 0 0 0 0
br-lan:55 1 0 0 0 0 0 0 66 1 0 0 0 0 0 0
`;
  expect(parseNetDev(text)).toEqual([
    { device: 'eth0', in: 123_456, out: 7890 },
    { device: 'br-lan', in: 55, out: 66 },
  ]);
});

it('reads whole disks from /proc/diskstats, in bytes', () => {
  const line = (name: string): string => `   8       0 ${name} 100 5 20 40 200 6 30 50 0 60 70 0 0 0 0 0 0\n`;
  const names = ['sda', 'sda1', 'nvme0n1', 'nvme0n1p2', 'vdb', 'dm-0', 'loop3', 'ram0', 'mmcblk0', 'mmcblk0p1', 'sr0'];
  expect(parseDiskStats(names.map(line).join(''))).toEqual(['sda', 'nvme0n1', 'vdb', 'dm-0', 'mmcblk0'].map((device) => ({ device, in: 10_240, out: 15_360, reads: 100, writes: 200, readMs: 40, writeMs: 50 })));
  expect(unstackedOnly(parseDiskStats(names.map(line).join(''))).map(({ device }) => device)).toEqual(['sda', 'nvme0n1', 'vdb', 'mmcblk0']);
});

it('reads this machine', async () => {
  const { network, disks } = await readHostDevices();
  for (const { in: into, out } of [...network, ...disks]) expect([Number.isSafeInteger(into), Number.isSafeInteger(out)]).toEqual([true, true]);
});

it('takes no device for physical that this machine does not have', async () => {
  const { network } = await readHostDevices();
  const physical = await physicalOnly([...network, { device: '../../../etc', in: 1, out: 1 }, { device: 'vnet9999', in: 1, out: 1 }]);
  expect(network).toEqual(expect.arrayContaining(physical));
});

it.each([
  ['qemu:///system', true],
  ['qemu+unix:///system', true],
  ['qemu+unix:///system?socket=/run/forwarded.sock', false],
  ['qemu+tcp://10.0.0.1/system', false],
  ['nonsense', false],
])('takes %s for this machine: %s', (uri, local) => expect(isLocal(uri)).toBe(local));
