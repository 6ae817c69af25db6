/**
 * One look at one domain: what is known, what policy says, and the next step of its incident. Runs in the queue's place of
 * the target, so never twice at once for one domain. Safe to repeat at any moment: it starts from observation every time.
 */
import { PRIORITY } from '../events/event.ts';
import type { AttemptRecord, DomainRecord, IncidentRecord } from '../history/store.ts';
import type { GuardContext } from '../policy/guards.ts';
import { guard } from '../policy/guards.ts';
import { nextRung } from '../policy/ladder.ts';
import { unavailable } from '../policy/tables.ts';
import type { DomainPolicy, Rung } from '../policy/types.ts';
import type { Fault, HoldReason, Target } from '../vocabulary.ts';
import { isForecast } from '../vocabulary.ts';
import { runAttempt } from './attempt.ts';
import { scheduleApp, scheduleKnownApps } from './apps.ts';
import { messageOf } from './attempt-run.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { policyOf, situationOf } from './decision.ts';
import { closeIncident, decided, domainTarget, escalate, hold, openIncident, patchIncident } from './incidents.ts';
import { endForecast, movedByUs, watchOn } from './forecasts.ts';
import { guardContext } from './guard-context.ts';
import { scheduleHost } from './hosts.ts';
import { beginMigration, chooseDestination, migratedLately, migrationFacts } from './migrations.ts';
import { notifyOnce, remember, suppressOnce } from './notifications.ts';
import { lastError, recordSkipped, recordUnavailable, releaseOrWait } from './rungs.ts';
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

export function scheduleTarget(context: RecoveryContext, target: Target): void {
  switch (target.kind) {
    case 'domain':
      return scheduleEvaluation(context, target.uuid);
    case 'host':
      return scheduleHost(context, target.host);
    case 'app':
      return scheduleApp(context, target.uuid, target.app);
  }
}

export async function evaluateDomain(context: RecoveryContext, uuid: string): Promise<void> {
  const key = `domain/${uuid}`;
  const before = context.state.open.get(key);
  await lookAt(context, key, uuid);
  // What its apps may do depends on whether it has an incident itself.
  if (context.state.open.get(key)?.id !== before?.id) scheduleKnownApps(context, uuid);
}

async function lookAt(context: RecoveryContext, key: string, uuid: string): Promise<void> {
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
  if (isForecast(incident.fault)) return forecastEnded(context, situation, incident);
  if (incident.state === 'escalated') return closeIncident(context, incident, { outcome: 'escalated', text: 'running again' });
  const fault = incident.fault as Fault;
  const begun = (await context.store.attempts(incident.id)).filter(({ action, executingAtMs }) => executingAtMs !== null && action !== 'notify' && action !== 'migrate');
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

async function forecastEnded(context: RecoveryContext, { record, observed }: Situation, incident: IncidentRecord): Promise<void> {
  const moved = movedByUs(await context.store.attempts(incident.id), observed);
  if (moved) return closeMoved(context, incident, observed);
  await endForecast(context, incident, context.forecasts.domain(record.uuid));
}

async function closeMoved(context: RecoveryContext, incident: IncidentRecord, observed: Situation['observed']): Promise<void> {
  const host = observed.kind === 'present' ? observed.host : incident.target.host;
  const moved = await patchIncident(context, incident, { host });
  await closeIncident(context, moved, { outcome: 'recovered', text: `migrated from ${incident.fromHost} to ${host}: runs there` });
}

/** Something is wrong: open the incident or take the one that is open, and go one step on. */
async function work(context: RecoveryContext, situation: Situation, fault: Fault, why: string): Promise<void> {
  const { record, selected } = situation;
  if (!selected.policy.managed) return suppressOnce(context, situation, fault, why);
  let incident = situation.incident;
  if (!incident && isTold(record, selected.policy, fault)) return;
  if (!incident) {
    const faultAtMs = faultBegan(context, situation, fault);
    const target = domainTarget(record);
    const evidence = [{ atMs: context.clock.nowMs(), source: 'perception', text: why }];
    incident = await openIncident(context, { target, fault, faultAtMs, evidence });
    if (!context.state.domains.has(record.uuid)) return scheduleEvaluation(context, record.uuid);
  }
  if (incident.fault !== fault) {
    incident = await refine(context, incident, fault, why);
  } else if (isForecast(fault) && !incident.evidence.some(({ source }) => source === 'perception')) {
    // An alert opened it; now perception agrees.
    incident = await patchIncident(context, incident, { addEvidence: [{ atMs: context.clock.nowMs(), source: 'perception', text: why }] });
  }
  if (incident.state === 'escalated') return;
  await advance(context, { ...situation, incident }, incident, fault);
}

function faultBegan(context: RecoveryContext, { record, observed }: Situation, fault: Fault): number {
  const nowMs = context.clock.nowMs();
  if (isForecast(fault)) return context.forecasts.domain(record.uuid)?.failingSinceMs ?? nowMs;
  return observed.kind === 'present' ? (observed.lastStop?.atMs ?? observed.sinceMs) : nowMs;
}

/** What was only forecast has come: its release and its escalation were about the forecast, the fault has its own. */
async function refine(context: RecoveryContext, incident: IncidentRecord, fault: Fault, why: string): Promise<IncidentRecord> {
  const nowMs = context.clock.nowMs();
  const addEvidence = [{ atMs: nowMs, source: 'perception', text: `${incident.fault} is now ${fault}: ${why}` }];
  if (!isForecast(incident.fault) || incident.releasedBy === 'operator') return patchIncident(context, incident, { fault, addEvidence });
  const early = context.state.earlyAlerts.get(incident.id);
  const release = early?.fault === fault ? { releasedAtMs: nowMs, releasedBy: 'alert' as const, addAlert: early.alert } : { releasedAtMs: null, releasedBy: null };
  return patchIncident(context, incident, { fault, state: 'open', hold: null, outcomeText: null, addEvidence, ...release });
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
  if (fault === 'domain_failing' && movedByUs(attempts, situation.observed)) return closeMoved(context, incident, situation.observed);
  const next = nextRung({ fault, ladder: selected.ladder(fault), attempts, policy: selected.policy, openedAtMs: incident.openedAtMs, nowMs: clock.nowMs() });
  if (next.kind !== 'wait') await recordSkipped(context, incident, record.host, next.skipped);
  if (next.kind === 'exhausted') return isForecast(fault) ? watchOn(context, incident, await store.attempts(incident.id)) : escalate(context, incident, lastError(attempts));
  if (next.kind === 'wait') return holdUntil(context, incident, record.uuid, 'backoff', 'waiting before the next attempt', next.untilMs);
  const soon = next.rung.action === 'migrate' ? migratedLately(context, record.uuid) : null;
  if (soon !== null) {
    await recordUnavailable(context, incident, record.host, next.rung, soon);
    return scheduleEvaluation(context, record.uuid);
  }
  const released = await releaseOrWait(context, selected.trigger, incident);
  if (!released) return;
  await act(context, { ...situation, incident: released }, released, fault, next.rung, attempts);
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
  const gathered = await guardContext(context, situation, incident, fault, attempts, silence);
  const facts = { ...gathered, migrations: rung.action === 'migrate' ? migrationFacts(context, incident.targetKey, gathered.target.host) : null };
  const verdict = guard(facts);
  switch (verdict.kind) {
    case 'suppress':
      return dryRunOrSuppress(context, situation, incident, fault, verdict.why, rung);
    case 'hold':
      return holdUntil(context, incident, record.uuid, verdict.reason, verdict.why, verdict.retryAtMs);
    case 'escalate':
      return escalate(context, incident, verdict.why);
    case 'allow':
      return takeRung(context, situation, incident, rung, () => objectionNow(context, record.uuid, incident, gathered));
  }
}

async function dryRunOrSuppress(
  context: RecoveryContext,
  situation: Situation,
  incident: IncidentRecord,
  fault: Fault,
  why: string,
  rung: Rung,
): Promise<void> {
  const { record } = situation;
  const would = isForecast(fault) ? await wouldFollow(context, situation, fault) : `${rung.action} on ${record.host} (limit ${rung.timeoutSeconds} s)`;
  const text = `${why}; it would have been: ${would}`;
  await closeIncident(context, incident, { outcome: 'dry_run', reason: 'dry_run', text });
  await remember(context, record.uuid, { lastNotification: `dry_run:${fault}` });
}

/** All rungs: telling is only the first of them. */
async function wouldFollow(context: RecoveryContext, { record, selected }: Situation, fault: Fault): Promise<string> {
  const { rungs } = selected.ladder(fault);
  const actions = rungs.map(({ action }) => ({ action, no: unavailable(action, fault, selected.policy) }));
  const parts = actions.map(async ({ action, no }) => {
    if (no !== null) return `${action} (not available: ${no})`;
    if (action !== 'migrate') return action;
    return chooseDestination(context, record, record.host).then(({ why }) => `migrate ${why}`, (error: unknown) => `migrate (not available: ${messageOf(error)})`);
  });
  return (await Promise.all(parts)).join(', then ');
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
  const endMigration = operation === 'migrate' ? beginMigration(context, key, record.uuid, host) : null;
  let begun = false;
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
    begun = end.result !== 'unavailable' && end.result !== 'interrupted';
    await store.releaseLock(record.uuid, context.owner);
    state.unsettled.delete(key);
    await afterAttempt(context, { record, key, action: operation, from: host, succeeded: end.result === 'succeeded' });
  } finally {
    state.executing.delete(key);
    endMigration?.(begun || state.unsettled.has(key));
    wakeHeld(context, 'concurrency');
    if (endMigration) wakeHeld(context, 'migrations');
  }
}

async function afterAttempt(
  context: RecoveryContext,
  { record, key, action, from, succeeded }: { record: DomainRecord; key: string; action: Rung['action']; from: string; succeeded: boolean },
): Promise<void> {
  const incident = context.state.open.get(key);
  if (!incident) return;
  if (succeeded && action === 'notify' && !isForecast(incident.fault)) {
    await escalate(context, incident, 'told; nothing else is allowed for this fault');
  } else if (succeeded && action === 'migrate') {
    await closeIncident(context, incident, { outcome: 'recovered', text: `migrated from ${from} to ${incident.target.host}: verified running there` });
  } else if (succeeded && action !== 'notify') {
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
    const { host } = incident.target;
    const onHost = [...context.state.executing.values()].filter((where) => where === host).length;
    if (reason === 'concurrency' && onHost >= concurrency.perHost) continue;
    free -= 1;
    scheduleTarget(context, incident.target);
  }
}
