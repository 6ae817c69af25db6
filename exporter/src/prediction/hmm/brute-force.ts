/** For tests: everything by adding up over all paths of hidden states. */
import { MISSING } from './model.ts';
import type { Hmm } from './model.ts';

export interface Enumerated {
  /** P(observations). */
  probability: number;
  /** P(x[t] = i | observations), t by t. */
  states: number[][];
  /** Sum over t of P(x[t] = i, x[t+1] = j | observations). */
  transitions: number[][];
  /** max over paths that end in i of P(path, observations). */
  bestTo: number[];
}

export function enumerate({ states: N, initial, transition, emission }: Hmm, symbols: readonly number[]): Enumerated {
  const result: Enumerated = {
    probability: 0,
    states: symbols.map(() => Array.from({ length: N }, () => 0)),
    transitions: Array.from({ length: N }, () => Array.from({ length: N }, () => 0)),
    bestTo: Array.from({ length: N }, () => 0),
  };
  const emitted = (state: number, symbol: number): number => (symbol === MISSING ? 1 : emission[symbol * N + state]!);
  const walk = (path: number[], probability: number): void => {
    if (path.length < symbols.length) {
      const last = path.at(-1);
      const symbol = symbols[path.length]!;
      for (let j = 0; j < N; j++) walk([...path, j], probability * (last === undefined ? initial[j]! : transition[last * N + j]!) * emitted(j, symbol));
      return;
    }
    result.probability += probability;
    path.forEach((state, t) => {
      result.states[t]![state]! += probability;
      if (t > 0) result.transitions[path[t - 1]!]![state]! += probability;
    });
    const end = path.at(-1)!;
    result.bestTo[end] = Math.max(result.bestTo[end]!, probability);
  };
  walk([], 1);
  for (const row of [...result.states, ...result.transitions]) for (let i = 0; i < N; i++) row[i]! /= result.probability;
  return result;
}
