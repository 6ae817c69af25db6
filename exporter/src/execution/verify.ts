/** Verification after acting: a domain counts as recovered when it has run for a while and, where declared, answers its probes. */
import type { Clock } from '../events/clock.ts';
import { sleep } from '../events/clock.ts';
import type { DomainStateNow } from './hypervisor.ts';

export interface VerifyOptions {
  clock: Clock;
  /** How long it must have been running without a break. */
  verifySeconds: number;
  /** The state now; null: no such domain. What it rejects with is silence: nothing is known then, and the time begins anew. */
  state: () => Promise<DomainStateNow | null>;
  /** True when no probe is declared, or all declared ones have answered since the action. */
  probesAnswered: () => boolean;
  signal: AbortSignal;
}

const LONGEST_POLL_MS = 500;
/** Looks within the time of verification. */
const LOOKS = 5;

/**
 * Resolves when the domain is verified as running. Rejects at once with the reason when it stopped or is gone, and with
 * the signal's reason when the attempt's time is over before: inconclusive counts as failed (DESIGN, section 5).
 */
export async function verifyRunning(options: VerifyOptions): Promise<void> {
  const pollMs = Math.min(LONGEST_POLL_MS, (options.verifySeconds * 1000) / LOOKS);
  let runningSinceMs: number | null = null;
  for (;;) {
    const now = await look(options);
    if (now === null) throw new Error('gone after the action');
    if (now !== 'silence' && (now.state === 'shutoff' || now.state === 'crashed')) throw new Error(`${now.state} (${now.reason}) after the action`);
    const atMs = options.clock.monotonicMs();
    runningSinceMs = now !== 'silence' && now.state === 'running' ? (runningSinceMs ?? atMs) : null;
    const longEnough = runningSinceMs !== null && atMs - runningSinceMs >= options.verifySeconds * 1000;
    if (longEnough && options.probesAnswered()) return;
    await sleep(options.clock, pollMs, options.signal);
  }
}

/** A connection that is lost says nothing of the domain: unknown is never dead. */
async function look({ state, signal }: VerifyOptions): Promise<DomainStateNow | 'silence' | null> {
  try {
    return await state();
  } catch {
    signal.throwIfAborted();
    return 'silence';
  }
}
