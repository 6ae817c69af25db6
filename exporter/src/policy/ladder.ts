import type { Action, AttemptResult, IncidentFault } from '../vocabulary.ts';
import { unavailable } from './tables.ts';
import type { DomainPolicy, Ladder, Rung } from './types.ts';

/** What counts of an attempt. `result` and `endedAtMs` are null while it is under way. */
export interface PastAttempt {
  action: Action;
  result: AttemptResult | null;
  endedAtMs: number | null;
}

/** A rung that policy forbids here; to be recorded as an attempt with the result `unavailable`. */
export interface SkippedRung {
  rung: Rung;
  /** Position in the ladder. */
  index: number;
  why: string;
}

export type NextRung =
  | { kind: 'run'; rung: Rung; index: number; skipped: SkippedRung[] }
  /** Wall clock; null: an attempt is under way, its end will tell. */
  | { kind: 'wait'; untilMs: number | null }
  | { kind: 'exhausted'; skipped: SkippedRung[] };

export interface NextRungInput {
  fault: IncidentFault;
  ladder: Ladder;
  /** Every attempt of the incident, oldest first. */
  attempts: readonly PastAttempt[];
  policy: Pick<DomainPolicy, 'relocate' | 'restartPaused'>;
  /** From when a delay of the first rung counts: when the incident was opened. */
  openedAtMs: number;
  nowMs: number;
}

/**
 * The first rung of the ladder that has not been used up. An attempt uses up one rung with its action, so that attempts
 * made under another fault class of the same incident count where the ladders share an action, and only there.
 * An interrupted attempt leaves its rung open once; a second interruption uses it up. So at most two attempts a rung.
 */
export function nextRung(input: NextRungInput): NextRung {
  const { fault, ladder, attempts, policy } = input;
  if (attempts.some((attempt) => attempt.result === null)) return { kind: 'wait', untilMs: null };
  const used = usedRungs(attempts);
  const skipped: SkippedRung[] = [];
  for (const [index, rung] of ladder.rungs.entries()) {
    const left = used.get(rung.action) ?? 0;
    if (left > 0) {
      used.set(rung.action, left - 1);
      continue;
    }
    const why = unavailable(rung.action, fault, policy);
    if (why !== null) {
      skipped.push({ rung, index, why });
      continue;
    }
    const untilMs = delayEndMs(input, (rung.delaySeconds ?? 0) * 1000);
    return untilMs === null ? { kind: 'run', rung, index, skipped } : { kind: 'wait', untilMs };
  }
  return { kind: 'exhausted', skipped };
}

/** How many rungs each action has used up. */
function usedRungs(attempts: readonly PastAttempt[]): Map<Action, number> {
  const used = new Map<Action, number>();
  const interrupted = new Set<Action>();
  for (const { action, result } of attempts) {
    if (result === 'interrupted' && !interrupted.has(action)) {
      interrupted.add(action);
      continue;
    }
    interrupted.delete(action);
    used.set(action, (used.get(action) ?? 0) + 1);
  }
  return used;
}

/** Null: the delay since the last attempt is over. Skipped rungs take no time, so they don't begin it anew. */
function delayEndMs({ attempts, openedAtMs, nowMs }: NextRungInput, delayMs: number): number | null {
  const ends = attempts.filter((attempt) => attempt.result !== 'unavailable').map((attempt) => attempt.endedAtMs ?? openedAtMs);
  return waitEndMs(ends.length === 0 ? openedAtMs : Math.max(...ends), delayMs, nowMs);
}

/**
 * When a wait of `delayMs` from `fromMs` ends; null: it is over. The wall clock may have been set back: a wait that would
 * last longer than twice its length is over too, so that it never lasts for hours.
 */
export function waitEndMs(fromMs: number, delayMs: number, nowMs: number): number | null {
  const endMs = fromMs + delayMs;
  return endMs <= nowMs || fromMs - nowMs > delayMs ? null : endMs;
}
