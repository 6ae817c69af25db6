/**
 * Alerts from the webhook. An alert is evidence, not an order: it releases an incident that perception has opened, or opens
 * one whose fault is then verified. Delivered at least once, perhaps twice, late and out of order.
 */
import type { AlertReference, DomainRecord, IncidentRecord } from '../history/store.ts';
import { appKey, FAULTS, isForecast, targetKey } from '../vocabulary.ts';
import type { Fault, Target } from '../vocabulary.ts';
import type { AlertResult, ReceivedAlert } from '../web/control.ts';
import type { RecoveryContext } from './context.ts';
import { trim } from './context.ts';
import { policyOf } from './decision.ts';
import { scheduleTarget } from './evaluate.ts';
import { hold, openIncident, domainTarget, patchIncident } from './incidents.ts';
import { identityOf, isWithdrawn } from './withdrawal.ts';

const REMEMBERED_RESOLVED = 20_000;
const FAULT_NAMES: ReadonlySet<string> = new Set(FAULTS);

/** Resolves when all that follows is stored; one result per alert, in order. Alerts of one target are taken one by one. */
export async function receiveAlerts(context: RecoveryContext, alerts: ReceivedAlert[], truncated: number): Promise<AlertResult[]> {
  if (truncated > 0) context.sampleNow();
  const byTarget = new Map<string, number[]>();
  const results: AlertResult[] = alerts.map(() => 'ignored');
  alerts.forEach((alert, index) => {
    const fault = alert.labels['virtmedic_fault'];
    if (!fault || alert.labels['virtmedic_origin'] === 'virtmedic') return;
    const target = FAULT_NAMES.has(fault) ? findTarget(context, alert.labels) : null;
    if (!target) results[index] = 'no_target';
    else byTarget.set(targetKey(target), [...(byTarget.get(targetKey(target)) ?? []), index]);
  });
  await Promise.all(
    [...byTarget.values()].map(async (indexes) => {
      for (const index of indexes) {
        const alert = alerts[index];
        const target = alert && findTarget(context, alert.labels);
        if (alert && target) results[index] = await receiveAlert(context, target, alert);
      }
    }),
  );
  for (const result of results) context.metrics.alertReceived(result);
  return results;
}

/** The watched host that the labels of a host's fault name, the known app that those of an app's fault do, else the domain. */
function findTarget(context: RecoveryContext, labels: Record<string, string>): Target | null {
  if (labels['virtmedic_fault']?.startsWith('host_')) {
    const { host } = labels;
    return host !== undefined && context.view.host(host) ? { kind: 'host', host } : null;
  }
  const record = findDomain(context, labels);
  if (record && labels['virtmedic_fault']?.startsWith('app_')) return findApp(context, record, labels['app']);
  return record && domainTarget(record);
}

function findApp({ apps, state }: RecoveryContext, record: DomainRecord, app: string | undefined): Target | null {
  if (app === undefined || (apps.app(record.uuid, app) === null && !state.open.has(appKey(record.uuid, app)))) return null;
  return { kind: 'app', uuid: record.uuid, name: record.name, host: record.host, app };
}

/** By UUID, else by host and name where that is unique. */
function findDomain(context: RecoveryContext, labels: Record<string, string>): DomainRecord | null {
  const uuid = labels['domain_uuid']?.toLowerCase();
  if (uuid) return context.state.domains.get(uuid) ?? null;
  const { domain, host } = labels;
  if (!domain) return null;
  const named = [...context.state.domains.values()].filter((record) => record.name === domain && (!host || record.host === host));
  return named.length === 1 ? (named[0] ?? null) : null;
}

async function receiveAlert(context: RecoveryContext, target: Target, alert: ReceivedAlert): Promise<AlertResult> {
  const { state, store, clock } = context;
  const reference: AlertReference = { fingerprint: alert.fingerprint, startsAtMs: alert.startsAtMs, name: alert.labels['alertname'] ?? '' };
  const identity = identityOf(reference);
  const key = targetKey(target);
  const incident = state.open.get(key) ?? null;
  const known = await store.recordAlert({ ...reference, receivedAtMs: clock.nowMs(), incidentId: incident?.id ?? null });
  if (alert.status === 'resolved') {
    state.resolvedAlerts.add(identity);
    trim(state.resolvedAlerts, REMEMBERED_RESOLVED);
    return incident && holds(incident, reference) ? resolve(context, incident) : 'resolved';
  }
  // A delivery that was overtaken by the end of its own alert.
  if (state.resolvedAlerts.has(identity)) return 'repeated';
  const isOld = belongsToClosed(context, key, alert);
  if (incident) {
    // The rule of an earlier, different fault still fires.
    if (isOld && alert.labels['virtmedic_fault'] !== incident.fault) return 'repeated';
    if (isOfAnotherKind(context, incident, alert, reference)) return 'repeated';
    return release(context, incident, reference, 'alert');
  }
  // Received before without an incident: the store may have failed in between, and it is delivered again for that.
  if ((!known.first && known.incidentId !== null) || isOld) return 'repeated';
  return openByAlert(context, target, alert, reference);
}

/**
 * A forecast that still fires releases nothing that is done about a fault. A fault that is told before perception has seen it releases
 * nothing that is done about a forecast; it is remembered until perception sees it.
 */
function isOfAnotherKind(context: RecoveryContext, incident: IncidentRecord, { labels }: ReceivedAlert, alert: AlertReference): boolean {
  const fault = labels['virtmedic_fault'] as Fault;
  if (incident.fault === 'requested' || isForecast(fault) === isForecast(incident.fault)) return false;
  if (isForecast(incident.fault)) context.state.earlyAlerts.set(incident.id, { fault, alert });
  return true;
}

/** The end of an earlier alert may come seconds after the next incident has opened; it says nothing about that one. */
function holds(incident: IncidentRecord, alert: AlertReference): boolean {
  return incident.alerts.some((one) => one.fingerprint === alert.fingerprint && one.startsAtMs === alert.startsAtMs);
}

/** The recovery of this very fault has ended after the alert began: the rule's window still fires. */
function belongsToClosed(context: RecoveryContext, key: string, alert: ReceivedAlert): boolean {
  const closed = context.state.lastClosed.get(key);
  return closed !== undefined && closed.closedAtMs >= alert.startsAtMs;
}

/** Releases the first rung. An incident that is released already only takes note of the alert. */
export async function release(
  context: RecoveryContext,
  incident: IncidentRecord,
  alert: AlertReference,
  by: 'alert' | 'backstop',
): Promise<AlertResult> {
  const known = holds(incident, alert);
  if (incident.releasedAtMs !== null || incident.fault === 'requested') {
    if (!known) await patchOpen(context, incident, { addAlert: alert });
    return 'repeated';
  }
  const evidence = { atMs: context.clock.nowMs(), source: 'alert', text: `${alert.name} is firing (${by === 'alert' ? 'webhook' : 'asked Alertmanager'})` };
  const patch = { releasedAtMs: context.clock.nowMs(), releasedBy: by, hold: null, addEvidence: [evidence], ...(known ? {} : { addAlert: alert }) };
  if (!(await patchOpen(context, incident, patch))) return 'repeated';
  scheduleTarget(context, incident.target);
  return 'released';
}

/**
 * A resolved alert takes back the release of rungs that have not begun, once all alerts of the incident are resolved. A rung
 * that has begun goes on; the incident itself ends by observation.
 */
async function resolve(context: RecoveryContext, incident: IncidentRecord): Promise<AlertResult> {
  const isResting = incident.state === 'open' && !context.state.executing.has(incident.targetKey);
  if (incident.releasedAtMs !== null && isResting && isWithdrawn(context, incident)) {
    const patched = await patchOpen(context, incident, { releasedAtMs: null, releasedBy: null });
    if (patched) await hold(context, patched, 'waiting_for_alert', 'the alert was resolved before the next attempt began', null);
  }
  scheduleTarget(context, incident.target);
  return 'resolved';
}

/** Perception has not seen the fault, or not yet: the incident is evidence to be verified by an evaluation. */
async function openByAlert(context: RecoveryContext, target: Target, alert: ReceivedAlert, reference: AlertReference): Promise<AlertResult> {
  if (!isOurs(context, target)) return 'suppressed';
  const nowMs = context.clock.nowMs();
  const incident = await openIncident(context, {
    target,
    fault: alert.labels['virtmedic_fault'] as Fault,
    faultAtMs: alert.startsAtMs,
    evidence: [{ atMs: nowMs, source: 'alert', text: `${reference.name} is firing (webhook)` }],
    alerts: [reference],
  });
  await context.store.recordAlert({ ...reference, receivedAtMs: nowMs, incidentId: incident.id });
  await patchOpen(context, incident, { releasedAtMs: nowMs, releasedBy: 'alert' });
  scheduleTarget(context, target);
  return 'opened';
}

/** A managed domain, or an app in one; a host whose forecast was not told already. */
function isOurs(context: RecoveryContext, target: Target): boolean {
  if (target.kind === 'host') return !context.state.toldHosts.has(target.host);
  const record = context.state.domains.get(target.uuid);
  return record !== undefined && policyOf(context, record).policy.managed;
}

/** The incident may have been closed in the meantime: then null, and nothing was changed. */
async function patchOpen(
  context: RecoveryContext,
  incident: IncidentRecord,
  patch: Parameters<typeof patchIncident>[2],
): Promise<IncidentRecord | null> {
  if (context.state.open.get(incident.targetKey)?.id !== incident.id) return null;
  return patchIncident(context, incident, patch);
}
