import { describe, expect, it } from 'vitest';
import type { Parameters } from '../../../exporter/src/libvirt/index.ts';
import { readingOf } from './read-domains.ts';
import { merge } from './sampler.ts';

const params: Parameters = {
  'state.state': 1, 'cpu.time': 3_180_000_000, 'balloon.available': 66_116, 'balloon.unused': 36_612, 'balloon.rss': 223_136, 'balloon.swap_in': 0,
  'net.count': 2, 'net.0.rx.bytes': 1308, 'net.1.rx.bytes': 2,
  'block.count': 3, 'block.0.rd.bytes': 5, 'block.0.allocation': 9, 'block.0.capacity': 100, 'block.1.allocation': 8, 'block.1.capacity': 10,
};

describe('readingOf', () => {
  it('sums devices, takes the fullest disk, turns KiB into bytes', () => {
    expect(readingOf(params, 7)).toMatchObject({
      atMs: 7, running: true, cpuNanoseconds: 3_180_000_000, memoryTotalBytes: 66_116 * 1024, memoryRssBytes: 223_136 * 1024, swapInBytes: 0,
      receivedBytes: 1310, readBytes: 5, diskAllocatedBytes: 8, diskCapacityBytes: 10,
    });
  });
  it('knows nothing where libvirt says nothing, or nonsense', () => {
    const nonsense: Parameters = { 'cpu.time': -1, 'balloon.rss': Number.NaN, 'net.count': 1e9, 'block.count': '3', 'balloon.unused': 2 ** 53, 'vcpu.current': true };
    const { atMs, running, ...numbers } = readingOf(nonsense, 7);
    expect([atMs, running]).toEqual([7, false]);
    expect(new Set(Object.values(numbers))).toEqual(new Set([null]));
  });
});

describe('merge', () => {
  it('takes a domain that two hosts know from where it runs', () => {
    const [here, there] = [readingOf(params, 1), { ...readingOf(params, 2), running: false }];
    for (const answers of [[new Map([['u', here]]), new Map([['u', there]])], [new Map([['u', there]]), new Map([['u', here]])]]) {
      expect(merge(answers).get('u')).toBe(here);
    }
  });
});
