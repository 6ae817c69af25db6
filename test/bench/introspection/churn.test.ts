import { expect, it } from 'vitest';
import { createChurnWatch } from './churn.ts';

const at = (pid: number, startTicks: number) => ({ pid, startTimeNanoseconds: startTicks * 1e7 + 3 });
const named = (pid: number, startTicks: number) => ({ pid, startTicks });
const truth = { before: [named(1, 0), named(9, 5), named(30, 7)], after: [named(1, 0), named(9, 5), named(31, 90)], forks: new Map([[31, 1], [40, 2]]) };

function judged(...lists: ReturnType<typeof at>[][]) {
  const watch = createChurnWatch();
  for (const list of lists) watch.look(list);
  return watch.judge(truth);
}

it('takes lists for right that show what was there, and not more', () => {
  const verdict = judged([at(1, 0), at(9, 5), at(30, 7)], [at(1, 0), at(9, 5), at(31, 90)], [at(1, 0), at(9, 5), at(40, 20)], [at(1, 0), at(9, 5), at(40, 60)]);
  expect(verdict).toEqual({ lists: 4, wrongLists: 0, missing: 0, ghosts: 0, lasting: 2, seenNew: 3 });
});

it('takes a list for wrong that misses one that was there all the time, or has another in its place', () => {
  expect(judged([at(1, 0), at(9, 5)], [at(1, 0)], [at(1, 0), at(9, 6)])).toMatchObject({ wrongLists: 2, missing: 2, ghosts: 1 });
});

it('takes a list for wrong that shows one that never was', () => {
  expect(judged([at(1, 0), at(9, 5), at(77, 20)])).toMatchObject({ wrongLists: 1, missing: 0, ghosts: 1 });
  // Given out once, seen with two beginnings: which is the wrong one is not known.
  expect(judged([at(1, 0), at(9, 5), at(31, 90)], [at(1, 0), at(9, 5), at(31, 91)])).toMatchObject({ wrongLists: 2, ghosts: 2 });
});

it('takes one that ended for right as long as it had not been another', () => {
  expect(judged([at(1, 0), at(9, 5), at(30, 8)])).toMatchObject({ wrongLists: 1, ghosts: 1 });
});
