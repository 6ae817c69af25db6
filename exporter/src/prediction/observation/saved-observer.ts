import { amount } from './amount.ts';
import { createObserver } from './observer.ts';
import type { Observer } from './observer.ts';
import type { ObservationParameters } from './parameters.ts';
import { restoreQuantiles, saveQuantiles } from './quantiles.ts';
import type { SavedQuantiles } from './quantiles.ts';
import type { DomainReading } from './reading.ts';
import { forEachSignal, MEMORY_SOURCES, SIGNALS } from './signals.ts';
import type { Signal } from './signals.ts';

const VERSION = 1;

/** What outlives a restart: habits. Where the counters stood does not: the first tick afterwards is missing. Plain JSON. */
export interface SavedObserver {
  version: number;
  memorySource: string | null;
  thinDiskSeen: boolean;
  learntSeconds: number;
  frozenSeconds: number;
  quantiles: Record<Signal, SavedQuantiles>;
}

export function saveObserver<Reading>({ memorySource, thinDiskSeen, learntSeconds, frozenSeconds, quantiles }: Observer<Reading>): SavedObserver {
  return { version: VERSION, memorySource, thinDiskSeen, learntSeconds, frozenSeconds, quantiles: forEachSignal((signal) => saveQuantiles(quantiles[signal])) };
}

/**
 * An observer with the habits that were saved; null: this is nothing that was saved by this version with these scales. Never throws on
 * what was read.
 *
 * @throws RangeError when the parameters make no sense
 */
export function restoreObserver<Reading = DomainReading>(saved: unknown, parameters: Readonly<ObservationParameters>): Observer<Reading> | null {
  const observer = createObserver<Reading>(parameters);
  if (typeof saved !== 'object' || saved === null) return null;
  const { version, memorySource, thinDiskSeen, quantiles, ...times } = saved as Partial<Record<keyof SavedObserver, unknown>>;
  if (version !== VERSION || typeof thinDiskSeen !== 'boolean' || typeof quantiles !== 'object' || quantiles === null) return null;
  const source = MEMORY_SOURCES.find((one) => one === memorySource) ?? null;
  if (source === null && memorySource !== null) return null;
  const [learntSeconds, frozenSeconds] = [amount(times.learntSeconds), amount(times.frozenSeconds)];
  if (learntSeconds === null || frozenSeconds === null) return null;
  for (const signal of SIGNALS) {
    const restored = restoreQuantiles(parameters.scales[signal], (quantiles as Partial<Record<Signal, unknown>>)[signal], observer.quantiles[signal].bins);
    if (restored === null) return null;
    observer.quantiles[signal] = restored;
  }
  return { ...observer, memorySource: source, thinDiskSeen, learntSeconds, frozenSeconds };
}
