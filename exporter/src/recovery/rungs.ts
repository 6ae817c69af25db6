/** What rungs of all ladders have in common, whatever they are done to. */
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import type { SkippedRung } from '../policy/ladder.ts';
import type { Rung } from '../policy/types.ts';
import type { Trigger } from '../vocabulary.ts';
import type { RecoveryContext } from './context.ts';
import { hold, patchIncident } from './incidents.ts';
import { isWithdrawn } from './withdrawal.ts';

/** A rung that policy forbids here is in history too, as an attempt that was not available. */
export async function recordSkipped(context: RecoveryContext, incident: IncidentRecord, host: string, skipped: SkippedRung[]): Promise<void> {
  const known = await context.store.attempts(incident.id);
  for (const { rung, why } of skipped) {
    if (known.some((attempt) => attempt.action === rung.action && attempt.result === 'unavailable')) continue;
    await recordUnavailable(context, incident, host, rung, why);
  }
}

export async function recordUnavailable({ store, clock, metrics }: RecoveryContext, { id: incidentId }: IncidentRecord, host: string, { action }: Rung, why: string): Promise<void> {
  const nowMs = clock.nowMs();
  const attempt = await store.planAttempt({ incidentId, action, host, plannedAtMs: nowMs, actor: 'policy' });
  await store.patchAttempt(attempt.id, { state: 'ended', endedAtMs: nowMs, result: 'unavailable', error: why });
  metrics.attemptEnded(action, 'unavailable');
}

/** The incident, released; null: it waits for its alert. */
export async function releaseOrWait(context: RecoveryContext, trigger: Trigger, incident: IncidentRecord): Promise<IncidentRecord | null> {
  const current = isWithdrawn(context, incident) ? await patchIncident(context, incident, { releasedAtMs: null, releasedBy: null }) : incident;
  if (current.releasedAtMs !== null) return current;
  if (trigger === 'direct') return patchIncident(context, current, { releasedAtMs: context.clock.nowMs(), releasedBy: 'direct' });
  if (current.hold?.reason !== 'silence') await hold(context, current, 'waiting_for_alert', 'the alert has not come back through Alertmanager yet', null);
  return null;
}

export function lastError(attempts: readonly AttemptRecord[]): string {
  const last = attempts.at(-1);
  return last ? `all attempts failed; the last one, ${last.action}: ${last.error ?? last.result}` : 'no attempt is allowed for this fault';
}
