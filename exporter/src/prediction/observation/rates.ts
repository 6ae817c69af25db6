import { amount, atMostOne, quotient } from './amount.ts';
import type { DomainReading } from './reading.ts';
import { forEachSignal } from './signals.ts';
import type { Interruption, MemorySource, Rates, Signal } from './signals.ts';

/** Outside these limits two readings tell no rates: the wall clock was stepped, or ticks are missing. */
export interface IntervalLimits {
  shortestSeconds: number;
  longestSeconds: number;
}

const NANOSECONDS = 1e9;

/** Of less the emulator's own work would be taken for the guest's. */
const LEAST_GRANTED_SHARE = 0.05;

const COUNTERS = [
  'cpuNanoseconds',
  'majorFaults',
  'swapInBytes',
  'swapOutBytes',
  'receivedBytes',
  'transmittedBytes',
  'receivedPackets',
  'transmittedPackets',
  'readBytes',
  'writtenBytes',
  'readRequests',
  'writeRequests',
  'readNanoseconds',
  'writeNanoseconds',
] as const satisfies readonly (keyof DomainReading)[];

type Counter = (typeof COUNTERS)[number];

/**
 * The signals of the tick between two readings. One counter that falls means another QEMU (restart, migration), another guest kernel
 * (the balloon's counters) or a wrap: the whole tick is missing then, for what the others say spans two lives.
 *
 * @param previous null: none yet
 */
export function ratesBetween(previous: DomainReading | null, current: DomainReading, limits: IntervalLimits): Rates {
  const interruption = interruptionBetween(previous, current, limits);
  if (interruption !== null || previous === null) return { intervalSeconds: null, interruption, values: forEachSignal(() => null), memorySource: null };
  const seconds = (current.atMs - previous.atMs) / 1000;
  const memory = memoryUsed(current);
  return { intervalSeconds: seconds, interruption: null, values: { ...ratesOver(seconds, previous, current), ...memory.values }, memorySource: memory.source };
}

function interruptionBetween(previous: DomainReading | null, current: DomainReading, limits: IntervalLimits): Interruption | null {
  if (!Number.isFinite(current.atMs)) return 'bad-time';
  if (previous === null || !Number.isFinite(previous.atMs)) return 'first-reading';
  const fallen = COUNTERS.some((name) => fell(amount(previous[name]), amount(current[name])));
  // A new QEMU may still be paused when it is first seen; one that is shut off has no processor time.
  if (current.running !== true) return fallen && (amount(current.cpuNanoseconds) ?? 0) > 0 ? 'restart' : 'not-running';
  if (fallen) return 'restart';
  // A paused domain keeps its counters, one that is shut off has none.
  if (previous.running !== true) return (amount(previous.cpuNanoseconds) ?? 0) > 0 ? 'not-running' : 'restart';
  return intervalInterruption(previous.atMs, current.atMs, limits);
}

/** Whether the time between two readings is none that rates can be told of. */
export function intervalInterruption(previousMs: number, currentMs: number, { shortestSeconds, longestSeconds }: IntervalLimits): Interruption | null {
  const seconds = (currentMs - previousMs) / 1000;
  if (!(seconds > 0 && seconds >= shortestSeconds)) return 'clock-step';
  return seconds <= longestSeconds ? null : 'gap';
}

function fell(before: number | null, after: number | null): boolean {
  return before !== null && after !== null && after < before;
}

function ratesOver(seconds: number, previous: DomainReading, current: DomainReading): Record<Exclude<Signal, 'memoryUsedRatio'>, number | null> {
  /** How much counters rose together; null where one of them is unknown at either end. */
  const rise = (...names: Counter[]): number | null => {
    let sum = 0;
    for (const name of names) {
      const [before, after] = [amount(previous[name]), amount(current[name])];
      if (before === null || after === null) return null;
      sum += after - before;
    }
    return sum;
  };
  const vcpus = amount(current.vcpus);
  const requests = rise('readRequests', 'writeRequests');
  return {
    // The emulator's own threads can make it more than all.
    cpuRatio: atMostOne(quotient(rise('cpuNanoseconds'), vcpus === null ? null : NANOSECONDS * seconds * vcpus * grantedShare(previous, current, seconds * vcpus))),
    majorFaultsPerSecond: quotient(rise('majorFaults'), seconds),
    networkBytesPerSecond: quotient(rise('receivedBytes', 'transmittedBytes'), seconds),
    diskBytesPerSecond: quotient(rise('readBytes', 'writtenBytes'), seconds),
    diskRequestsPerSecond: quotient(requests, seconds),
    diskRequestSeconds: quotient(rise('readNanoseconds', 'writeNanoseconds'), requests === null ? null : requests * NANOSECONDS),
    diskFillRatio: atMostOne(quotient(amount(current.diskAllocatedBytes), amount(current.diskCapacityBytes))),
  };
}

/**
 * The share of the time in which the virtual CPUs ran or had nothing to do. A guest that wants all it can get and gets a tenth, since others
 * of the host want it too, is as busy as one that gets all; one that has little to do is not, however long it waits. 1 where nothing is
 * told of waiting, or less than before (a virtual CPU was taken away).
 */
function grantedShare(previous: DomainReading, current: DomainReading, vcpuSeconds: number): number {
  const [before, after] = [amount(previous.vcpuDelayNanoseconds), amount(current.vcpuDelayNanoseconds)];
  if (before === null || after === null || after < before) return 1;
  return Math.max(LEAST_GRANTED_SHARE, 1 - (after - before) / (vcpuSeconds * NANOSECONDS));
}

function memoryUsed(reading: DomainReading): { values: { memoryUsedRatio: number | null }; source: MemorySource | null } {
  const total = amount(reading.memoryTotalBytes);
  const free = (bytes: number | null): number | null => {
    const share = atMostOne(quotient(amount(bytes), total));
    return share === null ? null : 1 - share;
  };
  const ratios: [MemorySource, number | null][] = [
    ['usable', free(reading.memoryUsableBytes)],
    ['unused', free(reading.memoryUnusedBytes)],
    ['resident', atMostOne(quotient(amount(reading.memoryRssBytes), total))],
  ];
  const [source, ratio] = ratios.find(([, value]) => value !== null) ?? [null, null];
  return { values: { memoryUsedRatio: ratio }, source };
}
