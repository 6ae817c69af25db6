import { amount, atMostOne, quotient, sumOf } from './amount.ts';
import type { HostReading } from './host-reading.ts';
import { intervalInterruption } from './rates.ts';
import type { IntervalLimits } from './rates.ts';
import { forEachSignal } from './signals.ts';
import type { Interruption, Rates } from './signals.ts';

const NANOSECONDS = 1e9;

/** Only ever rise between two boots; the modes of the CPU are no such: Linux lets idle and I/O wait fall a little. */
const COUNTERS = [
  'receivedBytes',
  'transmittedBytes',
  'readBytes',
  'writtenBytes',
  'readRequests',
  'writeRequests',
  'readNanoseconds',
  'writeNanoseconds',
] as const satisfies readonly (keyof HostReading)[];
const BUSY_MODES = ['kernelNanoseconds', 'userNanoseconds', 'interruptNanoseconds'] as const satisfies readonly (keyof HostReading)[];
const REST_MODES = ['idleNanoseconds', 'ioWaitNanoseconds'] as const satisfies readonly (keyof HostReading)[];

type Counter = (typeof COUNTERS)[number] | (typeof BUSY_MODES)[number] | (typeof REST_MODES)[number];

/** The signals of the tick between two readings of a host, as `ratesBetween` tells those of a domain. */
export function hostRatesBetween(previous: HostReading | null, current: HostReading, limits: IntervalLimits): Rates {
  const interruption = interruptionBetween(previous, current, limits);
  if (interruption !== null || previous === null) return { intervalSeconds: null, interruption, values: forEachSignal(() => null), memorySource: null };
  const seconds = (current.atMs - previous.atMs) / 1000;
  /** How much counters rose together; null where one of them is unknown at either end. */
  const rise = (...names: Counter[]): number | null => {
    const [before, after] = [total(previous, names), total(current, names)];
    return before === null || after === null ? null : amount(after - before);
  };
  const requests = rise('readRequests', 'writeRequests');
  const free = sumOf([amount(current.memoryFreeBytes), amount(current.memoryBuffersBytes), amount(current.memoryCachedBytes)]);
  const usable = atMostOne(quotient(free, amount(current.memoryTotalBytes)));
  const values = {
    cpuRatio: atMostOne(quotient(rise(...BUSY_MODES), rise(...BUSY_MODES, ...REST_MODES))),
    memoryUsedRatio: usable === null ? null : 1 - usable,
    majorFaultsPerSecond: null,
    networkBytesPerSecond: quotient(rise('receivedBytes', 'transmittedBytes'), seconds),
    diskBytesPerSecond: quotient(rise('readBytes', 'writtenBytes'), seconds),
    diskRequestsPerSecond: quotient(requests, seconds),
    diskRequestSeconds: quotient(rise('readNanoseconds', 'writeNanoseconds'), requests === null ? null : requests * NANOSECONDS),
    diskFillRatio: atMostOne(quotient(amount(current.poolAllocatedBytes), amount(current.poolCapacityBytes))),
  };
  return { intervalSeconds: seconds, interruption: null, values, memorySource: usable === null ? null : 'usable' };
}

function interruptionBetween(previous: HostReading | null, current: HostReading, limits: IntervalLimits): Interruption | null {
  if (!Number.isFinite(current.atMs)) return 'bad-time';
  if (previous === null || !Number.isFinite(previous.atMs)) return 'first-reading';
  const fell = (names: readonly Counter[]): boolean => {
    const [before, after] = [total(previous, names), total(current, names)];
    return before !== null && after !== null && after < before;
  };
  if (fell([...BUSY_MODES, ...REST_MODES]) || COUNTERS.some((name) => fell([name]))) return 'restart';
  return intervalInterruption(previous.atMs, current.atMs, limits);
}

function total(reading: HostReading, names: readonly Counter[]): number | null {
  return sumOf(names.map((name) => amount(reading[name])));
}
