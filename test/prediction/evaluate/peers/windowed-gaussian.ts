import { SIGNALS } from '../../../../exporter/src/prediction/observation/signals.ts';
import type { Signal } from '../../../../exporter/src/prediction/observation/signals.ts';
import { DEFAULT_PARAMETERS } from '../../../../exporter/src/prediction/observation/parameters.ts';
import type { Series } from '../alarms.ts';
import type { ReplayedTick } from '../replay.ts';

/** The detector of the Numenta benchmark (windowed Gaussian), on every signal that the observation has. */
export interface GaussianSettings {
  /** Values that mean and deviation are of: the latest before this one. */
  windowTicks: number;
  /** Below so many values nothing is told: as long as our own observation is cold. */
  leastTicks: number;
  /** `raw`: as measured. `level`: on the scale of the observation, on which amounts that go over many orders of magnitude are near logarithmic. */
  scale: 'raw' | 'level';
  /** Deviations count as no less than this share of the signal's scale: what is constant would alarm at every crumb. */
  leastDeviation: number;
}

/** The largest distance of any signal to its mean, in standard deviations. */
export function largestDeviation(ticks: readonly ReplayedTick[], settings: GaussianSettings): Series {
  const windows = SIGNALS.map((signal) => ({ signal, window: newWindow(settings.windowTicks), unit: unitOf(signal, settings.scale) }));
  const score = ticks.map(({ values, missing }) => {
    if (missing.some(({ signal }) => signal === null)) return Number.NaN;
    let largest = Number.NaN;
    for (const { signal, window, unit } of windows) {
      const raw = values[signal];
      if (raw === null) continue;
      const value = settings.scale === 'raw' ? raw : Math.asinh(raw / DEFAULT_PARAMETERS.scales[signal].scale);
      if (window.count >= settings.leastTicks) {
        const away = Math.abs(value - mean(window)) / Math.max(deviation(window), settings.leastDeviation * unit);
        largest = Number.isNaN(largest) ? away : Math.max(largest, away);
      }
      add(window, value);
    }
    return largest;
  });
  return { atMs: Float64Array.from(ticks, ({ atMs }) => atMs), score: Float64Array.from(score) };
}

function unitOf(signal: Signal, scale: GaussianSettings['scale']): number {
  return scale === 'raw' ? DEFAULT_PARAMETERS.scales[signal].scale : 1;
}

/** The latest values in a ring, and their sums about the first one, so that large values lose nothing to rounding. */
interface Window {
  values: Float64Array;
  count: number;
  next: number;
  origin: number;
  sum: number;
  squares: number;
}

function newWindow(length: number): Window {
  return { values: new Float64Array(length), count: 0, next: 0, origin: 0, sum: 0, squares: 0 };
}

function add(window: Window, value: number): void {
  const { values } = window;
  if (window.count === 0) window.origin = value;
  if (window.count === values.length) {
    const gone = values[window.next]! - window.origin;
    window.sum -= gone;
    window.squares -= gone ** 2;
  } else window.count++;
  values[window.next] = value;
  window.next = (window.next + 1) % values.length;
  window.sum += value - window.origin;
  window.squares += (value - window.origin) ** 2;
}

function mean({ origin, sum, count }: Window): number {
  return origin + sum / count;
}

function deviation({ sum, squares, count }: Window): number {
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
