import { expect, it } from 'vitest';
import { parseDiskStats, parseNetDev, readHostDevices } from './host-devices.ts';

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
  expect(parseDiskStats(names.map(line).join(''))).toEqual(['sda', 'nvme0n1', 'vdb', 'dm-0', 'mmcblk0'].map((device) => ({ device, in: 10_240, out: 15_360 })));
});

it('reads this machine', async () => {
  const { network, disks } = await readHostDevices();
  for (const { in: into, out } of [...network, ...disks]) expect([Number.isSafeInteger(into), Number.isSafeInteger(out)]).toEqual([true, true]);
});
