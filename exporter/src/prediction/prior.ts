/**
 * What is believed of the nine states before anything is seen (DESIGN 10), as pseudo-counts: without them training would be free to
 * exchange the states' meanings, and to use those that nothing visited for the finer points of a healthy target.
 */
import type { Prior } from './hmm/baum-welch.ts';
import { copyModel, emptyModel, normalise } from './hmm/model.ts';
import type { Hmm } from './hmm/model.ts';
import { SYMBOLS } from './observation/symbol.ts';
import { emissionWeights } from './prior-emission.ts';
import { HEALTHS, LOADS, STATE_COUNT, STATES } from './states.ts';
import type { Health } from './states.ts';

/** Ticks that the prior counts for, of each state of a health; `sequences`: for where sequences start. */
export interface PriorStrength extends Record<Health, number> {
  sequences: number;
}

/**
 * A healthy target soon shapes its own normal states. Trouble is rare: what it looks like stays as believed until hours of it are
 * labelled.
 */
export const DEFAULT_STRENGTH: PriorStrength = { normal: 500, abnormal: 5000, failed: 5000, sequences: 20 };
/** Never 0: what was never seen is not impossible. */
export const PROBABILITY_FLOOR = 1e-6;

const MINUTE_S = 60;
const DAY_S = 86_400;

/** From, to, once in how many seconds. Slow: whoever is healthy stays it for long, and what failed does not come back by itself. */
const HEALTH_CHANGES: readonly [Health, Health, number][] = [
  ['normal', 'abnormal', 2 * DAY_S],
  ['normal', 'failed', 60 * DAY_S],
  ['abnormal', 'normal', 15 * MINUTE_S],
  ['abnormal', 'failed', 30 * MINUTE_S],
  ['failed', 'abnormal', 10 * DAY_S],
  ['failed', 'normal', DAY_S],
];
/** Quicker: a burst comes and goes within minutes. */
const LOAD_CHANGE_S = { nextUp: 8 * MINUTE_S, nextDown: 5 * MINUTE_S, twoUp: 40 * MINUTE_S, twoDown: 20 * MINUTE_S };
const INITIAL_HEALTH = [0.97, 0.025, 0.005] as const;
const INITIAL_LOAD = [0.4, 0.4, 0.2] as const;

/** The structured prior's own model: where training starts, and what forecasts before there is any data. */
export function structuredModel(tickSeconds: number): Hmm {
  if (!(tickSeconds > 0 && tickSeconds < Infinity)) throw new RangeError(`tickSeconds: expected more than 0, not ${tickSeconds}`);
  const model = emptyModel(STATE_COUNT, SYMBOLS);
  const health = afterSeconds(healthRates(), tickSeconds);
  const load = afterSeconds(loadRates(), tickSeconds);
  const L = LOADS.length;
  for (let i = 0; i < STATE_COUNT; i++) {
    model.initial[i] = INITIAL_HEALTH[Math.floor(i / L)]! * INITIAL_LOAD[i % L]!;
    // Health and load change independently of each other.
    for (let j = 0; j < STATE_COUNT; j++) model.transition[i * STATE_COUNT + j] = health[Math.floor(i / L)]![Math.floor(j / L)]! * load[i % L]![j % L]!;
  }
  STATES.forEach((state, i) => emissionWeights(state).forEach((weight, symbol) => (model.emission[symbol * STATE_COUNT + i] = weight)));
  normalise(model, PROBABILITY_FLOOR);
  return model;
}

/** Pseudo-counts of the structured prior. */
export function structuredPrior(tickSeconds: number, strength: PriorStrength = DEFAULT_STRENGTH): Prior {
  const { initial, transition, emission } = structuredModel(tickSeconds);
  const ticks = STATES.map(({ health }) => strength[health]);
  return {
    initial: initial.map((probability) => probability * strength.sequences),
    transition: transition.map((probability, n) => probability * ticks[Math.floor(n / STATE_COUNT)]!),
    emission: emission.map((probability, n) => probability * ticks[n % STATE_COUNT]!),
  };
}

/**
 * The structured prior and what all targets together have shown: for a target that never failed, trouble looks as it did elsewhere.
 *
 * @param parts expected counts (`addExpectations` under one common model), one of each target
 * @param strength how many ticks all targets together count for at most, of each state; no target for more than twice its equal share
 */
export function pooledPrior(structured: Prior, parts: readonly Prior[], strength: PriorStrength): Prior {
  const pooled = { initial: structured.initial.slice(), transition: structured.transition.slice(), emission: structured.emission.slice() };
  const states = [...STATES.keys()];
  addPooled(pooled.initial, parts.map(({ initial }) => initial), states, strength.sequences);
  STATES.forEach(({ health }, i) => {
    addPooled(pooled.transition, parts.map(({ transition }) => transition), states.map((j) => i * STATE_COUNT + j), strength[health]);
    addPooled(pooled.emission, parts.map(({ emission }) => emission), Array.from({ length: SYMBOLS }, (_, symbol) => symbol * STATE_COUNT + i), strength[health]);
  });
  return pooled;
}

/** Adds the counts of one distribution, whose entries are at `row`: `most` in all. */
function addPooled(into: Float64Array, tables: readonly Float64Array[], row: readonly number[], most: number): void {
  const sums = tables.map((table) => row.reduce((sum, n) => sum + table[n]!, 0));
  const counted = [...tables.keys()].filter((k) => sums[k]! > 0 && sums[k]! < Infinity);
  const mean = counted.reduce((sum, k) => sum + sums[k]!, 0) / counted.length;
  const weights = counted.map((k) => Math.min(1, (2 * mean) / sums[k]!));
  const total = counted.reduce((sum, k, n) => sum + sums[k]! * weights[n]!, 0);
  const scale = Math.min(1, most / total);
  counted.forEach((k, m) => {
    for (const n of row) into[n]! += tables[k]![n]! * weights[m]! * scale;
  });
}

/**
 * Starts for training: the first is `model`, the others scatter around it. All keep the names of the states, which starts out of
 * nothing would not.
 */
export function scatteredStarts(model: Hmm, count: number, random: () => number): Hmm[] {
  return Array.from({ length: count }, (_, start) => {
    const next = copyModel(model);
    if (start === 0) return next;
    for (const table of [next.initial, next.transition, next.emission]) for (let n = 0; n < table.length; n++) table[n]! *= 0.5 + random();
    normalise(next, PROBABILITY_FLOOR);
    return next;
  });
}

function healthRates(): number[][] {
  return rates(HEALTHS.length, HEALTH_CHANGES.map(([from, to, seconds]) => [HEALTHS.indexOf(from), HEALTHS.indexOf(to), seconds]));
}

function loadRates(): number[][] {
  const { nextUp, nextDown, twoUp, twoDown } = LOAD_CHANGE_S;
  return rates(LOADS.length, [[0, 1, nextUp], [1, 2, nextUp], [0, 2, twoUp], [2, 1, nextDown], [1, 0, nextDown], [2, 0, twoDown]]);
}

/** Generator of a Markov chain in continuous time: rates per second, the diagonal so that rows sum to 0. */
function rates(size: number, changes: readonly (readonly [number, number, number])[]): number[][] {
  const generator = Array.from({ length: size }, () => Array<number>(size).fill(0));
  for (const [from, to, seconds] of changes) {
    generator[from]![to]! += 1 / seconds;
    generator[from]![from]! -= 1 / seconds;
  }
  return generator;
}

/** exp(generator x seconds): so that three ticks of 5 s mean what one of 15 s does. By scaling and squaring of the Taylor series. */
function afterSeconds(generator: readonly (readonly number[])[], seconds: number): number[][] {
  const fastest = Math.max(...generator.map((row, i) => -row[i]! * seconds));
  const halvings = Math.max(0, Math.ceil(Math.log2(fastest)) + 6);
  const step = generator.map((row) => row.map((rate) => (rate * seconds) / 2 ** halvings));
  const identity = generator.map((row, i) => row.map((_, j): number => (i === j ? 1 : 0)));
  let result = identity;
  // Horner: 1 + x (1 + x/2 (1 + x/3 (…))); x is below 1/64.
  for (let n = 8; n >= 1; n--) {
    const product = multiply(step, result);
    result = identity.map((row, i) => row.map((one, j) => one + product[i]![j]! / n));
  }
  for (let n = 0; n < halvings; n++) result = multiply(result, result);
  return result;
}

function multiply(left: readonly (readonly number[])[], right: readonly (readonly number[])[]): number[][] {
  return left.map((row) => right[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * right[k]![j]!, 0)));
}
