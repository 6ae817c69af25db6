/** Incidents in the store and in memory: opened, changed and closed here and nowhere else. The store always goes first. */
import type { IncidentFault, Outcome, SuppressReason, Target } from '../vocabulary.ts';
import type { AlertReference, DecisionRecord, DomainRecord, Evidence, IncidentPatch, IncidentRecord } from '../history/store.ts';
import type { TargetForecast } from '../prediction/forecast-view.ts';
import { StoreRequestError } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';
import { trim } from './context.ts';
import { forgetOwnDown } from './own-actions.ts';

const REMEMBERED_CLOSED = 10_000;

export function domainTarget(record: DomainRecord): Extract<Target, { kind: 'domain' }> {
  return { kind: 'domain', uuid: record.uuid, name: record.name, host: record.host };
}

/** Opens an incident of the target, or adds the evidence to the one that is open. */
export async function openIncident(
  context: RecoveryContext,
  request: { target: Target; fault: IncidentFault; faultAtMs: number; evidence: Evidence[]; alerts?: AlertReference[] },
): Promise<IncidentRecord> {
  const openedAtMs = context.clock.nowMs();
  const faultAtMs = Math.min(request.faultAtMs, openedAtMs);
  const { incident, created } = await context.store.openIncident({ ...request, faultAtMs, openedAtMs, forecast: forecastOf(context, request.target) });
  context.state.open.set(incident.targetKey, incident);
  if (created) {
    context.metrics.phase('detect', (openedAtMs - faultAtMs) / 1000);
    context.log.info({ incident: incident.id, fault: incident.fault, target: incident.targetKey }, 'incident opened');
  }
  return incident;
}

/** The latest of the target; of an app, that of its domain. */
export function forecastOf({ forecasts }: RecoveryContext, target: Target): TargetForecast | null {
  return target.kind === 'host' ? forecasts.host(target.host) : forecasts.domain(target.uuid);
}

export async function patchIncident(context: RecoveryContext, incident: IncidentRecord, patch: IncidentPatch): Promise<IncidentRecord> {
  try {
    const patched = await context.store.patchIncident(incident.id, patch);
    if (context.state.open.get(patched.targetKey)?.id === patched.id) context.state.open.set(patched.targetKey, patched);
    return patched;
  } catch (error) {
    if (error instanceof StoreRequestError) await dropIfClosed(context, incident);
    throw error;
  }
}

/** The store may have closed it although it reported a failure: then it must not stay open here for good. */
async function dropIfClosed({ store, state }: RecoveryContext, incident: IncidentRecord): Promise<void> {
  const stored = await store.incident(incident.id);
  if (stored?.closedAtMs != null && state.open.get(incident.targetKey)?.id === incident.id) state.open.delete(incident.targetKey);
}

/** Writes why the incident goes on as it does, once for each change of mind. */
export async function decided(
  context: RecoveryContext,
  incident: IncidentRecord,
  decision: Pick<DecisionRecord, 'kind' | 'reason' | 'why'>,
): Promise<void> {
  const word = `${decision.kind}/${decision.reason}`;
  if (context.state.lastDecision.get(incident.id) === word) return;
  await context.store.addDecision({ incidentId: incident.id, atMs: context.clock.nowMs(), ...decision });
  context.state.lastDecision.set(incident.id, word);
  if (decision.kind === 'hold' || decision.kind === 'suppress') context.metrics.suppressed(decision.reason);
  context.log.info({ incident: incident.id, ...decision }, 'decided');
}

/** Lets an incident wait. `retryAtMs` null: an event will tell. */
export async function hold(
  context: RecoveryContext,
  incident: IncidentRecord,
  reason: NonNullable<IncidentRecord['hold']>['reason'],
  why: string,
  retryAtMs: number | null,
): Promise<void> {
  const before = incident.hold;
  if (before?.reason !== reason || before.retryAtMs !== retryAtMs || incident.state !== 'open') {
    await patchIncident(context, incident, { state: 'open', hold: { reason, why, retryAtMs } });
  }
  await decided(context, incident, { kind: reason === 'waiting_for_alert' ? 'wait' : 'hold', reason, why });
}

/** The state of an incident on which nothing is being done: escalated stays so, whatever a person has tried since. */
export function restingState(incident: IncidentRecord): 'open' | 'escalated' {
  return incident.outcomeText === null ? 'open' : 'escalated';
}

/** After the last rung, or with the budget spent: left alone until a person acts. */
export async function escalate(context: RecoveryContext, incident: IncidentRecord, why: string): Promise<void> {
  if (incident.state === 'escalated') return;
  const escalated = await patchIncident(context, incident, { state: 'escalated', hold: null, outcomeText: why });
  await decided(context, escalated, { kind: 'escalate', reason: 'escalated', why });
  context.metrics.recoveryEnded(escalated.fault, 'escalated', secondsSince(context, escalated.openedAtMs));
  context.log.warn({ incident: incident.id, target: incident.targetKey, why }, 'escalated');
}

export async function closeIncident(
  context: RecoveryContext,
  incident: IncidentRecord,
  end: { outcome: Outcome; reason?: SuppressReason; text: string },
): Promise<void> {
  const { state } = context;
  // A person may have closed it while it was being verified.
  if (state.open.get(incident.targetKey)?.id !== incident.id) return;
  // Whoever repairs it: an incident that automation gave up on stays escalated in history.
  const outcome = incident.state === 'escalated' ? 'escalated' : end.outcome;
  const kind = outcome === 'suppressed' || outcome === 'dry_run' ? 'suppress' : 'close';
  await decided(context, incident, { kind, reason: end.reason ?? outcome, why: end.text });
  const atMs = context.clock.nowMs();
  await context.store.closeIncident(incident.id, { atMs, outcome, reason: end.reason ?? null, text: end.text });
  state.open.delete(incident.targetKey);
  // What a failed order took down is still to be brought up again.
  const leavesDown = incident.fault === 'requested' && outcome === 'failed';
  if (incident.target.kind === 'domain' && !leavesDown) forgetOwnDown(context, incident.target.uuid);
  state.lastDecision.delete(incident.id);
  state.ladderFrom.delete(incident.id);
  state.lookedAgain.delete(incident.id);
  state.earlyAlerts.delete(incident.id);
  state.lastClosed.delete(incident.targetKey);
  state.lastClosed.set(incident.targetKey, { incidentId: incident.id, closedAtMs: atMs });
  trim(state.lastClosed, REMEMBERED_CLOSED);
  if (incident.state !== 'escalated') context.metrics.recoveryEnded(incident.fault, outcome, (atMs - incident.openedAtMs) / 1000);
  context.log.info({ incident: incident.id, outcome, text: end.text }, 'incident closed');
}

function secondsSince(context: RecoveryContext, sinceMs: number): number {
  return Math.max(0, context.clock.nowMs() - sinceMs) / 1000;
}
