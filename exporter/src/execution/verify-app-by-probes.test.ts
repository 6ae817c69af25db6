import { expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import { verifyAppByProbes } from './verify-app-by-probes.ts';

/** `answered`: the time of the oldest of the latest answers, by the time of the look. */
async function verify(answered: (nowMs: number) => number | null, hopeless: string | null = null): Promise<{ after: number; missing: string } | string> {
  const clock = createFakeClock();
  const sinceMs = clock.monotonicMs();
  const limit = new AbortController();
  clock.after(30_000, () => limit.abort(new Error('time is over')));
  let missing = '';
  const ended = verifyAppByProbes({
    clock, verifySeconds: 5, sinceMs, signal: limit.signal,
    answeredAtMs() {
      const at = answered(clock.monotonicMs() - sinceMs);
      return at === null ? null : sinceMs + at;
    },
    hopeless: () => hopeless,
    missing: (text) => (missing = text),
  }).then(() => ({ after: clock.monotonicMs() - sinceMs, missing }), (error: unknown) => `${(error as Error).message}: ${missing}`);
  for (let second = 0; second < 31; second += 1) await clock.advance(1000);
  return ended;
}

it('takes probes that answer, and again when it has been long enough', async () => {
  // Every 4 s: at 2, 6 and 10 s.
  expect(await verify((now) => (now < 2000 ? null : 2000 + Math.floor((now - 2000) / 4000) * 4000))).toEqual({ after: 10_000, missing: 'its probes answer, but have not for long enough' });
});

it.each<[string, (nowMs: number) => number | null, string]>([
  ['answers from before the action', () => -1, 'not all its probes answer'],
  ['no answer', () => null, 'not all its probes answer'],
  ['one answer alone, however long ago', () => 1000, 'have not for long enough'],
  ['answers that fail again and again', (now) => (Math.floor(now / 3000) % 2 === 0 ? now : null), 'time is over'],
])('does not take %s', async (_, answered, missing) => {
  const end = await verify(answered);
  expect(end).toMatch(/^time is over/);
  expect(end).toContain(missing);
});

it('ends where there is no sense in waiting', async () => {
  expect(await verify((now) => now, 'its domain does not run any more')).toBe('its domain does not run any more: ');
});
