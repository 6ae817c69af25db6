import type { Clock } from '../clock.ts';

/** How long all processors of a guest were stopped, and how long they still may be. */
export interface PauseBudget {
  /** They stand still from now on. */
  stopped(): void;
  /** They run. */
  running(): void;
  /** Milliseconds, all stops together, the present one too. */
  readonly spentMs: number;
  readonly isSpent: boolean;
  /** Milliseconds that are left; 0: none. */
  readonly restMs: number;
}

export function createPauseBudget(clock: Clock, limitMs: number): PauseBudget {
  let spentMs = 0;
  let since: number | null = null;
  const now = () => spentMs + (since === null ? 0 : clock.now() - since);
  return {
    stopped() {
      since ??= clock.now();
    },
    running() {
      spentMs = now();
      since = null;
    },
    get spentMs() {
      return now();
    },
    get isSpent() {
      return now() >= limitMs;
    },
    get restMs() {
      return Math.max(0, limitMs - now());
    },
  };
}
