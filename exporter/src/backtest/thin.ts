/** Any number of ticks as at most so many points of a picture: neighbours become one, which keeps what was highest in it. */
import { FEATURES, ABOVE, BELOW } from '../prediction/observation/symbol.ts';
import type { Feature } from '../prediction/observation/symbol.ts';
import type { Signal } from '../prediction/observation/signals.ts';
import { HEALTHS } from '../prediction/states.ts';
import type { Health } from '../prediction/states.ts';
import type { BacktestTick } from './replay.ts';

export const FEATURE_SIGNALS: Readonly<Record<Feature, Signal>> = { cpu: 'cpuRatio', memory: 'memoryUsedRatio', network: 'networkBytesPerSecond', disk: 'diskBytesPerSecond' };

/** One tick, or several beside each other. */
export interface Point {
  fromMs: number;
  /** Of its last tick. */
  toMs: number;
  ticks: number;
  /** The highest, and when. */
  probability: number;
  highestMs: number;
  /** Added up over its ticks. */
  health: Record<Health, number>;
  features: Record<Feature, PointFeature>;
  /** A tick of it was wholly missing. */
  missing: number;
  coldStart: number;
}

export interface PointFeature {
  /** The highest; null: none was told. */
  value: number | null;
  /** Ticks at which the level was above, below, not known. */
  above: number;
  below: number;
  unknown: number;
}

export interface Thinner {
  take(tick: BacktestTick): void;
  points(): Point[];
}

/** @param most at least 2 */
export function createThinner(most: number): Thinner {
  let points: Point[] = [];
  /** So many ticks are one point now. */
  let size = 1;
  return {
    take(tick) {
      const point = pointOf(tick);
      const last = points.at(-1);
      if (last !== undefined && last.ticks < size) points[points.length - 1] = merged(last, point);
      else points.push(point);
      if (points.length <= most) return;
      size *= 2;
      points = pairs(points);
    },
    points: () => points,
  };
}

function pairs(points: readonly Point[]): Point[] {
  const half: Point[] = [];
  for (let n = 0; n < points.length; n += 2) half.push(n + 1 < points.length ? merged(points[n]!, points[n + 1]!) : points[n]!);
  return half;
}

function pointOf({ atMs, failureProbability, health, observation }: BacktestTick): Point {
  const features = Object.fromEntries(
    FEATURES.map((feature): [Feature, PointFeature] => {
      const level = observation.levels[feature];
      return [feature, { value: observation.rates.values[FEATURE_SIGNALS[feature]], above: Number(level === ABOVE), below: Number(level === BELOW), unknown: Number(level === null) }];
    }),
  ) as Point['features'];
  const missing = observation.missing.some(({ signal }) => signal === null);
  return { fromMs: atMs, toMs: atMs, ticks: 1, probability: failureProbability, highestMs: atMs, health: { ...health }, features, missing: Number(missing), coldStart: Number(observation.coldStart) };
}

/** The left one takes in the right one. */
function merged(left: Point, right: Point): Point {
  if (right.probability > left.probability) {
    left.probability = right.probability;
    left.highestMs = right.highestMs;
  }
  left.toMs = right.toMs;
  left.ticks += right.ticks;
  left.missing += right.missing;
  left.coldStart += right.coldStart;
  for (const health of HEALTHS) left.health[health] += right.health[health];
  for (const feature of FEATURES) mergeFeature(left.features[feature], right.features[feature]);
  return left;
}

function mergeFeature(left: PointFeature, right: PointFeature): void {
  if (left.value === null || (right.value !== null && right.value > left.value)) left.value = right.value;
  left.above += right.above;
  left.below += right.below;
  left.unknown += right.unknown;
}
