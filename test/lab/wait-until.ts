import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the answer is neither undefined nor false, and returns it.
 * @throws when `deadlineMs` has passed; the message says what was awaited, and the last error of `ask` if there was one.
 */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: { deadlineMs: number; intervalMs?: number },
): Promise<T> {
  const giveUpAt = performance.now() + options.deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= giveUpAt) {
      const detail = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(`${what}: not within ${options.deadlineMs} ms${detail}`, { cause: lastError });
    }
    await sleep(options.intervalMs ?? 100);
  }
}

/** The same for the moments when nothing may be asynchronous; returns false instead of throwing. Blocks the process. */
export function waitUntilSync(ask: () => boolean, deadlineMs: number): boolean {
  const giveUpAt = performance.now() + deadlineMs;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (!ask()) {
    if (performance.now() >= giveUpAt) return false;
    Atomics.wait(sleeper, 0, 0, 10);
  }
  return true;
}
