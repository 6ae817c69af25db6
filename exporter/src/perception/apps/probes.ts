/** What the probes from outside said last about one app. */
import type { Finding } from './verdict.ts';

export const MOST_PROBES = 16;
const MOST_ERROR_CHARACTERS = 200;

export interface ProbeRecord {
  name: string;
  /** In a row. */
  failures: number;
  needed: number;
  error: string;
  /** Monotonic time of the last outcome, and until when it says anything. */
  atMs: number;
  endsMs: number;
  /** Monotonic time before which it was not asked. */
  beganMs: number;
  /** It was answered since the app was last started. */
  hasAnswered: boolean;
}

export interface ProbeOutcome {
  atMs: number;
  /** See `probeName`. */
  name: string;
  result: { ok: true } | { ok: false; error: string };
  /** Of its configuration. */
  failures: number;
  intervalSeconds: number;
  timeoutSeconds: number;
}

/** A probe that was not run so often is not run any more. */
const MISSED = 3;
const SPARE_MS = 10_000;

export function followProbes(before: readonly ProbeRecord[], { atMs, name, result, failures, intervalSeconds, timeoutSeconds }: ProbeOutcome): ProbeRecord[] {
  const known = before.find((record) => record.name === name);
  const now: ProbeRecord = {
    name,
    failures: result.ok ? 0 : (known?.failures ?? 0) + 1,
    needed: failures,
    error: result.ok ? '' : result.error.slice(0, MOST_ERROR_CHARACTERS),
    atMs,
    beganMs: atMs - timeoutSeconds * 1000,
    endsMs: atMs + MISSED * (intervalSeconds + timeoutSeconds) * 1000 + SPARE_MS,
    hasAnswered: result.ok || (known?.hasAnswered ?? false),
  };
  return [...before.filter((record) => record.name !== name), now].slice(-MOST_PROBES);
}

export function currentProbes(probes: readonly ProbeRecord[], atMs: number): ProbeRecord[] {
  return probes.filter(({ endsMs }) => atMs < endsMs);
}

/** `isGrown`: the app has had the time that its start may take; before that only a probe counts that had been answered. */
export function failedProbes(probes: readonly ProbeRecord[], isGrown: boolean): Finding[] {
  return probes
    .filter(({ failures, needed, hasAnswered }) => failures > 0 && failures >= needed && (isGrown || hasAnswered))
    .map(({ name, failures, error }) => ({ fault: 'app_hung', basis: 'silence', evidence: { kind: 'probe', probe: name, failures, error } }));
}
