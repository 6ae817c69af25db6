/** What an outside check of a guest saw; null: no answer. */
export interface Check {
  atMs: number;
  /** The guest's counter: goes up while its disk can be written. */
  count: number | null;
  /** How often its counter could not be written. */
  failures: number | null;
}

export type FailureDetail = 'silent' | 'stuck' | 'cannot-write';

/** What is known of a guest's service from the checks so far. */
export interface Health {
  count: number | null;
  movedAtMs: number;
  /** Of the first of the checks without an answer. */
  silentSinceMs: number | null;
  silentChecks: number;
  failuresAtFirst: number | null;
}

export const SILENT_CHECKS = 3;
export const STUCK_AFTER_MS = 25_000;
export const WRITE_FAILURES = 2;

export function startHealth(atMs: number): Health {
  return { count: null, movedAtMs: atMs, silentSinceMs: null, silentChecks: 0, failuresAtFirst: null };
}

/**
 * A guest has failed when three checks in a row got no answer (since the first of them), when its counter has not moved for 25 s, or when
 * it could not be written twice.
 */
export function judge(health: Health, check: Check): { health: Health; failed: { atMs: number; detail: FailureDetail } | null } {
  if (check.count === null) {
    const silent = { ...health, silentSinceMs: health.silentSinceMs ?? check.atMs, silentChecks: health.silentChecks + 1 };
    const failed = silent.silentChecks >= SILENT_CHECKS ? ({ atMs: silent.silentSinceMs, detail: 'silent' } as const) : null;
    return { health: silent, failed };
  }
  const moved = health.count === null || check.count !== health.count;
  const next: Health = {
    count: check.count,
    movedAtMs: moved ? check.atMs : health.movedAtMs,
    silentSinceMs: null,
    silentChecks: 0,
    failuresAtFirst: health.failuresAtFirst ?? check.failures,
  };
  if (check.failures !== null && check.failures - (next.failuresAtFirst ?? 0) >= WRITE_FAILURES) {
    return { health: next, failed: { atMs: check.atMs, detail: 'cannot-write' } };
  }
  const failed = check.atMs - next.movedAtMs >= STUCK_AFTER_MS ? ({ atMs: check.atMs, detail: 'stuck' } as const) : null;
  return { health: next, failed };
}
