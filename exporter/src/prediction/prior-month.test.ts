import { describe, expect, it } from 'vitest';
import { train } from './hmm/baum-welch.ts';
import type { Prior } from './hmm/baum-welch.ts';
import { addExpectations, createWorkspace, noExpectations } from './hmm/expectation.ts';
import type { Sequence } from './hmm/expectation.ts';
import { joinPriors, remember } from './hmm/memory.ts';
import type { Hmm } from './hmm/model.ts';
import { randomNumbers } from './hmm/random-model.ts';
import { expectNamed, forecasts } from './testing/named-states.ts';
import { live } from './testing/simulated-target.ts';
import type { Life } from './testing/simulated-target.ts';
import { PROBABILITY_FLOOR, structuredModel, structuredPrior } from './prior.ts';
import { STATE_COUNT } from './states.ts';
import { DEFAULT_LABELLING, labelledSequences } from './states-known.ts';

const TICK_S = 5;
const DAY_S = 86_400;
const THRESHOLD = 0.5;
const KEEP = Array<number>(STATE_COUNT).fill(0.9);

function day(seed: number): Life {
  return live({ seconds: DAY_S, tickSeconds: TICK_S, random: randomNumbers(seed), leak: null });
}

/** As every night: on the newest data, with what was learnt before as counts that fade. */
function night(model: Hmm, memory: Prior | null, sequences: readonly Sequence[]): { model: Hmm; memory: Prior } {
  const prior = joinPriors(structuredPrior(TICK_S), memory);
  const { model: trained } = train(model, sequences, { prior, floor: PROBABILITY_FLOOR, tolerance: 0.01, maxIterations: 20 });
  const sums = noExpectations(trained);
  for (const sequence of sequences) addExpectations(trained, sequence, sums, createWorkspace(trained, sequence.symbols.length));
  return { model: trained, memory: remember(memory, sums, KEEP) };
}

function labelled({ symbols, failedTick }: Life, quietIsNormal: boolean): Sequence[] {
  const failures = failedTick < 0 ? [] : [{ fromMs: failedTick * TICK_S * 1000, toMs: Infinity }];
  return labelledSequences({ startMs: 0, tickSeconds: TICK_S, symbols }, { failures, censored: [] }, { ...DEFAULT_LABELLING, leadSeconds: 3600, quietIsNormal });
}

describe('a month, trained anew every night', () => {
  it('of a healthy target: the states keep their names, its probability stays low, and its first leak is still seen', () => {
    let [model, memory]: [Hmm, Prior | null] = [structuredModel(TICK_S), null];
    for (let date = 0; date < 30; date++) {
      ({ model, memory } = night(model, memory, labelled(day(100 + date), true)));
      const probabilities = forecasts(model, day(101 + date).symbols, TICK_S);
      expect(probabilities.every((value) => value >= 0 && value < THRESHOLD), `day ${date + 1}: up to ${Math.max(...probabilities)}`).toBe(true);
    }
    expectNamed(model);
    const leaky = live({ seconds: DAY_S / 4, tickSeconds: TICK_S, random: randomNumbers(7), leak: { fromSeconds: DAY_S / 6, lastsSeconds: 1800 } });
    const probabilities = forecasts(model, leaky.symbols, TICK_S);
    expect(Math.max(...probabilities.slice(0, leaky.leakTick))).toBeLessThan(THRESHOLD);
    const alarm = probabilities.findIndex((value) => value >= THRESHOLD);
    expect(leaky.failedTick - alarm).toBeGreaterThan(60);
  });

  it('without any labels the states keep their names as well', () => {
    let [model, memory]: [Hmm, Prior | null] = [structuredModel(TICK_S), null];
    for (let date = 0; date < 10; date++) ({ model, memory } = night(model, memory, labelled(day(200 + date), false)));
    expectNamed(model);
  });

  it('with recorded failures: they are learnt, the names stay', () => {
    const life = (seed: number, lastsSeconds: number): Life =>
      live({ seconds: DAY_S / 2, tickSeconds: TICK_S, random: randomNumbers(seed), leak: { fromSeconds: DAY_S / 4, lastsSeconds } });
    let [model, memory]: [Hmm, Prior | null] = [structuredModel(TICK_S), null];
    for (let date = 0; date < 5; date++) ({ model, memory } = night(model, memory, labelled(day(300 + date), true)));
    for (const seed of [1, 2, 3, 4]) ({ model, memory } = night(model, memory, labelled(life(seed, 900 + 300 * seed), true)));
    expectNamed(model);
    const unseen = life(9, 1500);
    const probabilities = forecasts(model, unseen.symbols, TICK_S);
    expect(Math.max(...probabilities.slice(0, unseen.leakTick))).toBeLessThan(THRESHOLD);
    expect(unseen.failedTick - probabilities.findIndex((value) => value >= THRESHOLD)).toBeGreaterThan(60);
    expect(probabilities.slice(unseen.failedTick).every((value) => value > 0.9)).toBe(true);
  });
});
