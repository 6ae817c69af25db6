import { expect, test } from 'vitest';
import { waitUntil, waitUntilSync } from './wait-until.ts';

test('waits for an answer, through errors on the way', async () => {
  let asked = 0;
  const answer = await waitUntil('the third', () => {
    if (++asked === 2) throw new Error('not now');
    return asked === 3 && 'here';
  }, { deadlineMs: 60_000, intervalMs: 1 });
  expect(answer).toBe('here');
});

test('gives up with what it waited for and why it did not come', async () => {
  const ask = () => Promise.reject(new Error('refused'));
  await expect(waitUntil('a miracle', ask, { deadlineMs: 10, intervalMs: 1 })).rejects.toThrow('a miracle: not within 10 ms: refused');
  await expect(waitUntil('a miracle', () => undefined, { deadlineMs: 0 })).rejects.toThrow(/^a miracle: not within 0 ms$/);
});

test('the blocking kind', () => {
  let asked = 0;
  expect(waitUntilSync(() => ++asked === 3, 60_000)).toBe(true);
  expect(waitUntilSync(() => false, 20)).toBe(false);
});
