import { filterPartialTick, filterTick, startBelief } from './filter.ts';
import { expected, reachProbabilities, viterbiTick } from './forecast.ts';
import type { Hmm } from './model.ts';

/** `filter`: the sum over all paths of states; `viterbi`: the likeliest path to each, the published form. See `viterbiTick`. */
export type Form = 'filter' | 'viterbi';

/** A model ready to forecast: what depends on the model alone is worked out once. May be shared by all targets of that model. */
export interface Forecaster {
  readonly model: Hmm;
  readonly form: Form;
  /** For each horizon, of each state the probability to reach a target state within it. */
  readonly reach: readonly Float64Array[];
  readonly scratch: Float64Array;
}

/** Where one target stands: all that a tick needs of its history. */
export interface Standing {
  readonly belief: Float64Array;
  started: boolean;
}

/**
 * @param targets N entries, true: a state to be reached
 * @param horizonTicks how far each forecast looks ahead
 */
export function createForecaster(model: Hmm, targets: readonly boolean[], horizonTicks: readonly number[], form: Form = 'filter'): Forecaster {
  return { model, form, reach: horizonTicks.map((ticks) => reachProbabilities(model, targets, ticks)), scratch: new Float64Array(model.states) };
}

export function newStanding({ model }: Forecaster): Standing {
  return { belief: startBelief(model), started: false };
}

/**
 * One tick of a target, O(N^2) whatever its history.
 *
 * @param observed a symbol, MISSING, or the symbols that a partial observation can have been
 * @param into gets the probability of each horizon, 0 to 1
 */
export function forecastTick({ model, form, reach, scratch }: Forecaster, standing: Standing, observed: number | Uint8Array, into: Float64Array): void {
  const { belief, started } = standing;
  if (form === 'viterbi') viterbiTick(model, belief, observed, !started, scratch);
  else if (typeof observed === 'number') filterTick(model, belief, observed, !started, scratch);
  else filterPartialTick(model, belief, observed, !started, scratch);
  standing.started = true;
  forecastNow(reach, standing.belief, into);
}

/** The forecast of a belief, without a tick. */
export function forecastNow(reach: readonly Float64Array[], belief: Float64Array, into: Float64Array): void {
  for (let h = 0; h < reach.length; h++) into[h] = Math.min(1, expected(belief, reach[h]!));
}
