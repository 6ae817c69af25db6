/** Whether the guest helper is worth asking: one that is lost is tried by one look at a time, less and less often, until it answers. */
import type { Clock } from '../../events/clock.ts';

export interface Trouble {
  reason: string;
  text: string;
}

export interface HelperGate {
  /** What it failed with last; null: it answers, or was not asked yet. */
  readonly trouble: Trouble | null;
  /** One more look may begin. `underWay`: looks that have not ended. */
  admits(underWay: number): boolean;
  /** Milliseconds until the next try; 0: now. */
  waitMs(): number;
  /** `startedMs`: when the look began. One that began before the last failure tells nothing new. */
  failed(trouble: Trouble, startedMs: number): void;
  answered(): void;
}

export interface HelperGateOptions {
  clock: Clock;
  /** Called once for each loss, also where the reason changes. */
  onLost(trouble: Trouble): void;
  onBack(): void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export function createHelperGate({ clock, onLost, onBack }: HelperGateOptions): HelperGate {
  let trouble: Trouble | null = null;
  let failedAtMs = -Infinity;
  let pauseMs = 0;
  const waitMs = (): number => (trouble === null ? 0 : Math.max(0, failedAtMs + pauseMs - clock.monotonicMs()));
  return {
    get trouble() {
      return trouble;
    },
    waitMs,
    admits: (underWay) => trouble === null || (underWay === 0 && waitMs() === 0),
    failed(next, startedMs) {
      if (startedMs < failedAtMs) return;
      const isNews = trouble?.reason !== next.reason;
      pauseMs = trouble === null ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, pauseMs * 2);
      trouble = next;
      failedAtMs = clock.monotonicMs();
      if (isNews) onLost(next);
    },
    answered() {
      if (trouble === null) return;
      trouble = null;
      onBack();
    },
  };
}
