import { emptyModel, normalise } from './model.ts';
import type { Hmm } from './model.ts';

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A model of random rows: a start for training. */
export function randomModel(states: number, symbols: number, random: () => number, floor: number): Hmm {
  const model = emptyModel(states, symbols);
  for (const table of [model.initial, model.transition, model.emission]) for (let n = 0; n < table.length; n++) table[n] = random();
  normalise(model, floor);
  return model;
}
