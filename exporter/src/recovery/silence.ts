/** Whether an incident's alert is silenced, by what Alertmanager says. */
import type { AlertmanagerAnswer } from '../alertmanager/client.ts';
import { alertStateOf } from '../alertmanager/alerts.ts';
import { silencesCovering } from '../alertmanager/silences.ts';
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

export function silenceIn(context: RecoveryContext, answer: AlertmanagerAnswer, incident: IncidentRecord): SilenceState {
  if (answer.kind === 'not_configured') return { kind: 'not_asked' };
  if (answer.kind === 'unreachable') return { kind: 'unreachable', error: answer.error };
  const labels = expectedLabels(incident);
  const [covering] = silencesCovering(answer.silences, labels, context.clock.nowMs());
  if (covering) {
    const { silence, doubt } = covering;
    const by = `${silence.comment || 'no comment'} (${silence.createdBy}, silence ${silence.id})${doubt ? `; ${doubt}` : ''}`;
    return { kind: 'silenced', by, untilMs: silence.endsAtMs };
  }
  const alert = incident.target.kind === 'domain' ? alertStateOf(answer.alerts, { fault: incident.fault as Fault, domainUuid: incident.target.uuid }) : null;
  if (alert?.kind !== 'suppressed') return { kind: 'clear' };
  const by = alert.silencedBy.length > 0 ? `silence ${alert.silencedBy.join(', ')}` : `inhibited by ${alert.inhibitedBy.join(', ')}`;
  return { kind: 'silenced', by, untilMs: null };
}

/** The labels that the alert of our own rules has, for silences on an alert that is not there yet. */
function expectedLabels(incident: IncidentRecord): Record<string, string> {
  const words = incident.fault.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const labels = { alertname: `Virtmedic${words.join('')}`, virtmedic_fault: incident.fault, host: incident.target.host };
  return incident.target.kind === 'domain' ? { ...labels, domain: incident.target.name, domain_uuid: incident.target.uuid } : labels;
}
