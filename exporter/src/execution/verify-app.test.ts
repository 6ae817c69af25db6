import { expect, it } from 'vitest';
import type { VerifyAppOptions } from './verify-app.ts';
import { verifyApp } from './verify-app.ts';

type Look = { processes: string[] | null | Error; state?: 'up' | 'not yet' | 'unknown'; hopeless?: string };

/** One look a second of a clock of its own; the last one lasts. */
async function verify(looks: Look[], verifySeconds = 3): Promise<{ looks: number; missing: string[] }> {
  let nowMs = 0;
  let at = -1;
  const limit = new AbortController();
  const missing: string[] = [];
  const look = (): Look => looks[Math.min(at, looks.length - 1)] as Look;
  const options: VerifyAppOptions = {
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      after(delayMs, run) {
        queueMicrotask(() => {
          nowMs += delayMs;
          if (nowMs > 30_000) limit.abort(new Error('time is over'));
          run();
        });
        return () => undefined;
      },
    },
    verifySeconds,
    before: new Set(['1@1']),
    hopeless() {
      at += 1;
      return look().hopeless ?? null;
    },
    processes() {
      const { processes } = look();
      return processes instanceof Error ? Promise.reject(processes) : Promise.resolve(processes && new Set(processes));
    },
    state: () => look().state ?? 'up',
    missing: (text) => missing.push(text),
    signal: limit.signal,
  };
  await verifyApp(options);
  return { looks: at + 1, missing };
}

it('takes a new process that is up for long enough', async () => {
  expect((await verify([{ processes: [] }, { processes: ['2@2'] }])).missing[0]).toBe('no new process of it is seen');
});

it.each<[string, Look[]]>([
  ['the processes that were there before, however well they are', [{ processes: ['1@1'] }]],
  ['new processes that are not well', [{ processes: ['2@2'], state: 'not yet' }]],
  ['new processes of which nothing is known', [{ processes: ['2@2'], state: 'unknown' }]],
  ['a list that cannot be had', [{ processes: null }]],
  ['a guest that does not answer', [{ processes: new Error('silent') }]],
  ['one that starts over and over', Array.from({ length: 200 }, (_, index) => ({ processes: [`${index}@${index + 5}`] }))],
])('does not take %s', async (_name, looks) => {
  await expect(verify(looks)).rejects.toThrow('time is over');
});

it('begins anew after a break', async () => {
  const up: Look = { processes: ['2@2'] };
  const without = await verify([up]);
  const broken = await verify([up, up, { processes: ['2@2'], state: 'unknown' }, up]);
  expect(broken.looks).toBe(without.looks + 3);
});

it('ends at once where its domain has stopped', async () => {
  await expect(verify([{ processes: [] }, { processes: [], hopeless: 'its domain does not run any more' }])).rejects.toThrow('its domain does not run any more');
});
