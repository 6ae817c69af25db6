import { KINDS } from '../trace/kinds.ts';
import type { KindName } from '../trace/kinds.ts';
import { timeOf } from '../trace/trace.ts';
import type { Trace } from '../trace/trace.ts';

export interface Stretch {
  fromMs: number;
  /** Not within it any more. */
  toMs: number;
}

/** What a trace is to whoever judges forecasts by it. */
export interface Course {
  kind: KindName;
  seed: number;
  /** Where nothing is wrong: an alarm that begins here is a false one. */
  healthy: Stretch;
  /** Null: it did not fail. */
  event: Event | null;
  /** A decline that the guest survived is neither healthy time nor an event. */
  survived: boolean;
}

export interface Event {
  /** From here on an alarm is in time. */
  watchedFromMs: number;
  declineMs: number;
  failedMs: number;
  /** Without a sign before: reported apart. */
  abrupt: boolean;
}

/** So long before a decline was begun an alarm belongs to it: clocks, and the tick that it falls into. */
const BEFORE_DECLINE_MS = 60_000;

/** What comes after a failure or a decline that was survived is nobody's: the guest is restarted, and what is left is short. */
export function courseOf(trace: Trace): Course {
  const { kind, seed, readings, tickMs } = trace;
  const [firstMs, lastMs] = [readings[0]?.atMs ?? 0, readings.at(-1)?.atMs ?? 0];
  const [declineMs, failedMs] = [timeOf(trace, 'decline'), timeOf(trace, 'failed')];
  const abrupt = KINDS[kind].health === 'abrupt';
  const watchedFromMs = (declineMs ?? failedMs ?? Infinity) - BEFORE_DECLINE_MS;
  const healthy = { fromMs: firstMs, toMs: Math.max(firstMs, Math.min(lastMs + tickMs, watchedFromMs)) };
  const event = failedMs === null ? null : { watchedFromMs, declineMs: declineMs ?? failedMs, failedMs, abrupt };
  return { kind, seed, healthy, event, survived: KINDS[kind].health !== 'healthy' && event === null };
}
