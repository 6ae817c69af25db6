/** Time as the daemon sees it. Injected everywhere, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for records and people. It may step. */
  nowMs(): number;
  /** Milliseconds that never go back: for deadlines and intervals. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs` (>= 0) unless cancelled. Returns the function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** Longest delay that setTimeout keeps; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` of `clock`. Rejects with the signal's reason when it is aborted before. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
