/** An operator's order for an app: recover it now, or do one action. */
import { PRIORITY } from '../events/event.ts';
import type { IncidentRecord } from '../history/store.ts';
import { isAppAction } from '../vocabulary.ts';
import type { AppAction } from '../vocabulary.ts';
import type { ActionRequest, ActionResult } from '../web/control.ts';
import { ControlError } from '../web/control.ts';
import { leave } from './apps-act.ts';
import { appUnavailable, BY_PROBES, runAppAttempt } from './apps-attempt.ts';
import type { AppSituation } from './apps-situation.ts';
import { appAtWork, appSituationOf, appTarget } from './apps-situation.ts';
import { scheduleApp } from './apps.ts';
import { audit } from './audit.ts';
import type { RecoveryContext } from './context.ts';
import { decided, openIncident, patchIncident } from './incidents.ts';
import { lockOwner } from './lock-owner.ts';
import type { OrderEnd } from './order-queue.ts';
import { acceptOrder } from './order-queue.ts';

const TIMEOUT_SECONDS = 60;

/** Throws ControlError. */
export async function actOnAppByOrder(context: RecoveryContext, uuid: string, request: ActionRequest & { app: string }): Promise<ActionResult> {
  const record = context.state.domains.get(uuid);
  if (!record) throw new ControlError(404, `no domain ${uuid} is known`);
  const situation = appSituationOf(context, record, request.app);
  if (situation.status === null && situation.incident === null) throw new ControlError(404, `domain ${record.name} has no app ${request.app}${knownApps(context, uuid)}`);
  if (!situation.selected.policy.managed) throw new ControlError(409, `domain ${record.name} is not managed; a selector under "domains" with "managed: true" has to match it`);
  refuseWhileBusy(context, situation);
  if (request.action === 'recover') return recoverNow(context, situation, request);
  if (!isAppAction(request.action)) throw new ControlError(400, `${request.action} is done to domains, not to an app`);
  return order(context, situation, request, request.action);
}

function knownApps({ apps }: RecoveryContext, uuid: string): string {
  const names = apps.of(uuid).map(({ app }) => app.name);
  return names.length === 0 ? '; none are declared for it' : `; it has ${names.join(', ')}`;
}

/** Throws ControlError (409). */
export function refuseWhileBusy({ state }: RecoveryContext, { key, app, record }: Pick<AppSituation, 'key' | 'app' | 'record'>): void {
  if (!state.executing.has(key) && !state.ordered.has(key)) return;
  throw new ControlError(409, `app ${app} in domain ${record.name} is being worked on; see its open incident`);
}

/** Releases the open incident of the app and begins its ladder anew. */
async function recoverNow(context: RecoveryContext, situation: AppSituation, { actor, reason, dryRun: asked }: ActionRequest): Promise<ActionResult> {
  const { record, app, selected, decision, incident: open } = situation;
  if (decision.kind !== 'incident') throw new ControlError(409, `nothing to recover: ${decision.why}`);
  const { fault } = decision;
  const explanation = `${fault}: ${decision.why}; ladder: ${selected.ladder(fault).rungs.map((rung) => rung.action).join(', then ')}`;
  const dryRun = asked || selected.policy.dryRun;
  if (dryRun) return { accepted: true, dryRun, incidentId: open?.id ?? null, explanation };
  const nowMs = context.clock.nowMs();
  const evidence = [{ atMs: nowMs, source: 'operator', text: `${actor} ordered recovery: ${reason}` }];
  await audit(context, actor, 'recover', auditedTarget(situation), reason);
  const incident = open ?? (await openIncident(context, { target: appTarget(situation), fault, faultAtMs: nowMs, evidence }));
  context.state.ladderFrom.set(incident.id, (await context.store.attempts(incident.id)).length);
  const patch = { state: 'open' as const, releasedAtMs: nowMs, releasedBy: 'operator' as const, hold: null, outcomeText: null };
  await patchIncident(context, incident, open ? { ...patch, addEvidence: evidence } : patch);
  scheduleApp(context, record.uuid, app, { priority: PRIORITY.control });
  return { accepted: true, dryRun: false, incidentId: incident.id, explanation };
}

function auditedTarget({ record, app }: AppSituation): string {
  return `${record.uuid}/${app}`;
}

async function order(context: RecoveryContext, situation: AppSituation, { actor, reason, dryRun: asked }: ActionRequest, action: AppAction): Promise<ActionResult> {
  const { record, app, key, host, selected } = situation;
  const { uuid } = record;
  const explanation = `${action} of ${app} in ${record.name} on ${host}`;
  const refusal = objectionTo(context, uuid, app, action);
  if (refusal !== null) throw new ControlError(409, `${action} refused: ${refusal}`);
  const dryRun = asked || selected.policy.dryRun;
  if (dryRun) return { accepted: true, dryRun, incidentId: situation.incident?.id ?? null, explanation };
  return acceptOrder(context, {
    key,
    action,
    actor,
    reason,
    auditedTarget: auditedTarget(situation),
    explanation,
    incident: () => openForOrder(context, uuid, app, `${actor} ordered ${action}: ${reason}`),
    objection: () => objectionTo(context, uuid, app, action),
    waitsFor: () => waitsFor(context, uuid, app, host),
    attempt: (incident, begun) => attempt(context, { uuid, app, action, actor }, incident, begun),
    reconsider: () => scheduleApp(context, uuid, app),
  });
}

/** Null: the domain was forgotten. */
async function openForOrder(context: RecoveryContext, uuid: string, app: string, text: string): Promise<IncidentRecord | null> {
  const record = context.state.domains.get(uuid);
  if (!record) return null;
  const situation = appSituationOf(context, record, app);
  const nowMs = context.clock.nowMs();
  return openIncident(context, { target: appTarget(situation), fault: situation.incident?.fault ?? 'requested', faultAtMs: nowMs, evidence: [{ atMs: nowMs, source: 'operator', text }] });
}

/** A person may restart an app that is well or of which nothing is known; but not where its domain stands in the way. */
function objectionTo(context: RecoveryContext, uuid: string, app: string, action: AppAction): string | null {
  const record = context.state.domains.get(uuid);
  if (!record) return 'the domain was forgotten';
  const situation = appSituationOf(context, record, app);
  const { selected, domain, status } = situation;
  if (!selected.policy.managed) return 'the domain is not managed';
  if (domain.kind === 'unknown' || domain.kind === 'duplicated') return 'its domain cannot be observed';
  if (domain.kind === 'absent') return 'its domain is on no host';
  if (domain.state !== 'running') return `its domain is ${domain.state} (${domain.reason})`;
  const { state } = context;
  const key = `domain/${uuid}`;
  if (state.executing.has(key) || state.ordered.has(key) || state.migrating.has(key)) return 'an operation on its domain is under way';
  return appUnavailable(context, action, situation, status);
}

function waitsFor(context: RecoveryContext, uuid: string, app: string, host: string): string | null {
  const other = appAtWork(context, uuid, app);
  if (other !== null) return `app ${other} of the same domain is being worked on`;
  const { global, perHost } = context.config().recovery.concurrency;
  const hosts = [...context.state.executing.values()];
  return hosts.length >= global || hosts.filter((one) => one === host).length >= perHost ? 'as many recoveries as allowed are under way' : null;
}

interface Ordered {
  uuid: string;
  app: string;
  action: AppAction;
  actor: string;
}

async function attempt(context: RecoveryContext, { uuid, app, action, actor }: Ordered, incident: IncidentRecord, begun: () => void): Promise<OrderEnd> {
  const { state, store, clock } = context;
  const record = state.domains.get(uuid);
  if (!record) return { succeeded: false, text: 'the domain was forgotten' };
  const situation = appSituationOf(context, record, app);
  const { key, host } = situation;
  const owner = lockOwner(context, appTarget(situation));
  state.executing.set(key, host);
  try {
    if (!(await store.acquireLock(uuid, owner, `${action} ${app}`, clock.nowMs()))) return { succeeded: false, text: 'another operation works on its domain' };
    await decided(context, incident, { kind: 'act', reason: action, why: `${action} of ${app} in ${record.name} on ${host}, ordered by ${actor}` });
    state.unsettled.add(key);
    begun();
    const objection = (): string | null => objectionTo(context, uuid, app, action);
    const end = await runAppAttempt(context, { situation, incident, action, timeoutSeconds: TIMEOUT_SECONDS, actor, objection });
    await store.releaseLock(uuid, owner);
    state.unsettled.delete(key);
    return { succeeded: end.result === 'succeeded', text: end.error ?? `${action}: done and verified${end.by === BY_PROBES ? ` ${BY_PROBES}` : ''}` };
  } finally {
    leave(context, uuid, key);
  }
}
