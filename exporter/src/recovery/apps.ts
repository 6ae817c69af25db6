/**
 * One look at one app in a guest: what is known, what policy says, and the next step of its incident, as for a domain (evaluate.ts). Runs
 * in the queue's place of the app, so never twice at once for one; beside its domain, from which the operation lock keeps it apart.
 */
import { PRIORITY } from '../events/event.ts';
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import { nextRung, waitEndMs } from '../policy/ladder.ts';
import { appKey } from '../vocabulary.ts';
import type { AppFault } from '../vocabulary.ts';
import { actOnApp } from './apps-act.ts';
import { lookAgain } from './apps-look-again.ts';
import type { AppSituation } from './apps-situation.ts';
import { appFaultBegan, appSituationOf, appTarget } from './apps-situation.ts';
import { forgetTold, rememberTold } from './apps-told.ts';
import type { RecoveryContext } from './context.ts';
import { closeIncident, escalate, hold, openIncident, patchIncident } from './incidents.ts';
import { lastError, recordSkipped, releaseOrWait } from './rungs.ts';
import { settle } from './settle.ts';
import { areAlertsResolved } from './withdrawal.ts';

export interface ScheduleOptions {
  delayMs?: number;
  priority?: (typeof PRIORITY)[keyof typeof PRIORITY];
  class?: 'perception' | 'execution';
}

/** Puts an evaluation of the app into the queue; waiting ones are merged. */
export function scheduleApp(context: RecoveryContext, uuid: string, app: string, options: ScheduleOptions = {}): void {
  if (context.state.stopping) return;
  const targetKey = appKey(uuid, app);
  context.push({
    kind: 'evaluate',
    class: options.class ?? 'execution',
    priority: options.priority ?? PRIORITY.execution,
    dueMs: context.clock.monotonicMs() + (options.delayMs ?? 0),
    targetKey,
    mergeKey: `${options.delayMs ? 'evaluate-later' : 'evaluate'}/${targetKey}`,
    run: () => evaluateApp(context, uuid, app),
  });
}

/** All apps that there is something to look at: faulty ones, and those with an open incident. Of one domain, or with null of all. */
export function scheduleKnownApps(context: RecoveryContext, uuid: string | null, options: ScheduleOptions = {}): void {
  const apps = new Map<string, [string, string]>();
  for (const { target } of context.state.open.values()) {
    if (target.kind === 'app' && (uuid === null || target.uuid === uuid)) apps.set(appKey(target.uuid, target.app), [target.uuid, target.app]);
  }
  for (const status of uuid === null ? context.apps.all() : context.apps.of(uuid)) {
    if (status.verdict.fault !== null) apps.set(appKey(status.uuid, status.app.name), [status.uuid, status.app.name]);
  }
  for (const [of, app] of apps.values()) scheduleApp(context, of, app, options);
}

/** Safe to repeat at any moment. */
export async function evaluateApp(context: RecoveryContext, uuid: string, app: string): Promise<void> {
  const { state } = context;
  const key = appKey(uuid, app);
  if (state.unsettled.has(key)) await settle(context, key);
  // An operator's order runs in its own event; policy has no say in it.
  if (state.ordered.has(key)) return;
  const incident = state.open.get(key) ?? null;
  const record = state.domains.get(uuid);
  if (!record) {
    await forgetTold(context, key);
    if (incident) await closeIncident(context, incident, { outcome: 'suppressed', reason: 'forgotten', text: 'its domain is not known any more' });
    return;
  }
  if (incident?.fault === 'requested') {
    await closeIncident(context, incident, { outcome: 'interrupted', text: 'the order was not carried out; give it again' });
  }
  const situation = appSituationOf(context, record, app);
  switch (situation.decision.kind) {
    case 'nothing':
      return rest(context, situation, situation.decision);
    case 'healthy':
      return healthy(context, situation, situation.decision.why);
    case 'incident':
      return work(context, situation, situation.decision.fault, situation.decision.why);
  }
}

/** Nothing to do here, or nothing is known: an open incident ends only where it has lost its ground, and else waits as it is. */
async function rest(context: RecoveryContext, { incident, key, status }: AppSituation, { why, ends }: Extract<AppSituation['decision'], { kind: 'nothing' }>): Promise<void> {
  if (ends === 'forgotten' && status === null) await forgetTold(context, key);
  if (!incident) return;
  if (ends) return closeIncident(context, incident, { outcome: 'suppressed', reason: ends, text: why });
  if (incident.state === 'escalated') return;
  if (isByAlertAlone(incident) && areAlertsResolved(context, incident)) {
    return closeIncident(context, incident, { outcome: 'suppressed', reason: 'alert_resolved', text: `the alert was resolved before it could be verified: ${why}` });
  }
  await hold(context, incident, 'unobserved', why, null);
}

function isByAlertAlone({ evidence }: IncidentRecord): boolean {
  return evidence.every(({ source }) => source === 'alert');
}

async function healthy(context: RecoveryContext, situation: AppSituation, why: string): Promise<void> {
  const { incident, key } = situation;
  await forgetTold(context, key);
  if (!incident) return;
  if (incident.state === 'escalated') return closeIncident(context, incident, { outcome: 'escalated', text: `as it should be again: ${why}` });
  const begun = (await context.store.attempts(incident.id)).filter(({ action, executingAtMs }) => executingAtMs !== null && action !== 'notify');
  if (begun.length > 0) return lookAgain(context, situation, incident, begun);
  await closeIncident(
    context,
    incident,
    isByAlertAlone(incident)
      ? { outcome: 'suppressed', reason: 'not_verified', text: `the alert says so, but perception does not: ${why}` }
      : { outcome: 'suppressed', reason: 'self_recovered', text: `as it should be again without an action of virtmedic: ${why}` },
  );
}

/** Something is wrong: open the incident or take the one that is open, and go one step on. */
async function work(context: RecoveryContext, situation: AppSituation, fault: AppFault, why: string): Promise<void> {
  const { selected, key, status } = situation;
  const told = context.state.toldApps.get(key);
  if (!selected.policy.managed) return suppressOnce(context, situation, fault, why);
  if (!situation.incident && (told === `closed:${fault}` || (selected.policy.dryRun && told === `dry_run:${fault}`))) return;
  const evidence = { atMs: context.clock.nowMs(), source: 'perception', text: why };
  const faultAtMs = status === null ? evidence.atMs : appFaultBegan(context, status.verdict);
  let incident = situation.incident ?? (await openIncident(context, { target: appTarget(situation), fault, faultAtMs, evidence: [evidence] }));
  if (incident.fault !== fault) incident = await refine(context, incident, fault, why);
  // An alert opened it; now perception agrees.
  else if (!incident.evidence.some(({ source }) => source === 'perception')) incident = await patchIncident(context, incident, { addEvidence: [evidence] });
  if (incident.state === 'escalated') return;
  await advance(context, { ...situation, incident }, incident, fault);
}

/** What was only told of has become worse: its release and its end were about the lesser fault. */
async function refine(context: RecoveryContext, incident: IncidentRecord, fault: AppFault, why: string): Promise<IncidentRecord> {
  const addEvidence = [{ atMs: context.clock.nowMs(), source: 'perception', text: `${incident.fault} is now ${fault}: ${why}` }];
  if (incident.fault !== 'app_degraded' || incident.releasedBy === 'operator') return patchIncident(context, incident, { fault, addEvidence });
  return patchIncident(context, incident, { fault, state: 'open', hold: null, outcomeText: null, releasedAtMs: null, releasedBy: null, addEvidence });
}

/** A fault in a domain that nobody allowed us to touch: one suppressed entry in history until it is well again. */
async function suppressOnce(context: RecoveryContext, situation: AppSituation, fault: AppFault, why: string): Promise<void> {
  const word = `suppressed:${fault}`;
  if (context.state.toldApps.get(situation.key) === word && !situation.incident) return;
  const evidence = [{ atMs: context.clock.nowMs(), source: 'perception', text: why }];
  const incident = situation.incident ?? (await openIncident(context, { target: appTarget(situation), fault, faultAtMs: context.clock.nowMs(), evidence }));
  await closeIncident(context, incident, { outcome: 'suppressed', reason: 'not_managed', text: `${why}; no selector manages its domain` });
  await rememberTold(context, situation.key, word);
}

/** The next step of an incident: wait for its alert, be held, or take the next rung. */
async function advance(context: RecoveryContext, situation: AppSituation, incident: IncidentRecord, fault: AppFault): Promise<void> {
  const { selected, host } = situation;
  const { store, clock, state } = context;
  const attempts = (await store.attempts(incident.id)).slice(state.ladderFrom.get(incident.id) ?? 0);
  const underWayUntilMs = await perhapsUnderWay(context, situation, incident, attempts);
  if (underWayUntilMs !== null) return holdApp(context, situation, incident, 'how the last attempt ended is not known; it is watched before anything is done again', underWayUntilMs);
  const next = nextRung({ fault, ladder: selected.ladder(fault), attempts, policy: selected.policy, openedAtMs: incident.openedAtMs, nowMs: clock.nowMs() });
  if (next.kind !== 'wait') await recordSkipped(context, incident, host, next.skipped);
  if (next.kind === 'exhausted') return escalate(context, incident, lastError(attempts));
  if (next.kind === 'wait') return holdApp(context, situation, incident, 'waiting before the next attempt', next.untilMs);
  const released = await releaseOrWait(context, selected.trigger, incident);
  if (released) await actOnApp(context, { ...situation, incident: released }, released, fault, next.rung, attempts);
}

async function holdApp(context: RecoveryContext, { record, app }: AppSituation, incident: IncidentRecord, why: string, untilMs: number | null): Promise<void> {
  await hold(context, incident, 'backoff', why, untilMs);
  if (untilMs !== null) scheduleApp(context, record.uuid, app, { delayMs: Math.max(100, untilMs - context.clock.nowMs()) });
}

/**
 * Wall clock until which a step whose end is not known may still be at work: the guest helper goes on where this process was
 * interrupted. Null: there is none.
 */
async function perhapsUnderWay(context: RecoveryContext, { selected }: AppSituation, incident: IncidentRecord, attempts: readonly AttemptRecord[]): Promise<number | null> {
  const last = attempts.at(-1);
  if (last?.result !== 'interrupted' || last.executingAtMs === null) return null;
  const detail = await context.store.recovery(incident.id);
  if (!detail?.steps.some(({ attemptId, state }) => attemptId === last.id && state === 'unknown')) return null;
  const rung = selected.ladder(incident.fault as AppFault).rungs.find(({ action }) => action === last.action);
  return waitEndMs(last.executingAtMs, (rung?.timeoutSeconds ?? UNKNOWN_LIMIT_SECONDS) * 1000, context.clock.nowMs());
}

const UNKNOWN_LIMIT_SECONDS = 30;
