/** Applications inside guests as a table. */
import type { DataFrame, QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import { byUrgency, type DomainApp } from '../api/domainApps';
import type { App } from '../api/types';
import { number, tableFrame, text, time, type Column } from './columns';
import { APP_FIELD, APPS_FRAME } from './names';

/** Those with a fault first, then those of which least is known. */
export function appsFrame(apps: readonly DomainApp[], refId: string, notices: QueryResultMetaNotice[]): DataFrame {
  const sorted = [...apps].sort(byUrgency);
  const meta = { notices, custom: { virtmedic: { kind: APPS_FRAME } } };
  return tableFrame(sorted, columns(), { name: APPS_FRAME, refId, meta });
}

const BYTES = { unit: 'bytes' };
const SECONDS = { unit: 's' };

function columns(): Array<Column<DomainApp>> {
  const f = APP_FIELD;
  return [
    text(f.host, t('datasource.field.host', 'Host'), ({ domain }) => domain.host || null),
    text(f.domain, t('datasource.field.domain', 'Domain'), ({ domain }) => domain.name),
    text(f.app, t('datasource.field.app', 'Application'), ({ app }) => app.name),
    text(f.state, t('datasource.field.state', 'State'), ({ app }) => app.state),
    text(f.fault, t('datasource.field.fault', 'Fault'), ({ app }) => app.fault),
    time(f.since, t('datasource.field.since', 'Since'), ({ app }) => app.sinceMs),
    text(f.evidence, t('datasource.field.evidence', 'Evidence'), ({ app }) => app.evidence.join('; ') || null),
    number(f.processes, t('datasource.field.processes', 'Processes'), ({ app }) => app.processes),
    number(f.residentBytes, t('datasource.field.memory', 'Memory'), ({ app }) => app.residentBytes, BYTES),
    number(f.cpuSeconds, t('datasource.field.cpu-time', 'CPU time'), ({ app }) => app.cpuSeconds, SECONDS),
    text(f.backlog, t('datasource.field.backlog', 'Connections waiting'), ({ app }) => backlogText(app)),
    text(f.declaredBy, t('datasource.field.declared-by', 'Declared by'), ({ app }) => app.declaredBy || null),
    text(f.incidentId, t('datasource.field.incident', 'Open incident'), ({ app }) => app.incidentId),
    text(f.uuid, t('datasource.field.uuid', 'UUID'), ({ domain }) => domain.uuid || null),
  ];
}

/** `port 80: 3, port 443: 0` */
function backlogText({ backlogs }: App): string | null {
  return backlogs.map(({ port, backlog }) => `port ${port}: ${backlog}`).join(', ') || null;
}
