import { expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import { createTicker } from './ticker.ts';

it('runs at once and every interval, changeable at run time', async () => {
  const clock = createFakeClock();
  const starts: number[] = [];
  const ticker = createTicker(clock, 10_000, () => Promise.resolve(void starts.push(clock.monotonicMs())));
  await clock.advance(25_000);
  expect(starts).toEqual([0, 10_000, 20_000]);
  ticker.setInterval(2_000);
  await clock.advance(4_000);
  expect(starts.slice(3)).toEqual([25_000, 27_000, 29_000]);
  ticker.stop();
  await clock.advance(60_000);
  expect(starts).toHaveLength(6);
  expect(clock.timers).toBe(0);
});

it('never overlaps, does not catch up, and joins those who ask while it runs', async () => {
  const clock = createFakeClock();
  const ends: (() => void)[] = [];
  let active = 0;
  let most = 0;
  const ticker = createTicker(clock, 1_000, async () => {
    most = Math.max(most, ++active);
    await new Promise<void>((resolve) => ends.push(resolve));
    active--;
  });
  await clock.advance(5_000);
  expect(ends).toHaveLength(1);
  let done = 0;
  void ticker.now().then(() => done++);
  void ticker.now().then(() => done++);
  ends[0]?.();
  await clock.settle();
  expect([ends.length, done]).toEqual([2, 0]);
  ends[1]?.();
  await clock.settle();
  expect(done).toBe(2);
  await clock.advance(1_000);
  expect(ends).toHaveLength(3);
  expect(most).toBe(1);
  ticker.stop();
});
