/** Traces made by hand, for the tests of this folder. */
import { simulatedReadings } from '../../../exporter/src/prediction/testing/simulated-readings.ts';
import type { KindName } from '../trace/kinds.ts';
import type { Label, LabelKind, Trace } from '../trace/trace.ts';

export const START_MS = 1_700_000_000_000;
export const TICK_MS = 5000;

export interface Made {
  kind: KindName;
  seed: number;
  ticks: number;
  /** Tick and kind. */
  labels?: readonly (readonly [number, LabelKind])[];
  leakFromTick?: number;
}

export function madeTrace({ kind, seed, ticks, labels = [], leakFromTick = Infinity }: Made): Trace {
  const readings = simulatedReadings({ ticks, startMs: START_MS, leakFromTick, seed });
  return { kind, seed, tickMs: TICK_MS, about: 'made by hand', labels: labels.map(([tick, label]): Label => ({ atMs: START_MS + tick * TICK_MS, kind: label, detail: '' })), readings };
}

/** A leak that begins at the tick and has failed 100 ticks later. */
export function leakyTrace(seed: number, ticks = 500, leakFromTick = 300): Trace {
  return madeTrace({ kind: 'memory-leak', seed, ticks, leakFromTick, labels: [[leakFromTick, 'decline'], [leakFromTick + 100, 'failed']] });
}
