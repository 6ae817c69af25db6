/**
 * After a crash, or when the store failed in the middle of an attempt: attempts without a known end. Nothing is repeated
 * blindly: what is unknown is marked so, then the domain is observed (DESIGN, section 6).
 */
import { verifyRunning } from '../execution/verify.ts';
import type { AttemptRecord } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { runningOptions } from './attempt.ts';
import { AttemptAbandoned, messageOf, withDetail } from './attempt-run.ts';
import { lockOwner } from './lock-owner.ts';
import { closeIncident, patchIncident, restingState } from './incidents.ts';

/** Ends every unfinished attempt of the target's open incident as interrupted. */
export async function settle(context: RecoveryContext, key: string): Promise<void> {
  const { store, state } = context;
  const incident = state.open.get(key);
  if (incident) {
    for (const attempt of await store.attempts(incident.id)) {
      if (attempt.state !== 'ended') await interrupt(context, attempt);
    }
    if (incident.state === 'executing' || incident.state === 'verifying') await patchIncident(context, incident, { state: restingState(incident) });
    if (incident.target.kind !== 'host') await store.releaseLock(incident.target.uuid, lockOwner(context, incident.target));
  }
  state.unsettled.delete(key);
}

async function interrupt(context: RecoveryContext, attempt: AttemptRecord): Promise<void> {
  const { store, clock } = context;
  const endedAtMs = clock.nowMs();
  const detail = await store.recovery(attempt.incidentId);
  for (const step of detail?.steps ?? []) {
    if (step.attemptId !== attempt.id || step.state !== 'started') continue;
    await store.endStep(attempt.id, step.ordinal, { state: 'unknown', endedAtMs, detail: withDetail('virtmedic was interrupted during this step', step.detail) });
  }
  const error = attempt.executingAtMs === null ? 'interrupted before anything was done' : 'interrupted; the target is observed before going on';
  await store.patchAttempt(attempt.id, { state: 'ended', endedAtMs, result: 'interrupted', error });
  context.metrics.attemptEnded(attempt.action, 'interrupted');
  context.log.warn({ incident: attempt.incidentId, action: attempt.action }, 'attempt was interrupted');
}

/**
 * The domain runs, and an attempt of ours was begun that did not end as a success: its end was lost, or it was not verified
 * in time. True: the incident was closed as recovered. False: the ladder goes on.
 */
export async function verifyAgain(context: RecoveryContext, { record, incident, observed }: Situation, attempts: AttemptRecord[]): Promise<boolean> {
  const last = attempts.at(-1);
  if (!incident || !last || observed.kind !== 'present' || !context.hypervisor(observed.host)) return false;
  const sinceMs = last.executingAtMs ?? last.plannedAtMs;
  // An attempt that had its time is not given more; one that was lost or ended early gets it, once.
  const hadItsTime = last.result === 'timed_out' || context.state.lookedAgain.get(incident.id) === last.id;
  if (hadItsTime && !context.probesAnsweredSince(record.uuid, sinceMs)) return false;
  const limit = new AbortController();
  const cancel = context.clock.after(VERIFY_LIMIT_MS, () => limit.abort(new Error('the probes did not answer in time')));
  const verifying = await patchIncident(context, incident, { state: 'verifying', hold: null });
  try {
    const signal = AbortSignal.any([limit.signal, context.state.abandoned.signal]);
    await verifyRunning(runningOptions(context, record.uuid, observed.host, sinceMs, signal));
  } catch (error) {
    if (error instanceof AttemptAbandoned) throw error;
    context.state.lookedAgain.set(incident.id, last.id);
    const evidence = { atMs: context.clock.nowMs(), source: 'listing', text: `not verified: ${messageOf(error)}` };
    await patchIncident(context, verifying, { state: 'open', addEvidence: [evidence] });
    return false;
  } finally {
    cancel();
  }
  await closeIncident(context, verifying, { outcome: 'recovered', text: `running again after ${last.action}: verified` });
  return true;
}

const VERIFY_LIMIT_MS = 90_000;
