import { createWorkspace, logLikelihoodOf } from './expectation.ts';
import type { Sequence } from './expectation.ts';
import { modelProblem } from './model.ts';
import type { Hmm } from './model.ts';

export interface Choice {
  kept: 'last' | 'next';
  /** ln P per tick on the held-back data; null: there is no such model, or no such data. */
  lastPerTick: number | null;
  nextPerTick: number | null;
  /** For people. */
  reason: string;
}

/**
 * Better or keep: a newly trained model takes the last good one's place only where it explains data that neither was trained on at
 * least as well, and what is known of the states there. Both are measured on the same data.
 *
 * @param toleratedPerTick so much worse per tick still counts as not worse
 */
export function chooseModel(last: Hmm | null, next: Hmm, heldBack: readonly Sequence[], toleratedPerTick = 0): Choice {
  const problem = modelProblem(next);
  const lastPerTick = last === null ? null : perTick(last, heldBack);
  if (problem !== null) return { kept: 'last', lastPerTick, nextPerTick: null, reason: `the new model is none: ${problem}` };
  const nextPerTick = perTick(next, heldBack);
  const choice = (kept: Choice['kept'], reason: string): Choice => ({ kept, lastPerTick, nextPerTick, reason });
  if (last === null) return choice('next', 'there was no model before');
  if (last.states !== next.states || last.symbols !== next.symbols) return choice('next', 'the last model has other states or symbols');
  if (nextPerTick === null || lastPerTick === null) return choice('last', 'no data was held back, so the new model could not be compared');
  if (nextPerTick === -Infinity) return choice('last', 'held-back data is impossible under the new model');
  if (nextPerTick >= lastPerTick - toleratedPerTick) return choice('next', `not worse on held-back data (${numbers(nextPerTick, lastPerTick)})`);
  return choice('last', `the new model is worse on held-back data (${numbers(nextPerTick, lastPerTick)})`);
}

/** Mean ln P per tick; null: no ticks. */
export function perTick(model: Hmm, sequences: readonly Sequence[]): number | null {
  const longest = Math.max(0, ...sequences.map(({ symbols }) => symbols.length));
  if (longest === 0) return null;
  const work = createWorkspace(model, longest);
  let [sum, ticks] = [0, 0];
  for (const sequence of sequences) {
    sum += logLikelihoodOf(model, sequence, work);
    ticks += sequence.symbols.length;
  }
  return sum / ticks;
}

function numbers(next: number, last: number): string {
  return `${next.toFixed(4)} to ${last.toFixed(4)} per tick`;
}
