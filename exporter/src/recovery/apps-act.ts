/** A rung of an app's ladder: the guards, the lock, the attempt, and what follows from its end. */
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import { guard } from '../policy/guards.ts';
import type { GuardContext, SilenceState } from '../policy/guards.ts';
import type { Rung } from '../policy/types.ts';
import type { AppFault, HoldReason } from '../vocabulary.ts';
import { appUnavailable, runAppAttempt } from './apps-attempt.ts';
import type { AppAttemptEnd } from './apps-attempt.ts';
import type { AppSituation } from './apps-situation.ts';
import { appSituationOf, appTarget } from './apps-situation.ts';
import { rememberTold } from './apps-told.ts';
import { scheduleApp, scheduleKnownApps } from './apps.ts';
import type { RecoveryContext } from './context.ts';
import { scheduleEvaluation, wakeHeld } from './evaluate.ts';
import { guardFacts } from './guard-context.ts';
import { closeIncident, decided, escalate, hold, patchIncident } from './incidents.ts';
import { lockOwner } from './lock-owner.ts';
import { recordUnavailable } from './rungs.ts';
import { silenceState } from './silence.ts';
import { isWithdrawn } from './withdrawal.ts';

const BUSY_RETRY_MS = 5000;

export async function actOnApp(context: RecoveryContext, situation: AppSituation, incident: IncidentRecord, fault: AppFault, rung: Rung, attempts: AttemptRecord[]): Promise<void> {
  const { key, record, app, host, status } = situation;
  const facts = await guardContext(context, situation, incident, fault, attempts, await silenceState(context, incident));
  const verdict = guard(facts);
  switch (verdict.kind) {
    case 'suppress': {
      const text = `${verdict.why}; it would have been: ${rung.action} in ${record.name} on ${host} (limit ${rung.timeoutSeconds} s)`;
      await closeIncident(context, incident, { outcome: 'dry_run', reason: 'dry_run', text });
      return rememberTold(context, key, `dry_run:${fault}`);
    }
    case 'hold':
      return holdUntil(context, situation, incident, verdict.reason, verdict.why, verdict.retryAtMs);
    case 'escalate':
      return escalate(context, incident, verdict.why);
    case 'allow': {
      const no = appUnavailable(context, rung.action, situation, status);
      if (no === null) return takeRung(context, situation, incident, rung, () => objectionNow(context, situation, incident, fault, facts));
      await recordUnavailable(context, incident, host, rung, no);
      return scheduleApp(context, record.uuid, app);
    }
  }
}

async function holdUntil(context: RecoveryContext, { record, app }: AppSituation, incident: IncidentRecord, reason: HoldReason, why: string, retryAtMs: number | null): Promise<void> {
  await hold(context, incident, reason, why, retryAtMs);
  if (retryAtMs !== null) scheduleApp(context, record.uuid, app, { delayMs: Math.max(100, retryAtMs - context.clock.nowMs()) });
}

/** What has come up since the guards were asked. Synchronous: nothing comes after it but the lease and the side effect. */
function objectionNow(context: RecoveryContext, { record: { uuid }, app }: AppSituation, incident: IncidentRecord, fault: AppFault, facts: GuardContext): string | null {
  const { state, clock } = context;
  const record = state.domains.get(uuid);
  const open = state.open.get(incident.targetKey);
  if (!record || open?.id !== incident.id) return 'the incident was closed';
  if (open.releasedAtMs === null || isWithdrawn(context, open)) return 'its alert was resolved';
  const { decision, selected, status } = appSituationOf(context, record, app);
  // Our own operation mutes what is said of the app, but not of its domain.
  const isMuted = decision.kind === 'nothing' && decision.ends === undefined && status?.verdict.state === 'muted';
  if (!isMuted && (decision.kind !== 'incident' || decision.fault !== fault)) return decision.kind === 'incident' ? `it is ${decision.fault} now` : decision.why;
  const verdict = guard({ ...facts, nowMs: clock.nowMs(), policy: selected.policy, pause: state.paused, maintenance: state.maintenance });
  return verdict.kind === 'allow' ? null : verdict.why;
}

async function takeRung(context: RecoveryContext, situation: AppSituation, incident: IncidentRecord, rung: Rung, objection: () => string | null): Promise<void> {
  const { state, store, clock } = context;
  const { record, app, host, key } = situation;
  const { action, timeoutSeconds } = rung;
  const owner = lockOwner(context, appTarget(situation));
  state.executing.set(key, host);
  try {
    if (!(await store.acquireLock(record.uuid, owner, `${action} ${app}`, clock.nowMs()))) {
      return await holdUntil(context, situation, incident, 'busy', 'another operation works on its domain', clock.nowMs() + BUSY_RETRY_MS);
    }
    state.unsettled.add(key);
    await decided(context, incident, { kind: 'act', reason: action, why: `${action} of ${app} in ${record.name} on ${host}` });
    const end = await runAppAttempt(context, { situation, incident: state.open.get(key) ?? incident, action, timeoutSeconds, actor: 'policy', objection });
    await store.releaseLock(record.uuid, owner);
    state.unsettled.delete(key);
    await afterAttempt(context, situation, action, end);
  } finally {
    leave(context, record.uuid, key);
  }
}

/** Others may have waited for the place, or for the domain's lock. */
export function leave(context: RecoveryContext, uuid: string, key: string): void {
  context.state.executing.delete(key);
  wakeHeld(context, 'concurrency');
  scheduleKnownApps(context, uuid);
  if (context.state.open.has(`domain/${uuid}`)) scheduleEvaluation(context, uuid);
}

async function afterAttempt(context: RecoveryContext, { record, app, key }: AppSituation, action: Rung['action'], { result, by }: AppAttemptEnd): Promise<void> {
  const incident = context.state.open.get(key);
  if (!incident) return;
  const succeeded = result === 'succeeded';
  if (succeeded && action === 'notify') await escalate(context, incident, 'told; nothing else is allowed for this fault');
  else if (succeeded) await closeIncident(context, incident, { outcome: 'recovered', text: `${action} in ${record.name} on ${incident.target.host}: verified ${by}` });
  // Between two rungs nothing is being done, perhaps for long.
  else if (incident.state !== 'open') await patchIncident(context, incident, { state: 'open' });
  scheduleApp(context, record.uuid, app);
}

async function guardContext(context: RecoveryContext, { record, host, selected, status }: AppSituation, incident: IncidentRecord, fault: AppFault, attempts: AttemptRecord[], silence: SilenceState): Promise<GuardContext> {
  return guardFacts(context, {
    incident, fault, selected, silence,
    target: { uuid: record.uuid, host },
    phase: attempts.some(({ executingAtMs, action }) => executingAtMs !== null && action !== 'notify') ? 'continue' : 'begin',
    // From missing answers over the network; what was read in the guest is proof.
    inferred: status?.verdict.basis === 'silence',
    alsoInferred: silentApps(context),
  });
}

/** UUIDs of domains with an app at fault by silence alone. */
function silentApps({ apps }: RecoveryContext): Set<string> {
  return new Set(apps.all().flatMap(({ uuid, verdict }) => (verdict.fault !== null && verdict.basis === 'silence' ? [uuid] : [])));
}
