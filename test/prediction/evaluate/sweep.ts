import type { Limits } from './alarms.ts';
import { figuresOf } from './figures.ts';
import type { Figures } from './figures.ts';
import { judge } from './judge.ts';
import type { Scored } from './judge.ts';

export interface Candidate<Settings> {
  settings: Settings;
  limits: Limits;
}

export type Judged<Settings> = Candidate<Settings> & { figures: Figures };

/** All pairs of a way to score and limits for the alarm. */
export function sweep<Settings>(settings: readonly Settings[], limits: readonly Limits[], score: (settings: Settings) => readonly Scored[], tickSeconds: number): Judged<Settings>[] {
  return settings.flatMap((one) => {
    const scored = score(one);
    return limits.map((limit) => ({ settings: one, limits: limit, figures: figuresOf(judge(scored, limit), tickSeconds) }));
  });
}

/**
 * The one that recalls most without more false alarms a day than allowed; among equals the fewest false alarms, then the longest lead. Where
 * all have more, the one with the fewest. @throws RangeError when there is none at all
 */
export function best<Settings>(judged: readonly Judged<Settings>[], mostFalseAlarmsPerDay: number): Judged<Settings> {
  const rate = ({ figures }: Judged<Settings>): number => figures.falseAlarmsPerDay ?? Infinity;
  const allowed = judged.filter((one) => rate(one) <= mostFalseAlarmsPerDay);
  const recall = (one: Judged<Settings>): number => one.figures.recalled;
  const lead = ({ figures }: Judged<Settings>): number => figures.leadSecondsMedian ?? 0;
  const inOrder = allowed.length > 0
    ? allowed.toSorted((a, b) => recall(b) - recall(a) || rate(a) - rate(b) || lead(b) - lead(a))
    : judged.toSorted((a, b) => rate(a) - rate(b) || recall(b) - recall(a));
  const [first] = inOrder;
  if (first === undefined) throw new RangeError('no candidates');
  return first;
}
