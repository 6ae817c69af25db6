/** Whether an incident's alert is silenced, by what Alertmanager says. */
import type { AlertmanagerAnswer } from '../alertmanager/client.ts';
import { alertStateOf } from '../alertmanager/alerts.ts';
import type { AlertmanagerAlert, AlertState } from '../alertmanager/alerts.ts';
import { silencesCovering } from '../alertmanager/silences.ts';
import type { Silence } from '../alertmanager/silences.ts';
import type { IncidentRecord } from '../history/store.ts';
import type { SilenceState } from '../policy/guards.ts';
import type { Fault } from '../vocabulary.ts';
import type { RecoveryContext } from './context.ts';

/** A webhook that released an incident just now has passed Alertmanager's silences itself. */
const FRESH_RELEASE_MS = 30_000;

/** Whether the incident's alert is silenced now, as far as it has to be asked. */
export async function silenceState(context: RecoveryContext, incident: IncidentRecord): Promise<SilenceState> {
  if (!context.alertmanager || incident.releasedBy === 'operator') return { kind: 'not_asked' };
  const fresh = context.clock.nowMs() - (incident.releasedAtMs ?? 0) < FRESH_RELEASE_MS;
  if (fresh && incident.releasedBy !== 'direct') return { kind: 'clear' };
  return silenceIn(context, await context.alertmanager.ask(), incident);
}

/** What Alertmanager says of the alert about the incident's fault. */
export function alertOf(alerts: readonly AlertmanagerAlert[], { fault, target }: IncidentRecord): AlertState {
  const of = target.kind === 'host' ? { host: target.host } : { domainUuid: target.uuid, ...(target.kind === 'app' ? { app: target.app } : {}) };
  return alertStateOf(alerts, { fault: fault as Fault, ...of });
}

export function silenceIn(context: RecoveryContext, answer: AlertmanagerAnswer, incident: IncidentRecord): SilenceState {
  if (answer.kind === 'not_configured') return { kind: 'not_asked' };
  if (answer.kind === 'unreachable') return { kind: 'unreachable', error: answer.error };
  const alert = alertOf(answer.alerts, incident);
  // Where the alert is there, Alertmanager itself has judged it.
  if (alert.kind === 'active') return { kind: 'clear' };
  if (alert.kind === 'suppressed') {
    const silencing = alert.silencedBy.map((id) => answer.silences.find((silence) => silence.id === id) ?? id);
    const by = silencing.length > 0 ? silencing.map(described).join('; ') : `inhibited by ${alert.inhibitedBy.join(', ')}`;
    return { kind: 'silenced', by, untilMs: null };
  }
  return silenceAhead(answer.silences, incident, context.clock.nowMs());
}

/**
 * Silences for an alert that is not there yet. A silence may name labels that only the operator's rules set (a site, a team):
 * with a direct trigger it is taken to match there, until the alert arrives and Alertmanager judges.
 */
function silenceAhead(silences: readonly Silence[], incident: IncidentRecord, nowMs: number): SilenceState {
  const labels = expectedLabels(incident);
  const known = incident.releasedBy === 'direct' ? silences.map((silence) => withoutUnknown(silence, labels)) : silences;
  const [covering] = silencesCovering(known, labels, nowMs);
  if (!covering) return { kind: 'clear' };
  const { silence, doubt } = covering;
  const given = silences.find(({ id }) => id === silence.id) ?? silence;
  const unknown = given.matchers.filter(({ name }) => !(name in labels)).map(({ name }) => name);
  const guess = unknown.length > 0 ? `; taken to match until the alert arrives, because only that has ${unknown.join(', ')}` : '';
  const by = `${described(silence)}${doubt ? `; ${doubt}` : ''}${guess}`;
  return { kind: 'silenced', by, untilMs: guess ? null : silence.endsAtMs };
}

/** For people; of a silence that is gone already there is only the id. */
function described(silence: Silence | string): string {
  return typeof silence === 'string' ? `silence ${silence}` : `${silence.comment || 'no comment'} (${silence.createdBy}, silence ${silence.id})`;
}

/** Without matchers on labels that we can't know; the one that every alert of ours has stands for them. */
function withoutUnknown(silence: Silence, labels: Record<string, string>): Silence {
  const matchers = silence.matchers.filter(({ name }) => name in labels);
  return { ...silence, matchers: [{ name: 'virtmedic_fault', value: '', isRegex: false, isEqual: false }, ...matchers] };
}

/** The labels that the alert of our own rules has, for silences on an alert that is not there yet. */
function expectedLabels(incident: IncidentRecord): Record<string, string> {
  const words = incident.fault.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const labels = { alertname: `Virtmedic${words.join('')}`, virtmedic_fault: incident.fault, host: incident.target.host };
  const { target } = incident;
  if (target.kind === 'host') return labels;
  return { ...labels, domain: target.name, domain_uuid: target.uuid, ...(target.kind === 'app' ? { app: target.app } : {}) };
}
