/**
 * One look at one domain: what is known, what policy says, and the next step of its incident. Runs in the queue's place of
 * the target, so never twice at once for one domain. Safe to repeat at any moment: it starts from observation every time.
 */
import { PRIORITY } from '../events/event.ts';
import type { AttemptRecord, DomainRecord, IncidentRecord } from '../history/store.ts';
import type { GuardContext } from '../policy/guards.ts';
import { guard } from '../policy/guards.ts';
import { nextRung } from '../policy/ladder.ts';
import type { SkippedRung } from '../policy/ladder.ts';
import type { DomainPolicy, Rung } from '../policy/types.ts';
import type { Fault, HoldReason } from '../vocabulary.ts';
import { runAttempt } from './attempt.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { policyOf, situationOf } from './decision.ts';
import { closeIncident, decided, domainTarget, escalate, hold, openIncident, patchIncident } from './incidents.ts';
import { guardContext } from './guard-context.ts';
import { notifyOnce, remember, suppressOnce } from './notifications.ts';
import { silenceState } from './silence.ts';
import { settle, verifyAgain } from './settle.ts';
import { isWithdrawn } from './withdrawal.ts';

/** Puts an evaluation of the domain into the queue; waiting ones are merged. */
export function scheduleEvaluation(
  context: RecoveryContext,
  uuid: string,
  options: { delayMs?: number; priority?: (typeof PRIORITY)[keyof typeof PRIORITY]; class?: 'perception' | 'execution' } = {},
): void {
  if (context.state.stopping) return;
  context.push({
    kind: 'evaluate',
    class: options.class ?? 'execution',
    priority: options.priority ?? PRIORITY.execution,
    dueMs: context.clock.monotonicMs() + (options.delayMs ?? 0),
    targetKey: `domain/${uuid}`,
    // Of several later looks the earliest is enough: what still has to wait then asks for the next. They must not pile up,
    // because every listing looks at what is held.
    mergeKey: `${options.delayMs ? 'evaluate-later' : 'evaluate'}/${uuid}`,
    run: () => evaluateDomain(context, uuid),
  });
}

export async function evaluateDomain(context: RecoveryContext, uuid: string): Promise<void> {
  const key = `domain/${uuid}`;
  if (context.state.unsettled.has(key)) await settle(context, key);
  // An operator's order runs in its own event; policy has no say in it.
  if (context.state.ordered.has(key)) return;
  await dropRemains(context, key, uuid);
  const record = context.state.domains.get(uuid);
  if (!record) return;
  const situation = situationOf(context, record);
  const { decision } = situation;
  switch (decision.kind) {
    case 'nothing':
      return rest(context, situation);
    case 'healthy':
      return healthy(context, situation);
    case 'notify':
      return notifyOnce(context, situation, decision);
    case 'incident':
      return work(context, situation, decision.fault, decision.why);
  }
}

/** Incidents that nothing else would ever end: of a domain forgotten meanwhile, of an order that is no longer under way. */
async function dropRemains(context: RecoveryContext, key: string, uuid: string): Promise<void> {
  const incident = context.state.open.get(key);
  if (!incident) return;
  if (!context.state.domains.has(uuid)) {
    await closeIncident(context, incident, { outcome: 'suppressed', reason: 'forgotten', text: 'the operator asked to forget the domain' });
  } else if (incident.fault === 'requested') {
    await closeIncident(context, incident, { outcome: 'interrupted', text: 'the order was not carried out; give it again' });
  }
}

/** Nothing to do. An open incident ends here only where policy says that nothing is wanted any more. */
async function rest(context: RecoveryContext, { incident, decision }: Situation): Promise<void> {
  if (!incident || decision.kind !== 'nothing' || !decision.ends) return;
  await closeIncident(context, incident, { outcome: 'suppressed', reason: decision.ends, text: decision.why });
}

async function healthy(context: RecoveryContext, situation: Situation): Promise<void> {
  const { record, incident } = situation;
  if (record.lastNotification !== null) await remember(context, record.uuid, { lastNotification: null });
  if (!incident) return;
  if (incident.state === 'escalated') return closeIncident(context, incident, { outcome: 'escalated', text: 'running again' });
  const fault = incident.fault as Fault;
  const begun = (await context.store.attempts(incident.id)).filter((attempt) => attempt.executingAtMs !== null);
  if (begun.length > 0) {
    if (await verifyAgain(context, situation, begun)) return;
    return work(context, situation, fault, 'running, but not verified after the last attempt');
  }
  const onlyAlert = incident.evidence.every((evidence) => evidence.source === 'alert');
  if (onlyAlert && context.probeState(record.uuid) === 'failed') {
    return work(context, situation, fault, 'the alert and the declared probe agree');
  }
  await closeIncident(
    context,
    incident,
    onlyAlert
      ? { outcome: 'suppressed', reason: 'not_verified', text: 'the alert says so, but the domain runs and no declared probe fails' }
      : { outcome: 'suppressed', reason: 'self_recovered', text: 'running again without an action of virtmedic' },
  );
}

/** Something is wrong: open the incident or take the one that is open, and go one step on. */
async function work(context: RecoveryContext, situation: Situation, fault: Fault, why: string): Promise<void> {
  const { record, selected, observed } = situation;
  if (!selected.policy.managed) return suppressOnce(context, situation, fault, why);
  let incident = situation.incident;
  if (!incident && isTold(record, selected.policy, fault)) return;
  if (!incident) {
    const faultAtMs = observed.kind === 'present' ? (observed.lastStop?.atMs ?? observed.sinceMs) : context.clock.nowMs();
    const target = domainTarget(record);
    const evidence = [{ atMs: context.clock.nowMs(), source: 'perception', text: why }];
    incident = await openIncident(context, { target, fault, faultAtMs, evidence });
    if (!context.state.domains.has(record.uuid)) return scheduleEvaluation(context, record.uuid);
  }
  if (incident.fault !== fault) {
    const evidence = { atMs: context.clock.nowMs(), source: 'perception', text: `${incident.fault} is now ${fault}: ${why}` };
    incident = await patchIncident(context, incident, { fault, addEvidence: [evidence] });
  }
  if (incident.state === 'escalated') return;
  await advance(context, { ...situation, incident }, incident, fault);
}

/** A dry run tells of a fault once; what a person closed stays closed until the domain was healthy. */
function isTold({ lastNotification }: DomainRecord, policy: Pick<DomainPolicy, 'dryRun'>, fault: Fault): boolean {
  return lastNotification === `closed:${fault}` || (policy.dryRun && lastNotification === `dry_run:${fault}`);
}

/** The next step of an incident: wait for its alert, be held, or take the next rung. */
async function advance(context: RecoveryContext, situation: Situation, incident: IncidentRecord, fault: Fault): Promise<void> {
  const { record, selected } = situation;
  const { store, clock, state } = context;
  const attempts = (await store.attempts(incident.id)).slice(state.ladderFrom.get(incident.id) ?? 0);
  const next = nextRung({ fault, ladder: selected.ladder(fault), attempts, policy: selected.policy, openedAtMs: incident.openedAtMs, nowMs: clock.nowMs() });
  if (next.kind !== 'wait') await recordSkipped(context, record, incident, next.skipped);
  if (next.kind === 'exhausted') return escalate(context, incident, lastError(attempts));
  if (next.kind === 'wait') return holdUntil(context, incident, record.uuid, 'backoff', 'waiting before the next attempt', next.untilMs);
  const current = isWithdrawn(context, incident) ? await patchIncident(context, incident, { releasedAtMs: null, releasedBy: null }) : incident;
  const released = current.releasedAtMs !== null ? current : await release(context, situation, current);
  if (!released) return;
  await act(context, { ...situation, incident: released }, released, fault, next.rung, attempts);
}

/** A rung that policy forbids here is in history too, as an attempt that was not available. */
async function recordSkipped(context: RecoveryContext, record: DomainRecord, incident: IncidentRecord, skipped: SkippedRung[]): Promise<void> {
  const known = await context.store.attempts(incident.id);
  for (const { rung, why } of skipped) {
    if (known.some((attempt) => attempt.action === rung.action && attempt.result === 'unavailable')) continue;
    const nowMs = context.clock.nowMs();
    const attempt = await context.store.planAttempt({ incidentId: incident.id, action: rung.action, host: record.host, plannedAtMs: nowMs, actor: 'policy' });
    await context.store.patchAttempt(attempt.id, { state: 'ended', endedAtMs: nowMs, result: 'unavailable', error: why });
    context.metrics.attemptEnded(rung.action, 'unavailable');
  }
}

async function release(context: RecoveryContext, { selected }: Situation, incident: IncidentRecord): Promise<IncidentRecord | null> {
  if (selected.trigger === 'direct') {
    return patchIncident(context, incident, { releasedAtMs: context.clock.nowMs(), releasedBy: 'direct' });
  }
  if (incident.hold?.reason !== 'silence') {
    await hold(context, incident, 'waiting_for_alert', 'the alert has not come back through Alertmanager yet', null);
  }
  return null;
}

async function act(
  context: RecoveryContext,
  situation: Situation,
  incident: IncidentRecord,
  fault: Fault,
  rung: Rung,
  attempts: AttemptRecord[],
): Promise<void> {
  const { record } = situation;
  const silence = await silenceState(context, incident);
  const facts = await guardContext(context, situation, incident, fault, attempts, silence);
  const verdict = guard(facts);
  switch (verdict.kind) {
    case 'suppress':
      return dryRunOrSuppress(context, situation, incident, fault, verdict.why, rung);
    case 'hold':
      return holdUntil(context, incident, record.uuid, verdict.reason, verdict.why, verdict.retryAtMs);
    case 'escalate':
      return escalate(context, incident, verdict.why);
    case 'allow':
      return takeRung(context, situation, incident, rung, () => objectionNow(context, record.uuid, incident, facts));
  }
}

async function dryRunOrSuppress(
  context: RecoveryContext,
  { record }: Situation,
  incident: IncidentRecord,
  fault: Fault,
  why: string,
  rung: Rung,
): Promise<void> {
  const text = `${why}; it would have been: ${rung.action} on ${record.host} (limit ${rung.timeoutSeconds} s)`;
  await closeIncident(context, incident, { outcome: 'dry_run', reason: 'dry_run', text });
  await remember(context, record.uuid, { lastNotification: `dry_run:${fault}` });
}

/** What has come up since the guards were asked, while the attempt was written down. Synchronous: nothing comes after it. */
function objectionNow(context: RecoveryContext, uuid: string, incident: IncidentRecord, facts: GuardContext): string | null {
  const { state, clock } = context;
  const record = state.domains.get(uuid);
  const open = state.open.get(incident.targetKey);
  if (!record || open?.id !== incident.id) return 'the incident was closed';
  if (open.releasedAtMs === null || isWithdrawn(context, open)) return 'its alert was resolved';
  const verdict = guard({ ...facts, nowMs: clock.nowMs(), policy: policyOf(context, record).policy, pause: state.paused, maintenance: state.maintenance });
  return verdict.kind === 'allow' ? null : verdict.why;
}

async function takeRung(
  context: RecoveryContext,
  { record, observed, selected }: Situation,
  incident: IncidentRecord,
  rung: Rung,
  objection: () => string | null,
): Promise<void> {
  const { state, store } = context;
  const host = observed.kind === 'present' ? observed.host : record.host;
  const key = incident.targetKey;
  const operation = rung.action;
  state.executing.set(key, host);
  try {
    if (!(await store.acquireLock(record.uuid, context.owner, operation, context.clock.nowMs()))) {
      return await holdUntil(context, incident, record.uuid, 'busy', 'another operation works on this domain', context.clock.nowMs() + BUSY_RETRY_MS);
    }
    state.unsettled.add(key);
    await decided(context, incident, { kind: 'act', reason: operation, why: `${operation} on ${host}` });
    const current = state.open.get(key) ?? incident;
    const { timeoutSeconds } = rung;
    const desired = selected.policy.desired ?? record.desired;
    const end = await runAttempt(context, { record, incident: current, action: operation, host, timeoutSeconds, actor: 'policy', desired, objection });
    await store.releaseLock(record.uuid, context.owner);
    state.unsettled.delete(key);
    await afterAttempt(context, record, key, operation, end.result === 'succeeded');
  } finally {
    state.executing.delete(key);
    wakeHeld(context, 'concurrency');
  }
}

async function afterAttempt(context: RecoveryContext, record: DomainRecord, key: string, action: Rung['action'], succeeded: boolean): Promise<void> {
  const incident = context.state.open.get(key);
  if (!incident) return;
  if (succeeded && action === 'notify') {
    await escalate(context, incident, 'told; nothing else is allowed for this fault');
  } else if (succeeded) {
    await closeIncident(context, incident, { outcome: 'recovered', text: `${action} on ${incident.target.host}: verified running` });
  } else if (incident.state !== 'open') {
    // Between two rungs nothing is being done, perhaps for long.
    await patchIncident(context, incident, { state: 'open' });
  }
  scheduleEvaluation(context, record.uuid);
}

const BUSY_RETRY_MS = 5000;

async function holdUntil(
  context: RecoveryContext,
  incident: IncidentRecord,
  uuid: string,
  reason: HoldReason,
  why: string,
  retryAtMs: number | null,
): Promise<void> {
  await hold(context, incident, reason, why, retryAtMs);
  if (retryAtMs !== null) scheduleEvaluation(context, uuid, { delayMs: Math.max(100, retryAtMs - context.clock.nowMs()) });
}

/** Looks again at the incidents that are, or may soon be, held for `reason` (all without one), oldest first. */
export function wakeHeld(context: RecoveryContext, reason?: HoldReason): void {
  const { concurrency } = context.config().recovery;
  // One that is being decided at this moment may be about to be held by what has just ended.
  const mayBeHeld = ({ hold }: IncidentRecord): boolean => (hold ? !reason || hold.reason === reason : reason === 'pause' || reason === 'maintenance');
  const held = [...context.state.open.values()].filter(mayBeHeld);
  held.sort((a, b) => a.openedAtMs - b.openedAtMs);
  let free = reason === 'concurrency' ? concurrency.global - context.state.executing.size : held.length;
  for (const incident of held) {
    if (free <= 0) return;
    if (incident.target.kind !== 'domain') continue;
    const { host } = incident.target;
    const onHost = [...context.state.executing.values()].filter((where) => where === host).length;
    if (reason === 'concurrency' && onHost >= concurrency.perHost) continue;
    free -= 1;
    scheduleEvaluation(context, incident.target.uuid);
  }
}

function lastError(attempts: AttemptRecord[]): string {
  const last = attempts.at(-1);
  return last ? `all attempts failed; the last one, ${last.action}: ${last.error ?? last.result}` : 'no attempt is allowed for this fault';
}
