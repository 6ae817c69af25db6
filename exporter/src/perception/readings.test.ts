import { describe, expect, it } from 'vitest';
import { StatsFlag } from '../libvirt/index.ts';
import type { Caller, Parameters } from '../libvirt/index.ts';
import { readDomains, readingOf } from './readings.ts';

const PARAMS: Parameters = {
  'state.state': 1, 'cpu.time': 3_180_000_000, 'balloon.available': 66_116, 'balloon.unused': 36_612, 'balloon.rss': 223_136, 'balloon.swap_in': 0,
  'vcpu.maximum': 4, 'vcpu.0.delay': 30, 'vcpu.3.delay': 4,
  'net.count': 2, 'net.0.rx.bytes': 1308, 'net.1.rx.bytes': 2,
  'block.count': 3, 'block.0.rd.bytes': 5, 'block.0.allocation': 9, 'block.0.capacity': 100, 'block.1.allocation': 8, 'block.1.capacity': 10,
};

describe('readingOf', () => {
  it('sums devices, takes the fullest disk, turns KiB into bytes', () => {
    expect(readingOf(PARAMS, 7)).toMatchObject({
      atMs: 7, running: true, cpuNanoseconds: 3_180_000_000, memoryTotalBytes: 66_116 * 1024, memoryRssBytes: 223_136 * 1024, swapInBytes: 0,
      vcpuDelayNanoseconds: 34, receivedBytes: 1310, readBytes: 5, diskAllocatedBytes: 8, diskCapacityBytes: 10,
    });
  });
  it('knows nothing where libvirt says nothing, or nonsense', () => {
    const nonsense: Parameters = { 'cpu.time': -1, 'balloon.rss': Number.NaN, 'net.count': 1e9, 'block.count': '3', 'balloon.unused': 2 ** 53, 'vcpu.current': true };
    const { atMs, running, ...numbers } = readingOf(nonsense, 7);
    expect([atMs, running]).toEqual([7, false]);
    expect(new Set(Object.values(numbers))).toEqual(new Set([null]));
  });
  it('looks at no more devices than a domain can have, whatever their count says', () => {
    let asked = 0;
    const params = new Proxy<Parameters>({ 'net.count': 4_000_000_000, 'block.count': 4_000_000_000, 'net.7.rx.bytes': 3 }, {
      get: (target, name) => {
        asked++;
        return target[name as string];
      },
    });
    expect(readingOf(params, 7).receivedBytes).toBe(3);
    expect(asked).toBeLessThan(20_000);
  });
});

interface Asked {
  groups: number;
  flags: number;
  domains: { uuid: string }[];
}

/** A host with running domains and one that is shut off. */
function hostOf(running: number, fails: (asked: Asked) => boolean = () => false) {
  const calls: [Asked, unknown][] = [];
  const known = [...Array.from({ length: running }, (_, n) => [`u${n}`, PARAMS] as const), ['off', { 'state.state': 5 }] as const];
  const call = (_call: unknown, asked: Asked, options: unknown): Promise<unknown> => {
    calls.push([asked, options]);
    if (fails(asked)) return Promise.reject(new Error('no answer'));
    const wanted = asked.domains.length === 0 ? known : known.filter(([uuid]) => asked.domains.some((domain) => domain.uuid === uuid));
    return Promise.resolve(wanted.map(([uuid, params]) => ({ domain: { uuid, name: 'n', id: 1 }, params })));
  };
  return { caller: { call } as unknown as Caller, calls };
}

describe('readDomains', () => {
  it('asks once, without waiting for monitors, within the deadline', async () => {
    const { caller, calls } = hostOf(2);
    const readings = await readDomains(caller, { deadlineMs: 900, nowMs: () => 5, expected: 100 });
    expect(calls).toMatchObject([[{ flags: StatsFlag.NOWAIT, domains: [] }, { deadlineMs: 900 }]]);
    expect([...readings.keys()]).toEqual(['u0', 'u1', 'off']);
    expect([readings.get('u1'), readings.get('off')?.running]).toEqual([readingOf(PARAMS, 5), false]);
  });

  it('asks a large host in parts; those that do not answer are there, but tell nothing', async () => {
    const { caller, calls } = hostOf(250, ({ domains }) => domains.some(({ uuid }) => uuid === 'u120'));
    const readings = await readDomains(caller, { deadlineMs: 900, nowMs: () => 5, expected: 101 });
    expect(calls.map(([{ domains }]) => domains.length)).toEqual([0, 100, 100, 50]);
    expect([readings.size, readings.get('u0'), readings.get('u199'), readings.get('u200'), readings.get('off')?.running]).toEqual([251, readingOf(PARAMS, 5), null, readingOf(PARAMS, 5), false]);
  });

  it('rejects when the host tells nothing', async () => {
    await expect(readDomains(hostOf(2, () => true).caller, { deadlineMs: 1 })).rejects.toThrow('no answer');
  });
});
