/** How each hidden state is believed to look before anything is seen: weights over the symbols. */
import { ABOVE, FEATURES, levelsOf, SYMBOLS } from './observation/symbol.ts';
import type { Health, Load, NamedState } from './states.ts';

/** Weights of the levels of one feature: clearly below, around, clearly above what is usual for the target (memory and disk: near their limit). */
type Levels = readonly [below: number, around: number, above: number];
/** Of each feature for itself. */
type Picture = readonly [cpu: Levels, memory: Levels, network: Levels, disk: Levels];
/** Pictures with their shares of a state's time. */
type Mixture = readonly (readonly [share: number, Picture])[];

/** Spread over all symbols: pictures are no proofs. */
const UNIFORM_SHARE = 0.02;

/**
 * Healthy work moves CPU and network together, and the disk, of which "above" is only said when it is slow or filling up. "Below" is less than
 * what a target nearly always does (`SPURTS`, `LOAD`): of a healthy one that is not at rest as a whole it is seldom said.
 */
const ACTIVITY: Record<Load, Levels> = { low: [0.6, 0.37, 0.03], medium: [0.12, 0.76, 0.12], high: [0.03, 0.47, 0.5] };
const DISK: Record<Load, Levels> = { low: [0.5, 0.485, 0.015], medium: [0.03, 0.95, 0.02], high: [0.01, 0.94, 0.05] };
/** "Above": it is short, or is about to be. */
const HEALTHY_MEMORY: Record<Load, Levels> = { low: [0.3, 0.69, 0.01], medium: [0.2, 0.79, 0.01], high: [0.1, 0.87, 0.03] };
/** What the healthy do beside their work: compute in batches, copy over the network, back up their disks. */
const CHORES: Mixture = [
  [0.08, [[0.05, 0.2, 0.75], [0.15, 0.83, 0.02], [0.1, 0.8, 0.1], [0.1, 0.87, 0.03]]],
  [0.06, [[0.3, 0.5, 0.2], [0.15, 0.83, 0.02], [0.05, 0.2, 0.75], [0.2, 0.77, 0.03]]],
  [0.03, [[0.3, 0.5, 0.2], [0.15, 0.83, 0.02], [0.3, 0.4, 0.3], [0.05, 0.45, 0.5]]],
];
const WORK_SHARE = 0.83;

/** The abnormal work on, for a part of the time as if nothing was. */
const WORK_WHILE_ABNORMAL_SHARE = 0.11;
/**
 * Memory or disk runs out; the processor is busy in vain, while what else the target always does falls behind; the disk rests though the target
 * is not at rest (storage that answers nothing, processes that hang); too much comes over the network; all is at the top together.
 */
const ABNORMAL: Mixture = [
  [0.155, [[0.2, 0.5, 0.3], [0.01, 0.04, 0.95], [0.3, 0.5, 0.2], [0.25, 0.65, 0.1]]],
  [0.12, [[0.25, 0.55, 0.2], [0.1, 0.75, 0.15], [0.3, 0.55, 0.15], [0.01, 0.04, 0.95]]],
  [0.28, [[0.01, 0.04, 0.95], [0.1, 0.75, 0.15], [0.3, 0.6, 0.1], [0.45, 0.5, 0.05]]],
  [0.065, [[0.01, 0.09, 0.9], [0.1, 0.7, 0.2], [0.6, 0.35, 0.05], [0.6, 0.35, 0.05]]],
  [0.165, [[0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.3, 0.6, 0.1], [0.85, 0.14, 0.01]]],
  [0.05, [[0.2, 0.45, 0.35], [0.1, 0.7, 0.2], [0.01, 0.09, 0.9], [0.4, 0.5, 0.1]]],
  [0.055, [[0.02, 0.18, 0.8], [0.02, 0.18, 0.8], [0.1, 0.3, 0.6], [0.1, 0.3, 0.6]]],
];

/** Silent with full memory; silent; memory and disk at their limit and nothing served; busy in vain with full memory. */
const FAILED: Mixture = [
  [0.35, [[0.8, 0.19, 0.01], [0.02, 0.08, 0.9], [0.9, 0.09, 0.01], [0.8, 0.19, 0.01]]],
  [0.1, [[0.9, 0.09, 0.01], [0.2, 0.4, 0.4], [0.97, 0.02, 0.01], [0.97, 0.02, 0.01]]],
  [0.3, [[0.4, 0.4, 0.2], [0.01, 0.04, 0.95], [0.8, 0.18, 0.02], [0.01, 0.04, 0.95]]],
  [0.25, [[0.01, 0.04, 0.95], [0.01, 0.04, 0.95], [0.85, 0.13, 0.02], [0.3, 0.3, 0.4]]],
];

/** Weights of the symbols in a state; their sum is 1. */
export function emissionWeights({ health, load }: NamedState): Float64Array {
  const [activity, disk] = [ACTIVITY[load], DISK[load]];
  const work: Picture = [activity, HEALTHY_MEMORY[load], activity, disk];
  const mixtures: Record<Health, Mixture> = { normal: [[WORK_SHARE, work], ...CHORES], abnormal: [[WORK_WHILE_ABNORMAL_SHARE, work], ...ABNORMAL], failed: FAILED };
  const weights = Float64Array.from({ length: SYMBOLS }, (_, symbol) => {
    const levels = levelsOf(symbol);
    const seen = mixtures[health].reduce((sum, [share, picture]) => sum + share * FEATURES.reduce((product, feature, n) => product * picture[n]![levels[feature]], 1), 0);
    // Whatever the picture, load means more activity.
    return seen * Math.sqrt(activity[levels.cpu] * activity[levels.network] * (levels.disk === ABOVE ? 1 : disk[levels.disk]));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => ((1 - UNIFORM_SHARE) * weight) / sum + UNIFORM_SHARE / SYMBOLS);
}
