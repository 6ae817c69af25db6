import { SIGNALS } from './signals.ts';
import type { Signal } from './signals.ts';
import type { QuantileLayout } from './quantiles.ts';

/** How values of a signal are compared. */
export interface SignalScale extends QuantileLayout {
  /**
   * A value is clearly away from the quantiles at this distance at least, in the coordinate of `quantiles.ts`: near 0 in units of `scale`; far
   * above `scale` 1 is a factor of e. Keeps what is almost constant, or almost always 0, from jumping at every crumb.
   */
  margin: number;
  /** The margin is at least this share of the distance between the two quantiles. */
  spreadShare: number;
  /** "Below" lies under the lower, "above" over the higher of these quantiles. */
  lowQuantile: number;
  highQuantile: number;
  /** Whatever the quantiles, so little more is not above. */
  crumb: number;
}

/** Used shares from which a resource is short whatever the target's habits. */
export interface Headroom {
  /** Less is ample: that it is clearly more than usual is no sign of trouble then. */
  ampleRatio: number;
  /** From here not below "around". */
  tightRatio: number;
  /** From here "above". */
  criticalRatio: number;
}

export interface ObservationParameters {
  /** Time between two ticks. */
  intervalSeconds: number;
  /** Intervals shorter than this share of it, or longer than this multiple, tell no rates. */
  shortestIntervals: number;
  longestIntervals: number;
  /** Values of a signal to be learnt before its level is told. */
  coldStartTicks: number;
  /** After this time a value counts half in its quantiles. */
  halfLifeSeconds: number;
  /**
   * Until habits were learnt for so long, values clearly away from the quantiles count only for the share of it that has passed: else minutes
   * of trouble would be the habit of a target that is known for an hour. What is new needs about a tenth of this time to become usual.
   */
  youthSeconds: number;
  /**
   * Habits stay frozen for at most this share of the time that they were learnt in. Else a target first seen at night would be thought ill
   * every day, and never be learnt by day for that reason. From 1 on, half of each day could stay frozen for ever.
   */
  frozenShare: number;
  /** After a restart (boot, migration) so much time is missing: a boot looks like no other time. */
  settleSeconds: number;
  /** Tight and critical have no meaning for it: a CPU that is fully used may be doing its work. */
  cpu: Pick<Headroom, 'ampleRatio'>;
  memory: Headroom;
  disk: Headroom;
  /** What grows without a pause counts as used as it will be so much later. A leak stands out long before it hurts. */
  trendSeconds: number;
  /** Growth that lasts for three times this is no step. */
  trendStretchSeconds: number;
  scales: Readonly<Record<Signal, SignalScale>>;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
/** A scale of 1 leaves ratios nearly linear. */
const RATIO = { scale: 1, largest: 1 };

/** What has its own pace, and steps with what is started and stopped. */
const STOCK = { ...RATIO, lowQuantile: 0.1, highQuantile: 0.9, spreadShare: 0.5, crumb: 0 };
/** What comes and goes with the load: a rare burst is above, a daily peak is not. */
const LOAD = { lowQuantile: 0.1, highQuantile: 0.9, spreadShare: 0.25 };
/** What comes in spurts even when all is quiet, as a journal's writes every so many seconds. */
const SPURTS = { lowQuantile: 0.05, highQuantile: 0.95, spreadShare: 0.25, margin: 1 };

const SCALES: Record<Signal, SignalScale> = {
  cpuRatio: { ...LOAD, ...RATIO, margin: 0.1, crumb: 0 },
  memoryUsedRatio: { ...STOCK, margin: 0.1 },
  majorFaultsPerSecond: { ...SPURTS, scale: 5, largest: 1e7, crumb: 5 },
  // The scales are fine, so that what comes regularly, however little, is missed when it does not.
  networkBytesPerSecond: { ...LOAD, scale: 64, largest: 1e11, margin: 1, crumb: 4096 },
  diskBytesPerSecond: { ...SPURTS, scale: 1024, largest: 1e11, crumb: 65_536 },
  diskRequestsPerSecond: { ...SPURTS, scale: 0.5, largest: 1e8, crumb: 5 },
  diskRequestSeconds: { ...SPURTS, scale: 0.05, largest: 1000, crumb: 0 },
  diskFillRatio: { ...STOCK, margin: 0.05 },
};

export const DEFAULT_PARAMETERS: Readonly<ObservationParameters> = {
  intervalSeconds: 5,
  shortestIntervals: 0.25,
  longestIntervals: 3,
  coldStartTicks: 120,
  halfLifeSeconds: 7 * DAY_SECONDS,
  youthSeconds: 4 * HOUR_SECONDS,
  frozenShare: 0.5,
  settleSeconds: 60,
  cpu: { ampleRatio: 0.6 },
  memory: { ampleRatio: 0.8, tightRatio: 0.85, criticalRatio: 0.95 },
  disk: { ampleRatio: 0.8, tightRatio: 0.85, criticalRatio: 0.95 },
  trendSeconds: 300,
  trendStretchSeconds: 10,
  scales: SCALES,
};

/** What is wrong with parameters, the first thing found; null: nothing. */
export function parametersProblem(parameters: ObservationParameters): string | null {
  const { shortestIntervals, longestIntervals, memory, disk, scales } = parameters;
  const positive = ['intervalSeconds', 'halfLifeSeconds', 'youthSeconds', 'trendStretchSeconds'] as const;
  const notNegative = ['shortestIntervals', 'coldStartTicks', 'frozenShare', 'settleSeconds', 'trendSeconds'] as const;
  for (const name of positive) if (!(parameters[name] > 0 && parameters[name] < Infinity)) return `${name}: expected a positive number`;
  for (const name of notNegative) if (!(parameters[name] >= 0 && parameters[name] < Infinity)) return `${name}: expected a number from 0`;
  if (!(shortestIntervals <= 1 && longestIntervals >= 1)) return 'shortestIntervals, longestIntervals: expected one below and one above 1';
  if (!(parameters.cpu.ampleRatio >= 0 && parameters.cpu.ampleRatio <= 1)) return 'cpu: expected an ampleRatio from 0 to 1';
  for (const [name, { ampleRatio, tightRatio, criticalRatio }] of Object.entries({ memory, disk })) {
    if (!(ampleRatio >= 0 && ampleRatio <= tightRatio)) return `${name}: expected 0 <= ampleRatio <= tightRatio`;
    if (!(tightRatio > 0 && tightRatio <= criticalRatio)) return `${name}: expected 0 < tightRatio <= criticalRatio`;
  }
  for (const signal of SIGNALS) {
    const { scale, largest, margin, spreadShare, lowQuantile, highQuantile, crumb } = scales[signal];
    if (!(scale > 0 && largest > 0 && margin > 0 && spreadShare >= 0 && scale + largest + margin + spreadShare < Infinity)) return `scales.${signal}: expected positive numbers`;
    if (!(lowQuantile >= 0 && lowQuantile < highQuantile && highQuantile <= 1)) return `scales.${signal}: expected 0 <= lowQuantile < highQuantile <= 1`;
    if (!(crumb >= 0 && crumb < Infinity)) return `scales.${signal}: expected a crumb from 0`;
  }
  return null;
}
