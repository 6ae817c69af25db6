import { expect, test } from 'vitest';
import type { Guest } from '../../lab/lab.ts';
import type { Measured } from './faults.ts';
import { breakAgainAndAgain, faultsIn, recoveredIn, secondsOf } from './rounds.ts';

const [first, second] = ['first', 'second'].map((name) => ({ name }) as Guest) as [Guest, Guest];
const measured = (seconds: number, outcome: string): Measured => ({ seconds, recovery: { incident: { outcome } } as Measured['recovery'] });
const options = { guests: [first, second], perGuest: 3, pauseSeconds: [0, 0] as const, signal: new AbortController().signal, progress: () => {} };

test('every guest is broken as often as asked', async () => {
  const sample = await breakAgainAndAgain(options, async (guest) => measured(guest === first ? 1 : 2, 'recovered'));
  expect([...sample.faults]).toEqual([[first, 3], [second, 3]]);
  expect(secondsOf(sample).toSorted()).toEqual([1, 1, 1, 2, 2, 2]);
  expect(recoveredIn(sample)).toBe(6);
});

test('a fault without a recovery counts as one that takes forever, and ends the rounds of its guest only', async () => {
  const sample = await breakAgainAndAgain(options, async (guest) => {
    if (guest === first) throw new Error('not within 180 s');
    return measured(2, 'failed');
  });
  expect(faultsIn(sample)).toBe(4);
  expect(secondsOf(sample).toSorted()).toEqual([2, 2, 2, Infinity]);
  expect(recoveredIn(sample)).toBe(0);
});

test('an interruption ends everything', async () => {
  const interruption = new AbortController();
  const breaking = breakAgainAndAgain({ ...options, signal: interruption.signal }, async () => {
    interruption.abort(new Error('interrupted by SIGINT'));
    throw new Error('cut off');
  });
  await expect(breaking).rejects.toThrow();
});
