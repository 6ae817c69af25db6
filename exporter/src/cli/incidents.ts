import type { Command } from 'commander';
import type { IncidentRecord } from '../history/store.ts';
import type { Target } from '../vocabulary.ts';
import type { ShownIncident } from '../web/read-api.ts';
import { clientCommand, withSession } from './context.ts';
import type { Session, Terminal } from './context.ts';
import type { Cell } from './table.ts';

export function incidentsCommand(terminal: Terminal): Command {
  const list = clientCommand('incidents', 'List what is wrong now; acknowledge or close it.').action(withSession(terminal, listIncidents));
  list
    .addCommand(
      clientCommand('acknowledge', 'Tell others that you look after an incident.')
        .argument('<id>', 'id of the incident')
        .action(withSession(terminal, acknowledge)),
    )
    .addCommand(
      clientCommand('close', 'End an incident by your word. The same fault is opened again only after the domain was started or was healthy.')
        .argument('<id>', 'id of the incident')
        .requiredOption('--reason <text>', 'why; history keeps it')
        .action(withSession(terminal, close)),
    );
  return list;
}

async function listIncidents(session: Session): Promise<void> {
  const answer = await session.client.get<{ items: IncidentRecord[] }>('/api/v1/incidents');
  if (session.json) return session.printJson(answer);
  if (answer.items.length === 0) return session.print('No open incidents.');
  session.printTable(['ID', 'OPENED', 'TARGET', 'FAULT', 'STATE', 'WAITS FOR', 'SEEN BY'], answer.items.map((incident) => row(session, incident)));
}

function row(session: Session, incident: IncidentRecord): Cell[] {
  const waits = incident.hold === null ? '' : `${incident.hold.reason}: ${incident.hold.why}`;
  const state: Cell = incident.state === 'escalated' ? { text: incident.state, tone: 'bad' } : incident.state;
  return [incident.id, session.ago(incident.openedAtMs), describeTarget(incident.target), incident.fault, state, incident.state === 'escalated' ? (incident.outcomeText ?? '') : waits, incident.acknowledgedBy ?? ''];
}

/** `web-1 on h1`, `shop in web-1 on h1`, or the host's name. */
export function describeTarget(target: Target): string {
  if (target.kind === 'app') return `${target.app} in ${target.name} on ${target.host}`;
  return target.kind === 'domain' ? `${target.name} on ${target.host}` : target.host;
}

async function acknowledge(session: Session, _options: object, id: string): Promise<void> {
  const incident = await session.client.post<IncidentRecord>(`/api/v1/incidents/${encodeURIComponent(id)}/acknowledge`, undefined);
  if (session.json) return session.printJson(incident);
  session.print(`Acknowledged: ${incident.fault} of ${describeTarget(incident.target)}.`);
}

async function close(session: Session, { reason }: { reason: string }, id: string): Promise<void> {
  const incident = await session.client.post<ShownIncident>(`/api/v1/incidents/${encodeURIComponent(id)}/close`, { reason });
  if (session.json) return session.printJson(incident);
  session.print(`Closed: ${incident.fault} of ${describeTarget(incident.target)}.`);
}
