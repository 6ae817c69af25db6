import { describe, expect, it } from 'vitest';
import type { Caller } from '../libvirt/index.ts';
import { hostRatesBetween } from '../prediction/observation/host-rates.ts';
import { hostReadingOf, readFullestPool, readHost } from './host-readings.ts';
import type { HostParts } from './host-readings.ts';

const PARTS: HostParts = {
  cpu: { kernel: 1e9, user: 2e9, idle: 3e9, iowait: 4e9 },
  memory: { total: 1000, free: 200, buffers: 30, cached: 40 },
  devices: {
    network: [{ device: 'eth0', in: 10, out: 20 }, { device: 'eth1', in: 1, out: 2 }],
    disks: [{ device: 'sda', in: 512, out: 1024, reads: 1, writes: 2, readMs: 3, writeMs: 4 }, { device: 'sdb', in: 1, out: 2, reads: 10, writes: 20, readMs: 30, writeMs: 40 }],
  },
  pool: { allocatedBytes: 5, capacityBytes: 50 },
};

describe('hostReadingOf', () => {
  it('sums devices, and turns KiB into bytes', () => {
    expect(hostReadingOf(PARTS, 7)).toEqual({
      atMs: 7,
      kernelNanoseconds: 1e9, userNanoseconds: 2e9, interruptNanoseconds: 0, idleNanoseconds: 3e9, ioWaitNanoseconds: 4e9,
      memoryTotalBytes: 1_024_000, memoryFreeBytes: 204_800, memoryBuffersBytes: 30_720, memoryCachedBytes: 40_960,
      receivedBytes: 11, transmittedBytes: 22,
      readBytes: 513, writtenBytes: 1026, readRequests: 11, writeRequests: 22, readNanoseconds: 33e6, writeNanoseconds: 44e6,
      poolAllocatedBytes: 5, poolCapacityBytes: 50,
    });
  });

  it('gives a usable share of the processors although Linux tells of four modes only', () => {
    const before = hostReadingOf(PARTS, 0)!;
    const after = hostReadingOf({ ...PARTS, cpu: { kernel: 2e9, user: 3e9, idle: 9e9, iowait: 4e9 } }, 10_000)!;
    expect(hostRatesBetween(before, after, { shortestSeconds: 1, longestSeconds: 60 }).values.cpuRatio).toBe(0.25);
  });

  it('knows nothing of what is not told, or is nonsense', () => {
    const reading = hostReadingOf({ cpu: { kernel: -1, user: Number.NaN, idle: 2 ** 60 }, memory: {}, devices: { network: [], disks: [] }, pool: null }, 7)!;
    const { atMs, ...numbers } = reading;
    expect([atMs, new Set(Object.values(numbers))]).toEqual([7, new Set([null])]);
    expect(hostReadingOf({ ...PARTS, cpu: null, memory: null }, 7)).toBeNull();
  });
});

/** Answers by the name of the call; an error is thrown. */
function caller(answers: Record<string, (args: { pool?: { name: string } }) => unknown>): Caller {
  return {
    call: ({ name }: { name: string }, args: { pool?: { name: string } }) => {
      const value = answers[name]?.(args);
      return value === undefined || value instanceof Error ? Promise.reject(value ?? new Error('not supported')) : Promise.resolve(value);
    },
  } as unknown as Caller;
}

describe('readHost', () => {
  it('keeps what was told when something else was not', async () => {
    const memory = { total: 1 };
    expect(await readHost(caller({ nodeGetMemoryStats: () => ({ fields: memory, available: 1 }) }), { isLocal: false })).toEqual({ cpu: null, memory, devices: null });
  });

  it('reads the devices of this machine', async () => {
    const { devices } = await readHost(caller({}), { isLocal: true });
    for (const { device, in: into } of devices?.disks ?? []) expect([device, Number.isSafeInteger(into)]).toEqual([device, true]);
    expect(devices).not.toBeNull();
  });
});

describe('readFullestPool', () => {
  const pools = ['empty', 'half', 'broken', 'full'].map((name) => ({ name, uuid: name }));
  const sizes: Record<string, unknown> = {
    empty: { capacityBytes: 0, allocationBytes: 0 },
    half: { capacityBytes: 1000, allocationBytes: 500 },
    broken: new Error('gone'),
    full: { capacityBytes: 10, allocationBytes: 9 },
  };

  it('is that of which the largest share is taken', async () => {
    const answers = { connectListAllStoragePools: () => pools, storagePoolGetInfo: ({ pool }: { pool?: { name: string } }) => sizes[pool?.name ?? ''] };
    expect(await readFullestPool(caller(answers), {})).toEqual({ allocatedBytes: 9, capacityBytes: 10 });
  });

  it('is none where there is none', async () => {
    expect(await readFullestPool(caller({ connectListAllStoragePools: () => [] }), {})).toBeNull();
  });
});
