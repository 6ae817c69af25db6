/** The nine hidden states (HMM paper, section 2.2): health x load. Index = 3 health + load. */
export const HEALTHS = ['normal', 'abnormal', 'failed'] as const;
export const LOADS = ['low', 'medium', 'high'] as const;
export type Health = (typeof HEALTHS)[number];
export type Load = (typeof LOADS)[number];

export interface NamedState {
  health: Health;
  load: Load;
}

export const STATES: readonly NamedState[] = HEALTHS.flatMap((health) => LOADS.map((load) => ({ health, load })));
export const STATE_COUNT = STATES.length;
/** In the order of their indices, such as `abnormal-high`. */
export const STATE_NAMES: readonly string[] = STATES.map(({ health, load }) => `${health}-${load}`);

export function stateIndex(health: Health, load: Load): number {
  return HEALTHS.indexOf(health) * LOADS.length + LOADS.indexOf(load);
}

/** Bit i: state i is one of these healths. The form of `Sequence.possible`. */
export function maskOf(...healths: readonly Health[]): number {
  return STATES.reduce((mask, { health }, index) => (healths.includes(health) ? mask | (1 << index) : mask), 0);
}

/** For each state whether it is one of these healths: the targets of a forecast. */
export function statesOf(...healths: readonly Health[]): boolean[] {
  return STATES.map(({ health }) => healths.includes(health));
}

/** P(health) under a belief over the states. */
export function healthProbabilities(belief: Float64Array): Record<Health, number> {
  return { normal: between(belief, 0, 1), abnormal: between(belief, 3, 1), failed: between(belief, 6, 1) };
}

/** P(load) under a belief over the states. */
export function loadProbabilities(belief: Float64Array): Record<Load, number> {
  return { low: between(belief, 0, 3), medium: between(belief, 1, 3), high: between(belief, 2, 3) };
}

/** P(abnormal or failed). Summed up itself: one less P(normal) would lose the small ones to rounding. */
export function notNormalProbability(belief: Float64Array): number {
  let sum = 0;
  for (let i = LOADS.length; i < STATE_COUNT; i++) sum += belief[i]!;
  return Math.min(1, sum);
}

/** Three of the belief, `step` apart. Rounding must not lead out of 0 to 1. */
function between(belief: Float64Array, from: number, step: number): number {
  return Math.min(1, belief[from]! + belief[from + step]! + belief[from + 2 * step]!);
}
