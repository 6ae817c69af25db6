/** What is tried of alarms and of the peers' settings. */
import type { Limits } from './alarms.ts';
import { STATIC_RATIO } from './peers/static-thresholds.ts';
import type { GaussianSettings } from './peers/windowed-gaussian.ts';

/** Of our own probability. */
export const OWN_LIMITS: readonly Limits[] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99].flatMap((raiseAbove) =>
  [0.25, 0.5, 0.75].flatMap((share) => [0, 10, 20, 30, 45, 60, 90].map((raiseForSeconds) => ({ raiseAbove, raiseForSeconds, clearBelow: raiseAbove * share, clearForSeconds: Math.max(30, raiseForSeconds) }))));

const STATIC_FOR_SECONDS = [0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600];
/** The share itself is what it is: over 90 %. */
export const STATIC_LIMITS: readonly Limits[] = STATIC_FOR_SECONDS.map((seconds) => ({ raiseAbove: STATIC_RATIO, raiseForSeconds: seconds, clearBelow: STATIC_RATIO, clearForSeconds: seconds }));

export const GAUSSIAN_SETTINGS: readonly GaussianSettings[] = (['raw', 'level'] as const).flatMap((scale) =>
  [120, 360, 1440].flatMap((windowTicks) => [0.001, 0.01, 0.05, 0.2].map((leastDeviation) => ({ windowTicks, leastTicks: 120, scale, leastDeviation }))));
export const GAUSSIAN_LIMITS: readonly Limits[] = [1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 300, 1000].flatMap((raiseAbove) =>
  [0.5, 1].flatMap((share) => [0, 10, 20, 30, 60, 120].map((seconds) => ({ raiseAbove, raiseForSeconds: seconds, clearBelow: raiseAbove * share, clearForSeconds: seconds }))));
