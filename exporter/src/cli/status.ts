import type { Command } from 'commander';
import type { IncidentRecord, MaintenanceRecord } from '../history/store.ts';
import type { AppSummary } from '../web/app-summary.ts';
import type { ReadyCheck } from '../web/options.ts';
import type { DomainSummary, HostSummary } from '../web/read-api.ts';
import { clientCommand, withSession } from './context.ts';
import { forecastCell } from './forecast-cell.ts';
import type { Session, Terminal } from './context.ts';
import { printable } from './table.ts';
import type { Cell } from './table.ts';

interface Status {
  ready: boolean;
  checks: ReadyCheck[];
  paused: { by: string; reason: string; atMs: number } | null;
  hosts: HostSummary[];
  domains: DomainSummary[];
  incidents: IncidentRecord[];
  maintenance: MaintenanceRecord[];
}

export function statusCommand(terminal: Terminal): Command {
  return clientCommand('status', 'Show hosts, domains, the apps in them, and whatever stands in the way of recovery.')
    .option('--host <name>', 'only this host, its domains and their apps')
    .action(withSession(terminal, showStatus));
}

async function showStatus(session: Session, { host }: { host?: string }): Promise<void> {
  const status = await readStatus(session);
  const onHost = <T extends { host: string }>(items: T[]): T[] => (host === undefined ? items : items.filter((item) => item.host === host));
  const shown = { ...status, hosts: status.hosts.filter(({ name }) => host === undefined || name === host), domains: onHost(status.domains) };
  if (session.json) return session.printJson(shown);
  session.print(`virtmedic at ${session.client.url}: ${status.ready ? 'ready' : 'not ready'}`);
  for (const check of status.checks.filter(({ ok }) => !ok)) session.print(`  ${check.name}: ${printable(check.detail)}`);
  if (status.paused !== null) session.print(`PAUSED ${session.ago(status.paused.atMs)} by ${printable(status.paused.by)}: ${printable(status.paused.reason)}`);
  if (status.maintenance.length > 0) session.print(`Maintenance windows: ${status.maintenance.length} (virtmedic maintenance list)`);
  session.print(`Open incidents: ${status.incidents.length}${status.incidents.length > 0 ? ' (virtmedic incidents)' : ''}`);
  session.print('');
  session.printTable(['HOST', 'STATE', 'DOMAINS', 'RUNNING', 'FAILURE', 'HEARD', 'ERROR'], shown.hosts.map((one) => hostRow(session, one)));
  if (shown.domains.length > 0) session.print('');
  session.printTable(['DOMAIN', 'HOST', 'STATE', 'REASON', 'SINCE', 'DESIRED', 'MANAGED', 'FAILURE', 'INCIDENT'], shown.domains.map((one) => domainRow(session, one)));
  const apps = shown.domains.flatMap((domain) => domain.apps.map((app) => appRow(session, domain, app)));
  if (apps.length > 0) session.print('');
  session.printTable(['APP', 'DOMAIN', 'HOST', 'STATE', 'FAULT', 'SINCE', 'BASIS', 'PROCESSES', 'INCIDENT', 'EVIDENCE'], apps);
}

async function readStatus({ client }: Session): Promise<Status> {
  const [{ ready, checks }, { paused }, hosts, domains, incidents, maintenance] = await Promise.all([
    client.get<Pick<Status, 'ready' | 'checks'>>('/-/ready', [503]),
    client.get<Pick<Status, 'paused'>>('/api/v1/pause'),
    client.get<{ items: HostSummary[] }>('/api/v1/hosts'),
    client.get<{ items: DomainSummary[] }>('/api/v1/domains'),
    client.get<{ items: IncidentRecord[] }>('/api/v1/incidents'),
    client.get<{ items: MaintenanceRecord[] }>('/api/v1/maintenance'),
  ]);
  return { ready, checks, paused, hosts: hosts.items, domains: domains.items, incidents: incidents.items, maintenance: maintenance.items };
}

function hostRow(session: Session, host: HostSummary): Cell[] {
  const tone = host.state === 'up' ? 'good' : host.state === 'connecting' ? 'doubtful' : 'bad';
  return [host.name, { text: host.state, tone }, String(host.domains), String(host.running), forecastCell(host.forecast), session.ago(host.heardAtMs), host.error ?? ''];
}

function domainRow(session: Session, domain: DomainSummary): Cell[] {
  const isAsDesired = domain.desired === null || (domain.desired === 'running') === (domain.state === 'running');
  const tone = domain.state === 'unknown' ? 'doubtful' : isAsDesired && domain.duplicatedOn === null ? 'good' : 'bad';
  const managed = domain.managed ? (domain.dryRun ? 'dry run' : 'yes') : 'no';
  const incident: Cell = domain.incidentId === null ? '' : { text: domain.incidentId, tone: 'bad' };
  const host = domain.duplicatedOn?.join(', ') ?? domain.host;
  return [domain.name, host, { text: domain.state, tone }, domain.reason ?? '', session.ago(domain.sinceMs), domain.desired ?? '-', managed, forecastCell(domain.forecast), incident];
}

function appRow(session: Session, domain: DomainSummary, { name, state, fault, sinceMs, basis, processes, incidentId, evidence }: AppSummary): Cell[] {
  const tone = fault !== null ? 'bad' : state === 'up' || state === 'off' ? 'good' : 'doubtful';
  const since = sinceMs === null ? '-' : session.ago(sinceMs);
  const incident: Cell = incidentId === null ? '' : { text: incidentId, tone: 'bad' };
  return [name, domain.name, domain.host, { text: state, tone }, fault ?? '-', since, basis ?? '-', processes === null ? '-' : String(processes), incident, evidence.join('; ')];
}
