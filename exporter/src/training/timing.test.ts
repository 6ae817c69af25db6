import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../events/clock.ts';
import { createTiming } from './timing.ts';
import type { Timing } from './timing.ts';

const HOUR_MS = 3_600_000;
let timing: Timing;
let due: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 0, 1, 0, 0, 30) });
  due = [];
  const note = (what: string) => (): void => void due.push(`${what} ${new Date().getHours()}:${new Date().getMinutes()}`);
  timing = createTiming(systemClock, { nightly: note('nightly'), online: note('online') });
});
afterEach(() => {
  timing.stop();
  vi.useRealTimers();
});

it('comes each night, and at even intervals', async () => {
  timing.set({ enabled: true, nightlyAt: '41 2 * * *', onlineSeconds: 86_400 });
  await vi.advanceTimersByTimeAsync(48 * HOUR_MS);
  expect(due).toEqual(['nightly 2:41', 'online 0:0', 'nightly 2:41', 'online 0:0']);
});

it('follows another configuration, and ends with one that has it off', async () => {
  const times = { enabled: true, nightlyAt: '41 2 * * *', onlineSeconds: 86_400 };
  timing.set(times);
  timing.set({ ...times, nightlyAt: '30 4 * * *' });
  await vi.advanceTimersByTimeAsync(12 * HOUR_MS);
  timing.set({ ...times, nightlyAt: '30 4 * * *' });
  await vi.advanceTimersByTimeAsync(12 * HOUR_MS);
  expect(due).toEqual(['nightly 4:30', 'online 0:0']);
  timing.set({ ...times, enabled: false });
  await vi.advanceTimersByTimeAsync(48 * HOUR_MS);
  expect(due).toHaveLength(2);
});
