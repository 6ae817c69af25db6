import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ratesBetween } from './rates.ts';
import type { DomainReading } from './reading.ts';
import { SIGNALS } from './signals.ts';
import { freshReading, hostileReading, readingAfter } from './simulated-domain.ts';

const LIMITS = { shortestSeconds: 1, longestSeconds: 15 };
const DOING = { cpuRatio: 0.25, memoryUsedRatio: 0.6, networkBytesPerSecond: 1000, diskBytesPerSecond: 32_768 };

const before: DomainReading = { ...readingAfter(freshReading(1_000_000), 5, DOING), majorFaults: 10, transmittedBytes: 500, readBytes: 4096, readRequests: 1, readNanoseconds: 1e6 };
const after: DomainReading = { ...readingAfter(before, 5, DOING), majorFaults: 20, transmittedBytes: 1000 };

describe('rates', () => {
  it('of an ordinary tick', () => {
    const { intervalSeconds, interruption, values, memorySource } = ratesBetween(before, after, LIMITS);
    expect({ intervalSeconds, interruption, memorySource }).toEqual({ intervalSeconds: 5, interruption: null, memorySource: 'usable' });
    expect(values.cpuRatio).toBeCloseTo(0.25, 9);
    expect(values.memoryUsedRatio).toBeCloseTo(0.6, 9);
    expect(values.majorFaultsPerSecond).toBeCloseTo(2, 9);
    expect(values.networkBytesPerSecond).toBeCloseTo(1100, 9);
    expect(values.diskBytesPerSecond).toBeCloseTo(32_768, 6);
    expect(values.diskRequestsPerSecond).toBeCloseTo(2, 9);
    expect(values.diskRequestSeconds).toBeCloseTo(0.002, 9);
    expect(values.diskFillRatio).toBeCloseTo(0.3, 9);
  });

  it.each([
    ['waiting for a CPU of the host is not resting: of what it got it took all', 3.75e9, 1],
    ['a little, for who wants little', 0.25e9, 0.25 / 0.95],
    ['all the time, and its emulator worked', 5e9, 1],
    ['none', 0, 0.25],
    ['less than before: a virtual CPU was taken away', -1, 0.25],
    ['not told', null, 0.25],
  ])('CPU, waiting: %s', (_, nanoseconds, ratio) => {
    const [delayed, later] = [{ ...before, vcpus: 1, vcpuDelayNanoseconds: 1e9 }, { ...after, vcpus: 1 }];
    later.cpuNanoseconds = delayed.cpuNanoseconds! + 1.25e9;
    const { values, interruption } = ratesBetween(delayed, { ...later, vcpuDelayNanoseconds: nanoseconds === null ? null : 1e9 + nanoseconds }, LIMITS);
    expect(interruption).toBeNull();
    expect(values.cpuRatio).toBeCloseTo(ratio, 9);
  });

  it('without requests there is no latency, and it is not 0', () => {
    const { values } = ratesBetween(before, { ...before, atMs: before.atMs + 5000 }, LIMITS);
    expect([values.diskRequestsPerSecond, values.diskRequestSeconds]).toEqual([0, null]);
  });

  it.each([
    ['usable', {}, 0.6],
    ['unused', { memoryUsableBytes: null }, 0.75],
    ['resident', { memoryUsableBytes: null, memoryUnusedBytes: null }, 1],
    [null, { memoryTotalBytes: null }, null],
    [null, { memoryTotalBytes: 0 }, null],
  ])('memory by %s', (source, change, ratio) => {
    const { memorySource, values } = ratesBetween(before, { ...after, ...change }, LIMITS);
    expect(memorySource).toBe(source);
    if (ratio === null) expect(values.memoryUsedRatio).toBeNull();
    else expect(values.memoryUsedRatio).toBeCloseTo(ratio, 9);
  });

  it.each([
    ['first-reading', null, after],
    ['first-reading', { ...before, atMs: Number.NaN }, after],
    ['bad-time', before, { ...after, atMs: Number.NaN }],
    ['bad-time', before, { ...after, atMs: Infinity }],
    ['not-running', before, { ...after, running: false }],
    ['not-running', { ...before, running: false }, after],
    ['restart', { ...before, running: false, cpuNanoseconds: null }, after],
    ['restart', { ...before, running: false, cpuNanoseconds: 0 }, after],
    ['restart', before, { ...after, cpuNanoseconds: 5 }],
    ['restart', before, { ...after, running: false, cpuNanoseconds: 5 }],
    ['restart', before, { ...after, majorFaults: 9 }],
    ['restart', { ...before, receivedBytes: 2 ** 32 - 1 }, { ...after, receivedBytes: 3 }],
    ['clock-step', before, { ...after, atMs: before.atMs }],
    ['clock-step', before, { ...after, atMs: before.atMs - 3_600_000 }],
    ['clock-step', before, { ...after, atMs: before.atMs + 10 }],
    ['gap', before, { ...after, atMs: before.atMs + 15_001 }],
  ])('%s: nothing is said of the whole tick', (why, previous, current) => {
    const { interruption, values, intervalSeconds, memorySource } = ratesBetween(previous, current, LIMITS);
    expect({ interruption, intervalSeconds, memorySource }).toEqual({ interruption: why, intervalSeconds: null, memorySource: null });
    expect(Object.values(values)).toEqual(SIGNALS.map(() => null));
  });

  it('a signal that libvirt does not say is null and the others are not', () => {
    const silent = { vcpus: null, receivedBytes: null, readRequests: null, diskCapacityBytes: 0 };
    const { values } = ratesBetween(before, { ...after, ...silent }, LIMITS);
    const known = SIGNALS.filter((signal) => values[signal] !== null);
    expect(known).toEqual(['memoryUsedRatio', 'majorFaultsPerSecond', 'diskBytesPerSecond']);
  });

  it('no time between two readings is no interval whatever the limits', () => {
    expect(ratesBetween(before, { ...after, atMs: before.atMs }, { shortestSeconds: 0, longestSeconds: 15 }).interruption).toBe('clock-step');
  });

  it('a counter that is told for the first time has no rate yet', () => {
    expect(ratesBetween({ ...before, majorFaults: null }, after, LIMITS).values.majorFaultsPerSecond).toBeNull();
  });

  it('whatever is read: no NaN, nothing infinite or negative, ratios within bounds', () => {
    const anything = fc.oneof(fc.double(), fc.constantFrom<unknown>(null, undefined, -1, 0, '7', {}, 2 ** 64, Number.MAX_VALUE, 5e-324, Infinity, Number.NaN, 10n), fc.integer());
    const some = fc.array(fc.option(anything, { nil: undefined, freq: 3 }), { maxLength: 24 });
    fc.assert(fc.property(some, some, fc.boolean(), (first, second, sound) => {
      const [one, other] = [hostileReading(before, first), hostileReading(after, second)];
      if (sound) Object.assign(one, { atMs: 0, running: true });
      if (sound) Object.assign(other, { atMs: 5000, running: true });
      const { values } = ratesBetween(one, other, LIMITS);
      for (const signal of SIGNALS) {
        const value = values[signal];
        if (value !== null) expect(value >= 0 && value < Infinity).toBe(true);
      }
      expect((values.memoryUsedRatio ?? 0) <= 1 && (values.diskFillRatio ?? 0) <= 1).toBe(true);
    }));
  });
});
