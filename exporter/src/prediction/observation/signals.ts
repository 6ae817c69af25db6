/**
 * What is measured of a target at a tick, each in the unit that its name says. Ratios are 0 to 1 (CPU: of all virtual CPUs together, and of
 * the time that the host gave them).
 */
export const SIGNALS = [
  'cpuRatio',
  'memoryUsedRatio',
  'majorFaultsPerSecond',
  'networkBytesPerSecond',
  'diskBytesPerSecond',
  'diskRequestsPerSecond',
  'diskRequestSeconds',
  'diskFillRatio',
] as const;

export type Signal = (typeof SIGNALS)[number];

/** A record with an entry for every signal. */
export function forEachSignal<T>(make: (signal: Signal, n: number) => T): Record<Signal, T> {
  return Object.fromEntries(SIGNALS.map((signal, n) => [signal, make(signal, n)])) as Record<Signal, T>;
}

/**
 * Which of the balloon's numbers tells how much memory is used, best first: `usable` counts what could be had without swapping,
 * `unused` takes the page cache for used, `resident` is what QEMU ever touched on the host.
 */
export const MEMORY_SOURCES = ['usable', 'unused', 'resident'] as const;

export type MemorySource = (typeof MEMORY_SOURCES)[number];

/** Why nothing can be said of a whole tick. */
export type Interruption = 'bad-time' | 'first-reading' | 'not-running' | 'restart' | 'clock-step' | 'gap';

/** The signals of one tick; null: libvirt does not say, or nothing can be said (`interruption`). Never NaN, infinite or negative. */
export interface Rates {
  /** Time since the reading before; null with an interruption. */
  intervalSeconds: number | null;
  interruption: Interruption | null;
  values: Record<Signal, number | null>;
  memorySource: MemorySource | null;
}
