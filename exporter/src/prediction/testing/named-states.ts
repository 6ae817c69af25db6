/** Do a model's states still mean what they are called, and what does it forecast? */
import { expect } from 'vitest';
import { filterTick, startBelief } from '../hmm/filter.ts';
import { expected, reachProbabilities } from '../hmm/forecast.ts';
import { modelProblem } from '../hmm/model.ts';
import type { Hmm } from '../hmm/model.ts';
import { levelsOf } from '../observation/symbol.ts';
import type { Feature, Level } from '../observation/symbol.ts';
import { HEALTHS, LOADS, STATE_COUNT, STATE_NAMES, stateIndex, statesOf } from '../states.ts';

const HORIZON_S = 300;

/** P(not normal within five minutes) after each tick. */
export function forecasts(model: Hmm, symbols: Iterable<number>, tickSeconds: number): number[] {
  const reach = reachProbabilities(model, statesOf('abnormal', 'failed'), HORIZON_S / tickSeconds);
  const [belief, scratch] = [startBelief(model), new Float64Array(STATE_COUNT)];
  return Array.from(symbols, (symbol, t) => {
    filterTick(model, belief, symbol, t === 0, scratch);
    return expected(belief, reach);
  });
}

/** More load: more activity. Sicker: memory full more often. Failed: for good. */
export function expectNamed(model: Hmm): void {
  expect(modelProblem(model)).toBeNull();
  for (const health of HEALTHS) {
    const means = LOADS.map((load) => meanOf(model, stateIndex(health, load), ({ cpu, network, disk }) => cpu + network + disk));
    expect(means[0]! < means[1]! && means[1]! < means[2]!, `${health}: activity ${means.join(' ')}`).toBe(true);
  }
  for (const load of LOADS) {
    const full = HEALTHS.map((health) => meanOf(model, stateIndex(health, load), ({ memory }) => (memory === 2 ? 1 : 0)));
    expect(full[0]! < full[1]! && full[1]! < full[2]!, `${load}: full memory ${full.join(' ')}`).toBe(true);
  }
  const firstFailed = stateIndex('failed', 'low');
  for (let i = firstFailed; i < STATE_COUNT; i++) {
    let leaves = 0;
    for (let j = 0; j < firstFailed; j++) leaves += model.transition[i * STATE_COUNT + j]!;
    expect(leaves, STATE_NAMES[i]).toBeLessThan(0.01);
  }
}

/** Mean of `value` over the symbols of a state. */
function meanOf(model: Hmm, state: number, value: (levels: Record<Feature, Level>) => number): number {
  let sum = 0;
  for (let symbol = 0; symbol < model.symbols; symbol++) sum += model.emission[symbol * STATE_COUNT + state]! * value(levelsOf(symbol));
  return sum;
}
