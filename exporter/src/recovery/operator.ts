/** What a person may order (the Control contract of the web listeners). Every order is stored before it is answered. */
import { PRIORITY } from '../events/event.ts';
import type { DomainRecord, IncidentRecord, MaintenanceRecord } from '../history/store.ts';
import type { ActionRequest, ActionResult } from '../web/control.ts';
import { ControlError } from '../web/control.ts';
import { isAppAction } from '../vocabulary.ts';
import { actOnAppByOrder } from './apps-orders.ts';
import { rememberTold } from './apps-told.ts';
import { audit } from './audit.ts';
import type { RecoveryContext } from './context.ts';
import type { Situation } from './decision.ts';
import { situationOf } from './decision.ts';
import { scheduleEvaluation, wakeHeld } from './evaluate.ts';
import { quieten } from './hosts.ts';
import { closeIncident, domainTarget, openIncident, patchIncident } from './incidents.ts';
import { remember } from './notifications.ts';
import { order, refuseWhileBusy } from './orders.ts';

export async function act(context: RecoveryContext, request: ActionRequest): Promise<ActionResult> {
  const record = findDomain(context, request.domain, request.host);
  const { app } = request;
  if (app !== undefined) return actOnAppByOrder(context, record.uuid, { ...request, app });
  if (isAppAction(request.action)) throw new ControlError(400, `${request.action} is done to an app; name it`);
  const situation = situationOf(context, record);
  if (!situation.selected.policy.managed) {
    throw new ControlError(409, `domain ${record.name} is not managed; a selector under "domains" with "managed: true" has to match it`);
  }
  refuseWhileBusy(context, record.uuid);
  return request.action === 'recover' ? recoverNow(context, situation, request) : order(context, situation, request, request.action);
}

/** Releases the open incident of the domain and begins its ladder anew. */
async function recoverNow(context: RecoveryContext, situation: Situation, request: ActionRequest): Promise<ActionResult> {
  const { record, selected, decision } = situation;
  if (decision.kind !== 'incident') {
    throw new ControlError(409, `nothing to recover: ${'why' in decision ? decision.why : 'the domain is as it should be'}`);
  }
  const rungs = selected.ladder(decision.fault).rungs.map((rung) => rung.action).join(', then ');
  const explanation = `${decision.fault}: ${decision.why}; ladder: ${rungs}`;
  const dryRun = request.dryRun || selected.policy.dryRun;
  if (dryRun) return { accepted: true, dryRun, incidentId: situation.incident?.id ?? null, explanation };
  const nowMs = context.clock.nowMs();
  const evidence = [{ atMs: nowMs, source: 'operator', text: `${request.actor} ordered recovery: ${request.reason}` }];
  await audit(context, request.actor, 'recover', record.uuid, request.reason);
  const incident =
    situation.incident ?? (await openIncident(context, { target: domainTarget(record), fault: decision.fault, faultAtMs: nowMs, evidence }));
  context.state.ladderFrom.set(incident.id, (await context.store.attempts(incident.id)).length);
  const patch = { state: 'open' as const, releasedAtMs: nowMs, releasedBy: 'operator' as const, hold: null, outcomeText: null };
  await patchIncident(context, incident, situation.incident ? { ...patch, addEvidence: evidence } : patch);
  scheduleEvaluation(context, record.uuid, { priority: PRIORITY.control });
  return { accepted: true, dryRun: false, incidentId: incident.id, explanation };
}

export function findDomain(context: RecoveryContext, nameOrUuid: string, host?: string): DomainRecord {
  const byUuid = context.state.domains.get(nameOrUuid.toLowerCase());
  if (byUuid) return byUuid;
  const named = [...context.state.domains.values()].filter((record) => record.name === nameOrUuid && (!host || record.host === host));
  if (named.length === 1 && named[0]) return named[0];
  if (named.length === 0) throw new ControlError(404, `no domain ${nameOrUuid}${host ? ` on host ${host}` : ''} is known`);
  throw new ControlError(409, `${named.length} domains are named ${nameOrUuid}, on ${named.map((one) => one.host).join(', ')}; give the host or the UUID`);
}

export async function acknowledge(context: RecoveryContext, incidentId: string, actor: string): Promise<IncidentRecord> {
  const incident = openById(context, incidentId);
  await audit(context, actor, 'acknowledge', incident.targetKey, incidentId);
  return patchIncident(context, incident, { acknowledgedBy: actor, acknowledgedAtMs: context.clock.nowMs() });
}

export async function close(context: RecoveryContext, incidentId: string, actor: string, reason: string): Promise<IncidentRecord> {
  const incident = openById(context, incidentId);
  if (incident.target.kind === 'domain') refuseWhileBusy(context, incident.target.uuid);
  if (context.state.executing.has(incident.targetKey) || context.state.ordered.has(incident.targetKey)) throw new ControlError(409, 'it is being worked on; see the attempts of the incident');
  await audit(context, actor, 'close', incident.targetKey, reason);
  if (incident.target.kind === 'domain' && incident.fault !== 'requested') {
    // A person has looked: the same fault is not opened again until the domain was healthy. Before the end, so that no
    // evaluation comes in between.
    await remember(context, incident.target.uuid, { lastNotification: `closed:${incident.fault}` });
  }
  if (incident.target.kind === 'host') await quieten(context, incident.target.host);
  if (incident.target.kind === 'app' && incident.fault !== 'requested') await rememberTold(context, incident.targetKey, `closed:${incident.fault}`);
  await closeIncident(context, incident, { outcome: 'suppressed', reason: 'operator', text: `closed by ${actor}: ${reason}` });
  return (await context.store.incident(incidentId)) ?? incident;
}

function openById(context: RecoveryContext, incidentId: string): IncidentRecord {
  const incident = [...context.state.open.values()].find((one) => one.id === incidentId);
  if (!incident) throw new ControlError(404, `no open incident ${incidentId}`);
  return incident;
}

export async function addMaintenance(
  context: RecoveryContext,
  request: { host?: string; domain?: string; all?: boolean; untilMs: number; reason: string; actor: string },
): Promise<MaintenanceRecord> {
  const nowMs = context.clock.nowMs();
  if (request.untilMs <= nowMs) throw new ControlError(400, 'until: must be in the future');
  if (request.host && !request.domain && !context.view.host(request.host)) throw new ControlError(404, `no host ${request.host} is configured`);
  const scope = request.domain
    ? { kind: 'domain' as const, uuid: findDomain(context, request.domain, request.host).uuid }
    : request.host
      ? { kind: 'host' as const, host: request.host }
      : { kind: 'all' as const };
  if (scope.kind === 'all' && !request.all) throw new ControlError(400, 'give one of host, domain or all');
  const { untilMs, reason, actor } = request;
  await audit(context, actor, 'maintenance add', JSON.stringify(scope), reason);
  const record = await context.store.addMaintenance({ scope, fromMs: nowMs, untilMs, reason, createdBy: actor });
  context.state.maintenance = [...context.state.maintenance.filter(({ id }) => id !== record.id), record];
  return record;
}

export async function removeMaintenance(context: RecoveryContext, id: string, actor: string): Promise<void> {
  const { state, store, clock } = context;
  const kept = await store.maintenance(clock.nowMs());
  if (!kept.some((one) => one.id === id)) throw new ControlError(404, `no maintenance ${id}`);
  await audit(context, actor, 'maintenance remove', id, '');
  await store.removeMaintenance(id);
  state.maintenance = kept.filter((one) => one.id !== id);
  wakeHeld(context, 'maintenance');
}

export async function pause(context: RecoveryContext, actor: string, reason: string): Promise<void> {
  const paused = { by: actor, reason, atMs: context.clock.nowMs() };
  // In force in this process even where the store can't keep it: a kill switch must not fail open.
  context.state.paused = paused;
  await context.store.putSetting('pause', paused);
  await audit(context, actor, 'pause', '', reason);
}

export async function unpause(context: RecoveryContext, actor: string): Promise<void> {
  await audit(context, actor, 'unpause', '', '');
  await context.store.putSetting('pause', null);
  context.state.paused = null;
  wakeHeld(context, 'pause');
}

/** An incident that an operator's order opened and whose process died before it was carried out. */
export async function dropStaleOrder(context: RecoveryContext, incident: IncidentRecord): Promise<void> {
  await closeIncident(context, incident, { outcome: 'interrupted', text: 'virtmedic was restarted before the order was carried out; give it again' });
}
