/**
 * Verification of an app after acting: a process that was not there before belongs to it, and perception finds it as it should be, for
 * a while without a break. An answering port alone proves nothing: the old process may have answered.
 */
import type { Clock } from '../events/clock.ts';
import { sleep } from '../events/clock.ts';

export interface VerifyAppOptions {
  clock: Clock;
  /** How long it must have been as it should be. */
  verifySeconds: number;
  /** Names of the app's processes now; null: not known. What it rejects with is silence. */
  processes(): Promise<ReadonlySet<string> | null>;
  /** Names of those that it had before the action. */
  before: ReadonlySet<string>;
  /** What perception says of it since the action ended. */
  state(): 'up' | 'not yet' | 'unknown';
  /** Why there is no sense in waiting: its domain stopped. Null: there is. */
  hopeless(): string | null;
  /** Told at each look what is still missing; for people. */
  missing(text: string): void;
  signal: AbortSignal;
}

const LONGEST_POLL_MS = 1000;
/** Looks within the time of verification. */
const LOOKS = 5;

/** Rejects with the reason where it is hopeless, and with the signal's reason when the attempt's time is over before. */
export async function verifyApp(options: VerifyAppOptions): Promise<void> {
  const { clock, verifySeconds, before } = options;
  const pollMs = Math.min(LONGEST_POLL_MS, (verifySeconds * 1000) / LOOKS);
  /** New processes that have been there at every look, and since when. */
  let steady: { names: string[]; sinceMs: number } | null = null;
  for (;;) {
    const hopeless = options.hopeless();
    if (hopeless !== null) throw new Error(hopeless);
    const now = await look(options);
    const fresh = [...(now ?? [])].filter((name) => !before.has(name));
    const state = options.state();
    steady = state === 'up' && fresh.length > 0 ? follow(steady, fresh, clock.monotonicMs()) : null;
    if (steady !== null && clock.monotonicMs() - steady.sinceMs >= verifySeconds * 1000) return;
    options.missing(now === null ? 'its processes are not known' : fresh.length === 0 ? 'no new process of it is seen' : MISSING[state]);
    await sleep(clock, pollMs, options.signal);
  }
}

const MISSING = {
  up: 'it is up, but has not been for long enough',
  'not yet': 'it has new processes, but is not as it should be',
  unknown: 'it has new processes, but it is not known whether it is as it should be',
};

/** Where none of them is left the time begins anew: it may be restarted over and over. */
function follow(steady: { names: string[]; sinceMs: number } | null, fresh: string[], nowMs: number): { names: string[]; sinceMs: number } {
  const kept = steady?.names.filter((name) => fresh.includes(name)) ?? [];
  return steady !== null && kept.length > 0 ? { names: kept, sinceMs: steady.sinceMs } : { names: fresh, sinceMs: nowMs };
}

async function look({ processes, signal }: VerifyAppOptions): Promise<ReadonlySet<string> | null> {
  try {
    return await processes();
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
