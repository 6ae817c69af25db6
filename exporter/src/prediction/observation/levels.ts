import { coordinate, quantileCoordinate } from './quantiles.ts';
import type { RunningQuantiles } from './quantiles.ts';
import type { Headroom, ObservationParameters, SignalScale } from './parameters.ts';
import type { MemorySource, Signal } from './signals.ts';
import { ABOVE, ANY_LEVEL, AROUND, atLeast, BELOW, only } from './symbol.ts';
import type { Feature, Level, LevelSet } from './symbol.ts';

/**
 * Which levels of a feature can mean trouble, for priors and for people. Below: a hung guest computes, sends and writes nothing, and a
 * stalled disk moves nothing. Little used memory is none.
 */
export const TROUBLE_LEVELS: Readonly<Record<Feature, readonly Level[]>> = {
  cpu: [BELOW, ABOVE],
  memory: [ABOVE],
  network: [BELOW, ABOVE],
  disk: [BELOW, ABOVE],
};

/**
 * A value against its signal's own quantiles: clearly below the lower, clearly above the higher one, or around. Null while too little was
 * learnt. In the coordinate of the quantiles, so that "clearly" is a difference for small values and ratios, and a factor for large ones.
 */
export function relativeLevel(quantiles: RunningQuantiles, value: number, scale: SignalScale, coldStartTicks: number): Level | null {
  if (quantiles.learnt < coldStartTicks) return null;
  const low = quantileCoordinate(quantiles, scale.lowQuantile);
  const high = quantileCoordinate(quantiles, scale.highQuantile);
  if (low === null || high === null) return null;
  const away = Math.max(scale.margin, scale.spreadShare * (high - low));
  const at = coordinate(quantiles.layout, value);
  if (at > high + away && value - Math.sinh(high) * scale.scale > scale.crumb) return ABOVE;
  return at < low - away ? BELOW : AROUND;
}

/** How short a resource is, whatever the target is used to; never "below" by itself: that much headroom says nothing. */
export function absoluteLevel(usedRatio: number | null, { tightRatio, criticalRatio }: Headroom): Level {
  if (usedRatio === null || !(usedRatio >= tightRatio)) return BELOW;
  return usedRatio >= criticalRatio ? ABOVE : AROUND;
}

/** What there is only so much of. */
export const STOCKS = ['memoryUsedRatio', 'diskFillRatio'] as const satisfies readonly Signal[];
export type Stock = (typeof STOCKS)[number];

/** The values of a tick and what each is against its own quantiles; null: not known. */
export interface Leveled {
  values: Readonly<Record<Signal, number | null>>;
  levels: Readonly<Record<Signal, Level | null>>;
  /** What the stocks will be if they go on growing as they do. */
  projected: Readonly<Record<Stock, number | null>>;
  memorySource: MemorySource | null;
}

/**
 * The levels that each feature can have. Memory and disk take the highest of what they do, of pressure (major faults; slow requests), and of
 * the absolute headroom that is left, or will be. Where what they do is not known, all levels from the pressure upwards remain.
 *
 * Much CPU or memory in use is "above" only where it is also scarce, and a busy disk only where it is also slow or filling up: a burst of healthy
 * work would else look like a leak.
 */
export function featureSets({ values, levels, projected, memorySource }: Leveled, parameters: ObservationParameters): Record<Feature, LevelSet> {
  // The page cache fills what is unused, and QEMU never gives back what a guest once touched: full of those is no shortage.
  const headroom = memorySource === 'usable' ? absoluteLevel(projected.memoryUsedRatio, parameters.memory) : BELOW;
  const memoryPressure = highest(headroom, pressure(levels.majorFaultsPerSecond));
  const fill = scarce(levels.diskFillRatio, values.diskFillRatio, parameters.disk);
  const diskPressure = highest(absoluteLevel(projected.diskFillRatio, parameters.disk), pressure(fill), pressure(levels.diskRequestSeconds));
  const memory = memorySource === 'usable' ? scarce(levels.memoryUsedRatio, values.memoryUsedRatio, parameters.memory) : levels.memoryUsedRatio;
  return {
    cpu: raised(scarce(levels.cpuRatio, values.cpuRatio, parameters.cpu), BELOW),
    memory: raised(memory, memoryPressure),
    network: raised(levels.networkBytesPerSecond, BELOW),
    disk: raised(diskActivity(levels.diskBytesPerSecond, levels.diskRequestsPerSecond), diskPressure),
  };
}

/** Of a stock that is ample more than usual is nothing. */
function scarce(level: Level | null, usedRatio: number | null, { ampleRatio }: Pick<Headroom, 'ampleRatio'>): Level | null {
  return level === ABOVE && usedRatio !== null && usedRatio < ampleRatio ? AROUND : level;
}

/** Never above: see `featureSets`. Below only where all that is known is. */
function diskActivity(bytes: Level | null, requests: Level | null): Level | null {
  const activity = bytes === null ? requests : requests === null ? bytes : highest(bytes, requests);
  return activity === ABOVE ? AROUND : activity;
}

function pressure(level: Level | null): Level {
  return level === ABOVE ? ABOVE : BELOW;
}

function raised(level: Level | null, floor: Level): LevelSet {
  if (level !== null) return only(highest(level, floor));
  return floor === BELOW ? ANY_LEVEL : atLeast(floor);
}

function highest(...levels: Level[]): Level {
  return Math.max(...levels) as Level;
}
