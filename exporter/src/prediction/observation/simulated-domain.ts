import type { DomainReading } from './reading.ts';

/** What a simulated guest does during a tick; used by the tests of this folder. */
export interface Doing {
  cpuRatio: number;
  memoryUsedRatio: number;
  networkBytesPerSecond: number;
  diskBytesPerSecond: number;
}

const GIBIBYTE = 2 ** 30;
const REQUEST_BYTES = 16_384;
const REQUEST_NANOSECONDS = 2e6;

/** A reading with everything said, at zero. */
export function freshReading(atMs: number): DomainReading {
  return {
    atMs,
    running: true,
    vcpus: 2,
    cpuNanoseconds: 0,
    vcpuDelayNanoseconds: 0,
    memoryTotalBytes: GIBIBYTE,
    memoryUnusedBytes: GIBIBYTE / 4,
    memoryUsableBytes: GIBIBYTE / 2,
    memoryRssBytes: GIBIBYTE,
    majorFaults: 0,
    swapInBytes: 0,
    swapOutBytes: 0,
    receivedBytes: 0,
    transmittedBytes: 0,
    receivedPackets: 0,
    transmittedPackets: 0,
    readBytes: 0,
    writtenBytes: 0,
    readRequests: 0,
    writeRequests: 0,
    readNanoseconds: 0,
    writeNanoseconds: 0,
    diskAllocatedBytes: 3 * GIBIBYTE,
    diskCapacityBytes: 10 * GIBIBYTE,
  };
}

/** The reading some seconds later. */
export function readingAfter(reading: DomainReading, seconds: number, doing: Doing): DomainReading {
  const requests = (doing.diskBytesPerSecond * seconds) / REQUEST_BYTES;
  return {
    ...reading,
    atMs: reading.atMs + seconds * 1000,
    cpuNanoseconds: (reading.cpuNanoseconds ?? 0) + doing.cpuRatio * (reading.vcpus ?? 1) * seconds * 1e9,
    memoryUsableBytes: (reading.memoryTotalBytes ?? 0) * (1 - doing.memoryUsedRatio),
    receivedBytes: (reading.receivedBytes ?? 0) + doing.networkBytesPerSecond * seconds,
    writtenBytes: (reading.writtenBytes ?? 0) + doing.diskBytesPerSecond * seconds,
    writeRequests: (reading.writeRequests ?? 0) + requests,
    writeNanoseconds: (reading.writeNanoseconds ?? 0) + requests * REQUEST_NANOSECONDS,
  };
}

/** A server by day and night: quiet at night, busy by day, with noise. */
export function dailyPattern(atMs: number, random: () => number): Doing {
  const hour = (atMs / 3_600_000) % 24;
  const busy = hour < 8 || hour >= 20 ? 0 : Math.sin(((hour - 8) / 12) * Math.PI);
  const noise = 0.8 + 0.4 * random();
  return {
    cpuRatio: (0.03 + 0.6 * busy) * noise,
    memoryUsedRatio: 0.4 + 0.2 * busy + 0.01 * random(),
    networkBytesPerSecond: (2000 + 3e6 * busy) * noise,
    diskBytesPerSecond: random() < 0.2 ? (20_000 + 1e6 * busy) * noise : 0,
  };
}

/** A reading of which any number may be anything. */
export function hostileReading(reading: DomainReading, numbers: readonly unknown[]): DomainReading {
  const entries = Object.keys(reading).map((key, n) => [key, n in numbers ? numbers[n] : reading[key as keyof DomainReading]]);
  return Object.fromEntries(entries) as DomainReading;
}
