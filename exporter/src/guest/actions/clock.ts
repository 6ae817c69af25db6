import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time as actions see it, so that tests can let it pass. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Time of day, for records only. */
  date(): Date;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds) => {
    await sleepFor(milliseconds);
  },
  date: () => new Date(),
};

const SLOWEST_MS = 50;

/**
 * Asks `condition` at once and then again and again until it is true or `limitMs` are over; answers what it said last. The pauses begin
 * with `firstMs` and grow with the time that has passed, up to 50 ms: what takes long is not looked at a thousand times a second.
 */
export async function waitUntil(clock: Clock, limitMs: number, firstMs: number, condition: () => boolean): Promise<boolean> {
  const begin = clock.now();
  for (;;) {
    if (condition()) return true;
    const passed = clock.now() - begin;
    if (passed >= limitMs) return false;
    await clock.sleep(Math.max(firstMs, Math.min(passed / 50, SLOWEST_MS)));
  }
}
