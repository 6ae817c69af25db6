import { describe, expect, it } from 'vitest';
import { MISSING, modelProblem } from '../prediction/hmm/model.ts';
import type { Hmm } from '../prediction/hmm/model.ts';
import { chooseModel } from '../prediction/hmm/choose.ts';
import { randomNumbers } from '../prediction/hmm/random-model.ts';
import { structuredModel } from '../prediction/prior.ts';
import { STATE_COUNT, stateIndex } from '../prediction/states.ts';
import { expectNamed, forecasts } from '../prediction/testing/named-states.ts';
import { live, symbolOfLevels } from '../prediction/testing/simulated-target.ts';
import type { Life } from '../prediction/testing/simulated-target.ts';
import { DEFAULT_FOLLOWING, DEFAULT_TRAINING, followNewest, trainOwn, trainPooled } from './train.ts';
import type { TargetRecords, TrainingSettings } from './train.ts';

const TICK_S = 15;
const DAY_S = 86_400;
const START_MS = 1_700_000_000_000;
const THRESHOLD = 0.5;
const settings: TrainingSettings = { ...DEFAULT_TRAINING, tickSeconds: TICK_S, starts: 2 };

function healthy(seed: number, seconds = DAY_S): Life {
  return live({ seconds, tickSeconds: TICK_S, random: randomNumbers(seed), leak: null });
}

function leaking(seed: number): Life {
  return live({ seconds: DAY_S / 2, tickSeconds: TICK_S, random: randomNumbers(seed), leak: { fromSeconds: DAY_S / 4, lastsSeconds: 1200 } });
}

function recorded({ symbols, failedTick }: Pick<Life, 'symbols' | 'failedTick'>, startMs = START_MS): TargetRecords {
  const failures = failedTick < 0 ? [] : [{ fromMs: startMs + failedTick * TICK_S * 1000, toMs: startMs + symbols.length * TICK_S * 1000 }];
  return { records: [{ startMs, tickSeconds: TICK_S, symbols }], labels: { failures, censored: [] } };
}

const endless = (symbol: number, ticks: number): TargetRecords => recorded({ symbols: new Int16Array(ticks).fill(symbol), failedTick: -1 });

/** The largest difference of what the states of trouble emit. */
function troubleMoved(left: Hmm, right: Hmm): number {
  return Math.max(...left.emission.map((value, n) => (n % STATE_COUNT < stateIndex('abnormal', 'low') ? 0 : Math.abs(value - right.emission[n]!))));
}

describe('training of all targets together', () => {
  const targets = [1, 2, 3, 4].map((seed) => recorded(healthy(seed))).concat([11, 12, 13].map((seed) => recorded(leaking(seed))));

  it('learns what trouble looks like, and the states keep their names', () => {
    const { model, counts, converged } = trainPooled(targets, settings);
    expect(converged).toBe(true);
    expectNamed(model);
    expect(counts).toMatchObject({ targets: 7, fromMs: START_MS });
    expect(counts.failures).toBeGreaterThan(0);
    const unseen = leaking(99);
    const probabilities = forecasts(model, unseen.symbols, TICK_S);
    expect(Math.max(...probabilities.slice(0, unseen.leakTick))).toBeLessThan(THRESHOLD);
    expect(unseen.failedTick - probabilities.findIndex((value) => value >= THRESHOLD)).toBeGreaterThan(20);
  });

  it('explains a healthy target that it never saw better than the built-in picture', () => {
    const { model, heldBack } = trainPooled(targets.slice(0, 4), settings);
    expect(heldBack.length).toBeGreaterThan(0);
    const unseen = trainPooled([recorded(healthy(77))], settings).heldBack;
    expect(chooseModel(structuredModel(TICK_S), model, unseen)).toMatchObject({ kept: 'next' });
  });

  it('one target among many does not decide', () => {
    const odd = symbolOfLevels(0, 0, 2, 0);
    const emitted = (extra: TargetRecords[]): number => {
      const { emission } = trainPooled([...targets.slice(0, 4), ...extra], settings).model;
      return Math.max(...[0, 1, 2].map((state) => emission[odd * STATE_COUNT + state]!));
    };
    const [without, withOdd] = [emitted([]), emitted([endless(odd, 20_000)])];
    expect(withOdd).toBeGreaterThan(without);
    expect(trainPooled([endless(odd, 20_000)], settings).model.emission[odd * STATE_COUNT]!).toBeGreaterThan(withOdd);
  });
});

describe("training of a target's own", () => {
  const pooled = trainPooled([recorded(leaking(21)), recorded(leaking(22)), recorded(healthy(23))], settings).model;

  it('keeps the pooled picture of trouble where it never failed, and how often to expect it', () => {
    const { model } = trainOwn(pooled, recorded(healthy(31, 3 * DAY_S)), settings);
    expect(troubleMoved(model, pooled)).toBeLessThan(1e-6);
    const leaves = (of: Hmm): number => of.transition.subarray(3, STATE_COUNT).reduce((sum, value) => sum + value, 0);
    expect(leaves(model)).toBeGreaterThan(leaves(pooled) / 2);
    expectNamed(model);
  });

  it('learns its own trouble where it failed', () => {
    const { model } = trainOwn(pooled, recorded(leaking(32)), settings);
    expect(troubleMoved(model, pooled)).toBeGreaterThan(1e-3);
  });

  it('does not learn from censored time', () => {
    const target = recorded(healthy(33));
    const censored = { ...target, labels: { failures: [], censored: [{ fromMs: START_MS, toMs: Infinity }] } };
    const { model, counts } = trainOwn(pooled, censored, settings);
    expect(counts).toMatchObject({ trained: 0, heldBack: 0 });
    expect(troubleMoved(model, pooled)).toBeLessThan(1e-6);
  });

  it.each([
    ['three ticks', endless(40, 3)],
    ['one constant signal', endless(symbolOfLevels(1, 1, 1, 1), 5000)],
    ['nothing but missing ticks', endless(MISSING, 5000)],
    ['no records', { records: [], labels: { failures: [], censored: [] } }],
    ['numbers that are no observation', recorded({ symbols: Int16Array.from({ length: 5000 }, (_, n) => (n * 7919) % 65_536), failedTick: -1 })],
  ])('%s: a model, and the states keep their names', (_, target) => {
    for (const { model } of [trainOwn(null, target, settings), trainPooled([target], settings)]) expectNamed(model);
  });

  it('of 10 million ticks it learns from a part that stands for all', () => {
    const symbols = new Int16Array(10_000_000);
    const days = [1, 2, 3].map((seed) => healthy(seed).symbols);
    for (let at = 0, n = 0; at < symbols.length; at += days[0]!.length, n++) symbols.set(days[n % 3]!.subarray(0, symbols.length - at), at);
    const { model, counts, heldBack } = trainOwn(pooled, recorded({ symbols, failedTick: -1 }), { ...settings, starts: 1 });
    expect(counts.observed).toBe(10_000_000);
    expect(counts.trained).toBeLessThan(1.1 * settings.mostTicks);
    expect(heldBack.reduce((sum, { symbols: { length } }) => sum + length, 0)).toBeLessThan(settings.mostTicks);
    expectNamed(model);
  });

  it('refuses records of another tick length', () => {
    expect(() => trainOwn(null, { ...endless(40, 3), records: [{ startMs: 0, tickSeconds: 5, symbols: new Int16Array(3) }] }, settings)).toThrow(/ticks of 5 s, expected 15 s/);
  });

  it('ends when it is aborted, and tells how far it is', () => {
    const control = new AbortController();
    const seen: number[] = [];
    const onProgress = ({ iteration }: { iteration: number }): void => {
      seen.push(iteration);
      if (iteration === 2) control.abort(new Error('enough'));
    };
    expect(() => trainOwn(null, recorded(healthy(34)), { ...settings, tolerance: 0, onProgress, signal: control.signal })).toThrow('enough');
    expect(seen).toEqual([1, 2]);
  });
});

describe('following the newest observations', () => {
  it('moves a model towards them a little; trouble keeps its picture', () => {
    const start = structuredModel(TICK_S);
    const newest = recorded(healthy(41, 3 * 3600));
    const followed = followNewest(start, newest, { ...settings, ...DEFAULT_FOLLOWING })!;
    expect(modelProblem(followed.model)).toBeNull();
    expect(troubleMoved(followed.model, start)).toBeLessThan(1e-6);
    expect(followed.heldBack.length).toBeGreaterThan(0);
    expect(chooseModel(start, followed.model, followed.heldBack).kept).toBe('next');
  });

  it('null where nothing new was observed', () => {
    expect(followNewest(structuredModel(TICK_S), endless(MISSING, 500), { ...settings, ...DEFAULT_FOLLOWING })).toBeNull();
  });

});
