/** Forecasts as they would have been made before the seeded recoveries: low, and rising before faults that announce themselves. */
import type { TargetForecast } from '../../exporter/src/prediction/forecast-view.ts';
import type { Fault } from '../../exporter/src/vocabulary.ts';

const CALM = 0.03;
const HIGHEST = 0.92;
/** How long before its fault a target begins to look bad. */
const RISE_MS = 300_000;
const RAISE_ABOVE = 0.8;

/** Faults that something precedes; a killed QEMU gives no sign. */
const ANNOUNCED: ReadonlySet<Fault> = new Set<Fault>(['domain_hung', 'domain_panicked', 'domain_failing', 'host_degraded']);

export interface SeededFault {
  fault: Fault;
  atMs: number;
}

/** Of one target with these faults, at this time. */
export function forecastAt(atMs: number, faults: readonly SeededFault[]): TargetForecast {
  const risenMs = Math.max(0, ...faults.filter(({ fault }) => ANNOUNCED.has(fault)).map((fault) => risen(atMs, fault.atMs)));
  const probability = CALM + (HIGHEST - CALM) * (risenMs / RISE_MS) ** 2;
  const failing = probability >= RAISE_ABOVE;
  return {
    atMs,
    failureProbability: [
      { horizonSeconds: 60, probability },
      { horizonSeconds: 300, probability: 1 - (1 - probability) ** 2 },
    ],
    health: { normal: 1 - probability, abnormal: 0.9 * probability, failed: 0.1 * probability },
    load: { low: 0.7 * (1 - probability), medium: 0.3 * (1 - probability), high: probability },
    coldStart: false,
    missing: [],
    failing,
    failingSinceMs: failing ? Math.round(atMs - risenMs + RISE_MS * Math.sqrt((RAISE_ABOVE - CALM) / (HIGHEST - CALM))) : null,
    model: { source: 'pooled', trainedAtMs: atMs - 6 * 3_600_000 },
  };
}

/** How long it has been getting worse; 0: it is not. */
function risen(atMs: number, faultAtMs: number): number {
  const sinceMs = atMs - (faultAtMs - RISE_MS);
  return sinceMs > 0 && sinceMs <= RISE_MS ? sinceMs : 0;
}
