/**
 * Verification of an app whose processes cannot be listed: all its probes answer after the action, and again later. It rests on what answers
 * over the network alone, which may be the process that was there before; history says so.
 */
import type { Clock } from '../events/clock.ts';
import { sleep } from '../events/clock.ts';

export interface VerifyAppByProbesOptions {
  clock: Clock;
  /** How long lies between the first answers and those that prove it. */
  verifySeconds: number;
  /** Monotonic, of the oldest among the latest answers of its probes; null: one has not answered yet, or failed last. */
  answeredAtMs(): number | null;
  /** Monotonic, of the end of the action: answers from before do not count. */
  sinceMs: number;
  /** Why there is no sense in waiting. Null: there is. */
  hopeless(): string | null;
  /** Told at each look what is still missing; for people. */
  missing(text: string): void;
  signal: AbortSignal;
}

const LONGEST_POLL_MS = 1000;
/** Looks within the time of verification. */
const LOOKS = 5;

/** Rejects with the reason where it is hopeless, and with the signal's reason when the attempt's time is over before. */
export async function verifyAppByProbes({ clock, verifySeconds, answeredAtMs, sinceMs, hopeless, missing, signal }: VerifyAppByProbesOptions): Promise<void> {
  const pollMs = Math.min(LONGEST_POLL_MS, (verifySeconds * 1000) / LOOKS);
  let firstMs: number | null = null;
  for (;;) {
    const why = hopeless();
    if (why !== null) throw new Error(why);
    const atMs = answeredAtMs();
    firstMs = atMs === null || atMs < sinceMs ? null : (firstMs ?? atMs);
    if (firstMs !== null && atMs !== null && atMs - firstMs >= verifySeconds * 1000) return;
    missing(firstMs === null ? 'its processes cannot be listed, and not all its probes answer' : 'its probes answer, but have not for long enough');
    await sleep(clock, pollMs, signal);
  }
}
