import { expect, test } from 'vitest';
import { describeEstimate, estimate } from './estimate.ts';
import type { MatrixEntry } from './matrix.ts';

const entry = (name: string, system: MatrixEntry['system']): MatrixEntry => ({ name, system, kernel: '6.1-cloud', options: {} });
const ENTRIES = [entry('t1', 'tiny'), entry('t2', 'tiny'), entry('d1', 'debian'), entry('d2', 'debian')] as const;
const [T1, T2, D1, D2] = ENTRIES;
const results = (seconds: Record<string, number>, partsDone = 0) => ({
  seconds: (guest: string, check: string) => seconds[`${guest} ${check}`],
  find: (guest: string, check: string) => ({ guest, check, status: 'not-run' as const, seconds: 0, figures: {}, error: '', partsDone }),
});
const x = { name: 'x' };

test('a check takes as long as in that guest, else as in its like, else as in any', () => {
  const times = results({ 't1 x': 10, 'd1 x': 100, 'd1 y': 7 });
  expect(estimate([{ entry: T1, check: x }], ENTRIES, times)).toEqual({ seconds: 10, unknown: 0 });
  expect(estimate([{ entry: T2, check: x }, { entry: D2, check: x }], ENTRIES, times)).toEqual({ seconds: 110, unknown: 0 });
  expect(estimate([{ entry: T2, check: { name: 'y' } }], ENTRIES, times)).toEqual({ seconds: 7, unknown: 0 });
  expect(estimate([{ entry: D1, check: x }, { entry: T1, check: { name: 'z' } }], ENTRIES, times)).toEqual({ seconds: 100, unknown: 1 });
});

test('parts that are through take no more time', () => {
  expect(estimate([{ entry: T1, check: { name: 'x', parts: 4 } }], ENTRIES, results({ 't1 x': 100 }, 3))).toEqual({ seconds: 25, unknown: 0 });
});

test('is told in hours and minutes, and what is not known is said', () => {
  expect(describeEstimate({ seconds: 30, unknown: 0 })).toBe('about 1 min left');
  expect(describeEstimate({ seconds: 4800, unknown: 1 })).toBe('about 1 h 20 min left, and 1 check that was never timed');
  expect(describeEstimate({ seconds: 0, unknown: 3 })).toBe('no estimate yet: 3 checks that were never timed');
});
