import { MISSING } from '../hmm/model.ts';

/** The observation vector {C', M', N', D'} of the HMM paper, section 2.2, in its order. */
export const FEATURES = ['cpu', 'memory', 'network', 'disk'] as const;

export type Feature = (typeof FEATURES)[number];

export const BELOW = 0;
export const AROUND = 1;
export const ABOVE = 2;

export type Level = typeof BELOW | typeof AROUND | typeof ABOVE;

/** f(O): how many levels a feature has. */
const LEVELS = 3;
/** Number of symbols. */
export const SYMBOLS = LEVELS ** FEATURES.length;

/**
 * The index of an observation, C f(M) f(N) f(D) + M f(N) f(D) + N f(D) + D (HMM paper, section 2.2; 0 to 80).
 */
export function symbolOf(levels: Readonly<Record<Feature, Level>>): number {
  return FEATURES.reduce((index, feature) => index * LEVELS + levels[feature], 0);
}

/** The observation of an index. @throws RangeError when it is none */
export function levelsOf(symbol: number): Record<Feature, Level> {
  if (!Number.isInteger(symbol) || symbol < 0 || symbol >= SYMBOLS) throw new RangeError(`expected a symbol from 0 to ${SYMBOLS - 1}, not ${symbol}`);
  const digit = (place: number): Level => (Math.floor(symbol / LEVELS ** place) % LEVELS) as Level;
  return { cpu: digit(3), memory: digit(2), network: digit(1), disk: digit(0) };
}

/** Which levels a feature may have: bit 0 below, bit 1 around, bit 2 above. */
export type LevelSet = number;

export const ANY_LEVEL: LevelSet = 0b111;

/** The set of one level. */
export function only(level: Level): LevelSet {
  return 1 << level;
}

/** The set of a level and those above it. */
export function atLeast(level: Level): LevelSet {
  return (ANY_LEVEL << level) & ANY_LEVEL;
}

/** The level of a set of one; null: not known. */
export function levelIn(set: LevelSet): Level | null {
  return set === 0b001 ? BELOW : set === 0b010 ? AROUND : set === 0b100 ? ABOVE : null;
}

/** Codes of partial observations lie below MISSING: PARTIAL_BASE minus the four sets, 3 bits each. */
const PARTIAL_BASE = MISSING - 1;
const SET_BITS = 3;
const compatibleByCode = new Map<number, Uint8Array>();

/**
 * An observation of which not everything is known as one number (it fits 16 bits): the symbol, MISSING when nothing is known, else a
 * code below MISSING for `compatibleSymbols`.
 *
 * @throws RangeError when a set is empty or none
 */
export function codeOf(sets: Readonly<Record<Feature, LevelSet>>): number {
  let packed = 0;
  for (const feature of FEATURES) {
    const set = sets[feature];
    if (!Number.isInteger(set) || set < 1 || set > ANY_LEVEL) throw new RangeError(`${feature}: expected a set of levels, not ${set}`);
    packed = (packed << SET_BITS) | set;
  }
  if (packed === (1 << (SET_BITS * FEATURES.length)) - 1) return MISSING;
  const code = PARTIAL_BASE - packed;
  const symbols = compatibleSymbols(code);
  return symbols.length === 1 ? symbols[0]! : code;
}

/** True for the code of a partial observation: neither a symbol nor MISSING. */
export function isPartial(code: number): boolean {
  return code < MISSING;
}

/**
 * The symbols that an observation can have been; their probabilities add up to its emission. The list is shared: not to be changed. Any
 * number that is no code gives the empty list.
 */
export function compatibleSymbols(code: number): Uint8Array {
  const known = compatibleByCode.get(code);
  if (known) return known;
  const symbols = listSymbols(code);
  // Of codes there are at most 7^4 + 82; of other numbers none is kept.
  if (symbols.length > 0) compatibleByCode.set(code, symbols);
  return symbols;
}

function listSymbols(code: number): Uint8Array {
  const all = Uint8Array.from({ length: SYMBOLS }, (_, symbol) => symbol);
  if (code === MISSING) return all;
  if (code >= 0) return all.filter((symbol) => symbol === code);
  const packed = PARTIAL_BASE - code;
  if (!Number.isInteger(packed) || packed >= 1 << (SET_BITS * FEATURES.length)) return new Uint8Array(0);
  return all.filter((symbol) => {
    const levels = levelsOf(symbol);
    return FEATURES.every((feature, n) => (packed >> (SET_BITS * (FEATURES.length - 1 - n)) & only(levels[feature])) !== 0);
  });
}
