import { amount } from './amount.ts';
import { featureSets, relativeLevel, STOCKS } from './levels.ts';
import type { Leveled, Stock } from './levels.ts';
import { hostRatesBetween } from './host-rates.ts';
import type { HostReading } from './host-reading.ts';
import { DEFAULT_PARAMETERS, parametersProblem } from './parameters.ts';
import type { ObservationParameters } from './parameters.ts';
import { BINS, clear, createQuantiles, learn } from './quantiles.ts';
import type { RunningQuantiles } from './quantiles.ts';
import { ratesBetween } from './rates.ts';
import type { IntervalLimits } from './rates.ts';
import type { DomainReading } from './reading.ts';
import { forEachSignal, MEMORY_SOURCES, SIGNALS } from './signals.ts';
import type { Interruption, MemorySource, Rates, Signal } from './signals.ts';
import { breakTrend, createTrend, projected } from './trend.ts';
import type { Trend } from './trend.ts';
import { ABOVE, AROUND, codeOf, compatibleSymbols, FEATURES, isPartial, levelIn } from './symbol.ts';
import type { Feature, Level, LevelSet } from './symbol.ts';
import { MISSING } from '../hmm/model.ts';

/** What one target is used to, and where its counters stood: all that observing it needs, whatever its past. */
export interface Observer<Reading = DomainReading> {
  /** May be replaced at any time by others whose scales have the same `scale` and `largest`. */
  parameters: Readonly<ObservationParameters>;
  readonly quantiles: Record<Signal, RunningQuantiles>;
  previous: Reading | null;
  settleSecondsLeft: number;
  /** Time that habits were learnt in, and that they were frozen for; both forgotten as habits are. */
  learntSeconds: number;
  frozenSeconds: number;
  /** The tick before was our own operation's. */
  afterOperation: boolean;
  /** The one that the memory's quantiles are of. */
  memorySource: MemorySource | null;
  /** Ticks in a row that had only a poorer one. */
  poorerSourceTicks: number;
  /** An image was seen that is not wholly allocated. */
  thinDiskSeen: boolean;
  /** Of what there is only so much of: whether it runs out. */
  trends: Record<Stock, Trend>;
}

/** What is going on at a tick; decided elsewhere. */
export interface Circumstances {
  /** The target is probably not normal: what it does now is not to become its habit. */
  frozen: boolean;
  /** An operation of ours on the target or its host overlapped the time since the tick before. */
  ownOperation: boolean;
}

/** What was measured of a target at one tick. */
export interface MeasuredValues {
  /** Wall clock. */
  atMs: number;
  values: Readonly<Partial<Record<Signal, number | null>>>;
  /** What the memory's value stands for; `usable` is held against the absolute headroom too. */
  memorySource: MemorySource;
}

export type Why = Interruption | 'own-operation' | 'settling' | 'not-said' | 'no-requests' | 'learning' | 'other-source' | 'preallocated';

export interface Missing {
  /** Null: the whole tick. */
  signal: Signal | null;
  why: Why;
}

export interface Observation {
  rates: Rates;
  /** Null: not known, or not exactly. */
  levels: Record<Feature, Level | null>;
  /** 0 to 80; MISSING unless all four levels are known. */
  symbol: number;
  /** The symbols that it can have been, where something is known but not all; else null. Shared: not to be changed. */
  partial: Uint8Array | null;
  /** Symbol, MISSING or partial as one number (`compatibleSymbols`), for keeping sequences. */
  code: number;
  /**
   * CPU, memory, network or disk is still being learnt; its level is then known by absolute headroom alone. (Faults, latency and fill only
   * raise levels: an idle target may take for ever to have them learnt.)
   */
  coldStart: boolean;
  missing: Missing[];
}

const AMPLE_SHARE = 0.1;
const ANYTHING: Record<Feature, LevelSet> = { cpu: 7, memory: 7, network: 7, disk: 7 };
/** What levels stand on; the other signals only raise them. */
const LEADING: readonly Signal[] = ['cpuRatio', 'memoryUsedRatio', 'networkBytesPerSecond', 'diskBytesPerSecond', 'diskRequestsPerSecond'];
/** Allocated so far, an image is taken for one that was allocated in advance: its allocation tells nothing of its filling. */
const PREALLOCATED_RATIO = 0.999;

/** An observer that has seen nothing. @throws RangeError when the parameters make no sense */
export function createObserver<Reading = DomainReading>(parameters: Readonly<ObservationParameters> = DEFAULT_PARAMETERS): Observer<Reading> {
  const problem = parametersProblem(parameters);
  if (problem !== null) throw new RangeError(problem);
  const bins = new Float32Array(SIGNALS.length * BINS);
  return {
    parameters,
    quantiles: forEachSignal((signal, n) => createQuantiles(parameters.scales[signal], bins.subarray(n * BINS, (n + 1) * BINS))),
    previous: null,
    settleSecondsLeft: 0,
    learntSeconds: 0,
    frozenSeconds: 0,
    afterOperation: false,
    memorySource: null,
    poorerSourceTicks: 0,
    thinDiskSeen: false,
    trends: newTrends(parameters),
  };
}

function newTrends({ trendStretchSeconds, intervalSeconds }: Readonly<ObservationParameters>): Record<Stock, Trend> {
  const stretchTicks = Math.max(1, Math.round(trendStretchSeconds / intervalSeconds));
  return { memoryUsedRatio: createTrend(stretchTicks), diskFillRatio: createTrend(stretchTicks) };
}

/** One tick of a domain. The reading is kept until the next: not to be changed. */
export function observe(observer: Observer, reading: DomainReading, circumstances: Circumstances): Observation {
  return observeReading(observer, reading, ratesBetween, circumstances);
}

/** One tick of a host. The reading is kept until the next: not to be changed. */
export function observeHost(observer: Observer<HostReading>, reading: HostReading, circumstances: Circumstances): Observation {
  // A pool that is full is full.
  observer.thinDiskSeen = true;
  return observeReading(observer, reading, hostRatesBetween, circumstances);
}

/**
 * One tick of a target whose signals are measured by somebody else, as in a CSV file: values, not counters. They tell of their own moment, so
 * none is lost to a gap before it. Not to be mixed with `observe` on one observer.
 *
 * @param measured null, and what is not finite or negative: not said
 */
export function observeValues<Reading extends { atMs: number }>(observer: Observer<Reading>, measured: Reading & MeasuredValues, circumstances: Circumstances): Observation {
  const { intervalSeconds, shortestIntervals, longestIntervals } = observer.parameters;
  const since = observer.previous === null ? Number.NaN : (measured.atMs - observer.previous.atMs) / 1000;
  const known = Number.isFinite(measured.atMs);
  const interruption = !known ? 'bad-time' : since < intervalSeconds * shortestIntervals ? 'clock-step' : null;
  observer.previous = known ? measured : null;
  const values = forEachSignal((signal) => (interruption === null ? amount(measured.values[signal]) : null));
  const seconds = since <= intervalSeconds * longestIntervals ? since : intervalSeconds;
  const rates: Rates = { intervalSeconds: interruption === null ? seconds : null, interruption, values, memorySource: values.memoryUsedRatio === null ? null : measured.memorySource };
  return observeRates(observer, rates, circumstances);
}

function observeReading<Reading extends { atMs: number }>(
  observer: Observer<Reading>,
  reading: Reading,
  ratesOf: (previous: Reading | null, current: Reading, limits: IntervalLimits) => Rates,
  circumstances: Circumstances,
): Observation {
  const { intervalSeconds, shortestIntervals, longestIntervals } = observer.parameters;
  const rates = ratesOf(observer.previous, reading, { shortestSeconds: intervalSeconds * shortestIntervals, longestSeconds: intervalSeconds * longestIntervals });
  observer.previous = Number.isFinite(reading.atMs) ? reading : null;
  return observeRates(observer, rates, circumstances);
}

function observeRates<Reading>(observer: Observer<Reading>, rates: Rates, circumstances: Circumstances): Observation {
  const why = wholeTickMissing(observer, rates, circumstances.ownOperation);
  observer.afterOperation = circumstances.ownOperation;
  if (why !== null) {
    for (const stock of STOCKS) breakTrend(observer.trends[stock]);
    return observationOf(rates, ANYTHING, isCold(observer), [{ signal: null, why }]);
  }
  const { quantiles, parameters } = observer;
  const missing: Missing[] = [];
  const values = meaningfulValues(observer, rates, missing);
  const levels = forEachSignal((signal) => {
    const value = values[signal];
    const level = value === null ? null : relativeLevel(quantiles[signal], value, parameters.scales[signal], parameters.coldStartTicks);
    if (value !== null && level === null) missing.push({ signal, why: 'learning' });
    return level;
  });
  const sets = featureSets({ values, levels, projected: projectedStocks(observer, values), memorySource: rates.memorySource }, parameters);
  learnTick(observer, values, levels, rates.intervalSeconds ?? parameters.intervalSeconds, circumstances.frozen);
  return observationOf(rates, sets, missing.some(({ signal, why }) => why === 'learning' && signal !== null && LEADING.includes(signal)), missing);
}

function projectedStocks<Reading>({ trends, parameters }: Observer<Reading>, values: Leveled['values']): Leveled['projected'] {
  const of = (stock: Stock): number | null => {
    const value = values[stock];
    if (value === null) breakTrend(trends[stock]);
    return value === null ? null : Math.min(1, projected(trends[stock], value, parameters.trendSeconds / parameters.intervalSeconds));
  };
  return { memoryUsedRatio: of('memoryUsedRatio'), diskFillRatio: of('diskFillRatio') };
}

function learnTick<Reading>(observer: Observer<Reading>, values: Leveled['values'], levels: Leveled['levels'], seconds: number, frozen: boolean): void {
  const { quantiles, parameters } = observer;
  const keep = 2 ** (-seconds / parameters.halfLifeSeconds);
  const held = frozen && observer.frozenSeconds < parameters.frozenShare * observer.learntSeconds;
  observer.learntSeconds = observer.learntSeconds * keep + (held ? 0 : seconds);
  observer.frozenSeconds = observer.frozenSeconds * keep + (held ? seconds : 0);
  const noveltyShare = Math.min(1, observer.learntSeconds / parameters.youthSeconds);
  for (const signal of SIGNALS) {
    const [value, level] = [values[signal], levels[signal]];
    // A signal without habits has none to protect, and would never get any if a target were thought ill from the start.
    if (value !== null && (!held || level === null)) learn(quantiles[signal], value, keep, level === null || level === AROUND ? 1 : noveltyShare * stockShare(signal, value, level, parameters));
  }
}

/** While there is enough of it nothing freezes the habits of a stock, and a slow leak would become usual on its way. */
function stockShare(signal: Signal, value: number, level: Level, { memory, disk }: Readonly<ObservationParameters>): number {
  if (level !== ABOVE || (signal !== 'memoryUsedRatio' && signal !== 'diskFillRatio')) return 1;
  return value < (signal === 'memoryUsedRatio' ? memory : disk).ampleRatio ? AMPLE_SHARE : 1;
}

/** Whatever the target is used to is forgotten: somebody says that its life has changed. */
export function forgetHabits<Reading>(observer: Observer<Reading>): void {
  for (const signal of SIGNALS) clear(observer.quantiles[signal]);
  observer.learntSeconds = 0;
  observer.frozenSeconds = 0;
}

function observationOf(rates: Rates, sets: Record<Feature, LevelSet>, coldStart: boolean, missing: Missing[]): Observation {
  const code = codeOf(sets);
  const levels = Object.fromEntries(FEATURES.map((feature) => [feature, levelIn(sets[feature])])) as Record<Feature, Level | null>;
  const partial = isPartial(code);
  return { rates, levels, symbol: partial ? MISSING : code, partial: partial ? compatibleSymbols(code) : null, code, coldStart, missing };
}

function wholeTickMissing<Reading>(observer: Observer<Reading>, { interruption, intervalSeconds }: Rates, ownOperation: boolean): Why | null {
  if (interruption === 'restart') observer.settleSecondsLeft = observer.parameters.settleSeconds;
  if (ownOperation || observer.afterOperation) return 'own-operation';
  if (interruption !== null) return interruption;
  if (observer.settleSecondsLeft <= 0) return null;
  observer.settleSecondsLeft -= intervalSeconds ?? observer.parameters.intervalSeconds;
  return 'settling';
}

/** The values that can be compared with what was learnt; the rest as null, with the reason. */
function meaningfulValues<Reading>(observer: Observer<Reading>, rates: Rates, missing: Missing[]): Record<Signal, number | null> {
  const values = { ...rates.values };
  for (const signal of SIGNALS) {
    if (values[signal] !== null) continue;
    const idle = signal === 'diskRequestSeconds' && values.diskRequestsPerSecond === 0;
    missing.push({ signal, why: idle ? 'no-requests' : 'not-said' });
  }
  if (values.memoryUsedRatio !== null && rates.memorySource !== null && !sameMemorySource(observer, rates.memorySource)) {
    values.memoryUsedRatio = null;
    missing.push({ signal: 'memoryUsedRatio', why: 'other-source' });
  }
  if (values.diskFillRatio !== null) {
    observer.thinDiskSeen ||= values.diskFillRatio < PREALLOCATED_RATIO;
    if (!observer.thinDiskSeen) {
      values.diskFillRatio = null;
      missing.push({ signal: 'diskFillRatio', why: 'preallocated' });
    }
  }
  return values;
}

/**
 * Whether memory is told by the source that was learnt. A better one (the guest's balloon driver came up) replaces it at once, a poorer one
 * only when it stays: either way memory is learnt anew.
 */
function sameMemorySource<Reading>(observer: Observer<Reading>, source: MemorySource): boolean {
  const rank = (one: MemorySource | null): number => (one === null ? MEMORY_SOURCES.length : MEMORY_SOURCES.indexOf(one));
  if (rank(source) > rank(observer.memorySource)) {
    observer.poorerSourceTicks++;
    if (observer.poorerSourceTicks <= observer.parameters.coldStartTicks) return false;
  }
  observer.poorerSourceTicks = 0;
  if (source !== observer.memorySource) clear(observer.quantiles.memoryUsedRatio);
  observer.memorySource = source;
  return true;
}

/** At a tick of which nothing is known: whether what a target always has is still being learnt. */
function isCold<Reading>({ quantiles, parameters }: Observer<Reading>): boolean {
  const learnt = LEADING.map((signal) => quantiles[signal].learnt);
  return learnt.every((count) => count === 0) || learnt.some((count) => count > 0 && count < parameters.coldStartTicks);
}
