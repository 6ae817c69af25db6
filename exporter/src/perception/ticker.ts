import type { Clock } from '../events/clock.ts';

export interface Ticker {
  /** Runs now, or right after the run that is under way; resolves when that is done. */
  now(): Promise<void>;
  /** From now on; counted from the last start. */
  setInterval(intervalMs: number): void;
  stop(): void;
}

/**
 * Runs `work` at once and then every `intervalMs` of monotonic time, never twice at the same time; a run that takes
 * longer delays the next one and none is caught up. `work` must not reject.
 */
export function createTicker(clock: Clock, intervalMs: number, work: () => Promise<void>): Ticker {
  let lastStartMs = clock.monotonicMs();
  let cancel = (): void => undefined;
  let underWay: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  let stopped = false;

  function schedule(): void {
    cancel();
    if (!stopped) cancel = clock.after(Math.max(0, lastStartMs + intervalMs - clock.monotonicMs()), () => void now());
  }

  async function run(): Promise<void> {
    lastStartMs = clock.monotonicMs();
    cancel();
    await work();
    underWay = null;
    if (following === null) schedule();
  }

  function now(): Promise<void> {
    if (stopped) return Promise.resolve();
    if (underWay === null) return (underWay = run());
    return (following ??= underWay.then(() => {
      following = null;
      return stopped ? undefined : (underWay = run());
    }));
  }

  void now();
  return {
    now,
    setInterval(next) {
      intervalMs = next;
      if (underWay === null) schedule();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
