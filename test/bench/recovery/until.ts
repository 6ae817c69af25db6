import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is there. Rejects when the time is over, with `ask`'s own error, and at once when the bench is interrupted. */
export async function until<T>(what: string, ask: () => Promise<T | null>, limits: { deadlineMs: number; intervalMs: number; signal: AbortSignal }): Promise<T> {
  const endMs = performance.now() + limits.deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${limits.deadlineMs / 1000} s`);
    await sleep(limits.intervalMs, undefined, { signal: limits.signal });
  }
}
