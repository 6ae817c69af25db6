import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MISSING } from '../hmm/model.ts';
import { hostRatesBetween } from './host-rates.ts';
import type { HostReading } from './host-reading.ts';
import { createObserver, observeHost } from './observer.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { SIGNALS } from './signals.ts';
import { ABOVE, AROUND } from './symbol.ts';

const LIMITS = { shortestSeconds: 1, longestSeconds: 15 };
const SECOND = 1e9;

const before: HostReading = {
  atMs: 1_000_000,
  kernelNanoseconds: 10 * SECOND,
  userNanoseconds: 20 * SECOND,
  interruptNanoseconds: 0,
  idleNanoseconds: 100 * SECOND,
  ioWaitNanoseconds: 5 * SECOND,
  memoryTotalBytes: 1000,
  memoryFreeBytes: 100,
  memoryBuffersBytes: 50,
  memoryCachedBytes: 250,
  receivedBytes: 0,
  transmittedBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  readRequests: 0,
  writeRequests: 0,
  readNanoseconds: 0,
  writeNanoseconds: 0,
  poolAllocatedBytes: 20,
  poolCapacityBytes: 100,
};

/** Five seconds later on 4 CPUs, busy to this share. */
function after(reading: HostReading, busy: number): HostReading {
  return {
    ...reading,
    atMs: reading.atMs + 5000,
    userNanoseconds: (reading.userNanoseconds ?? 0) + 20 * busy * SECOND,
    idleNanoseconds: (reading.idleNanoseconds ?? 0) + 20 * (1 - busy) * SECOND,
    receivedBytes: (reading.receivedBytes ?? 0) + 5000,
    writtenBytes: (reading.writtenBytes ?? 0) + 50_000,
    writeRequests: (reading.writeRequests ?? 0) + 10,
    writeNanoseconds: (reading.writeNanoseconds ?? 0) + 0.1 * SECOND,
  };
}

describe('rates of a host', () => {
  it('of an ordinary tick', () => {
    const { values, memorySource, intervalSeconds } = hostRatesBetween(before, after(before, 0.25), LIMITS);
    expect({ memorySource, intervalSeconds }).toEqual({ memorySource: 'usable', intervalSeconds: 5 });
    expect(values.cpuRatio).toBeCloseTo(0.25, 9);
    expect(values.memoryUsedRatio).toBeCloseTo(0.6, 9);
    expect(values.majorFaultsPerSecond).toBeNull();
    expect(values.networkBytesPerSecond).toBe(1000);
    expect(values.diskBytesPerSecond).toBe(10_000);
    expect(values.diskRequestsPerSecond).toBe(2);
    expect(values.diskRequestSeconds).toBeCloseTo(0.01, 9);
    expect(values.diskFillRatio).toBeCloseTo(0.2, 9);
  });

  it('waiting for disks is no computing, and may fall a little', () => {
    const { interruption, values } = hostRatesBetween(before, { ...after(before, 0.5), ioWaitNanoseconds: 4.9 * SECOND }, LIMITS);
    expect(interruption).toBeNull();
    expect(values.cpuRatio).toBeCloseTo(10 / 19.9, 9);
  });

  it.each([
    ['first-reading', null, before],
    ['bad-time', before, { ...before, atMs: Number.NaN }],
    ['restart', before, { ...after(before, 0.5), idleNanoseconds: 1, userNanoseconds: 1 }],
    ['restart', { ...before, receivedBytes: 9000 }, after(before, 0.5)],
    ['clock-step', before, { ...after(before, 0.5), atMs: before.atMs }],
    ['gap', before, { ...after(before, 0.5), atMs: before.atMs + 60_000 }],
  ])('%s: nothing is said', (why, previous, current) => {
    const { interruption, values } = hostRatesBetween(previous, current, LIMITS);
    expect(interruption).toBe(why);
    expect(Object.values(values).every((value) => value === null)).toBe(true);
  });

  it('whatever is read: no NaN, nothing infinite or negative', () => {
    const anything = fc.oneof(fc.double(), fc.constantFrom<unknown>(null, undefined, -1, 0, Number.MAX_VALUE, Infinity, Number.NaN, '7'), fc.nat());
    const changes = fc.dictionary(fc.constantFrom(...Object.keys(before).filter((key) => key !== 'atMs')), anything);
    fc.assert(fc.property(changes, changes, (one, other) => {
      const { values } = hostRatesBetween({ ...before, ...one }, { ...after(before, 0.3), ...other }, LIMITS);
      for (const signal of SIGNALS) expect(values[signal] === null || (values[signal] >= 0 && values[signal] < Infinity)).toBe(true);
      expect((values.cpuRatio ?? 0) <= 1 && (values.memoryUsedRatio ?? 0) <= 1).toBe(true);
    }));
  });
});

it('a host is observed as a domain is, what libvirt does not tell of it left open', () => {
  const observer = createObserver<HostReading>(DEFAULT_PARAMETERS);
  let reading = before;
  const next = (busy: number, change: Partial<HostReading>) => observeHost(observer, { ...(reading = after(reading, busy)), ...change }, { frozen: false, ownOperation: false });
  const remote = { receivedBytes: null, readBytes: null, readRequests: null, poolCapacityBytes: null };
  for (let n = 0; n < DEFAULT_PARAMETERS.coldStartTicks + 2; n++) next(0.2, remote);
  const { levels, symbol, partial, coldStart } = next(0.9, remote);
  expect(levels).toEqual({ cpu: ABOVE, memory: AROUND, network: null, disk: null });
  expect({ symbol, coldStart, left: partial?.length }).toEqual({ symbol: MISSING, coldStart: false, left: 9 });
});

it('a pool that was full from the start is full', () => {
  const observer = createObserver<HostReading>(DEFAULT_PARAMETERS);
  const full = { ...before, poolAllocatedBytes: 100 };
  observeHost(observer, full, { frozen: false, ownOperation: false });
  expect(observeHost(observer, after(full, 0.1), { frozen: false, ownOperation: false }).levels.disk).toBe(ABOVE);
});
