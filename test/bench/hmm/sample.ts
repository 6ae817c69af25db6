import type { Hmm } from '../../../exporter/src/prediction/hmm/model.ts';

/** Symbols that a model emits. */
export function sampleSymbols({ states: N, symbols: M, initial, transition, emission }: Hmm, length: number, random: () => number): Int16Array {
  const draw = (count: number, weight: (n: number) => number): number => {
    let left = random();
    for (let n = 0; n < count; n++) if ((left -= weight(n)) < 0) return n;
    return count - 1;
  };
  let state = draw(N, (i) => initial[i]!);
  return Int16Array.from({ length }, () => {
    const symbol = draw(M, (k) => emission[k * N + state]!);
    state = draw(N, (j) => transition[state * N + j]!);
    return symbol;
  });
}
