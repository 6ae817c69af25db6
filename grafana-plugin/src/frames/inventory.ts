/** Tables of what virtmedic watches. */
import type { DataFrame, QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { Domain, Host } from '../api/types';
import { flag, number, tableFrame, text, time, type Column } from './columns';

export function hostsFrame(hosts: readonly Host[], refId: string, notices: QueryResultMetaNotice[]): DataFrame {
  return tableFrame(hosts, hostColumns(), { name: 'hosts', refId, meta: { notices, uniqueRowIdFields: [0] } });
}

export function domainsFrame(domains: readonly Domain[], refId: string, notices: QueryResultMetaNotice[]): DataFrame {
  return tableFrame(domains, domainColumns(), { name: 'domains', refId, meta: { notices } });
}

function hostColumns(): Array<Column<Host>> {
  return [
    text('host', t('datasource.field.host', 'Host'), ({ name }) => name),
    text('state', t('datasource.field.state', 'State'), ({ state }) => state),
    time('heardAt', t('datasource.field.heard-at', 'Heard of last'), ({ heardAtMs }) => heardAtMs),
    number('domains', t('datasource.field.domains', 'Domains'), ({ domains }) => domains),
    number('running', t('datasource.field.running', 'Running'), ({ running }) => running),
    text('error', t('datasource.field.error', 'Error'), ({ error }) => error),
    text('uri', t('datasource.field.uri', 'Libvirt URI'), ({ uri }) => uri || null),
  ];
}

function domainColumns(): Array<Column<Domain>> {
  return [
    text('domain', t('datasource.field.domain', 'Domain'), ({ name }) => name),
    text('host', t('datasource.field.host', 'Host'), ({ host }) => host || null),
    text('state', t('datasource.field.state', 'State'), ({ state }) => state || null),
    time('since', t('datasource.field.since', 'Since'), ({ sinceMs }) => sinceMs),
    text('reason', t('datasource.field.reason', 'Reason'), ({ reason }) => reason),
    text('desired', t('datasource.field.desired', 'Desired'), ({ desired }) => desired),
    flag('managed', t('datasource.field.managed', 'Managed'), ({ managed }) => managed),
    flag('dryRun', t('datasource.field.dry-run', 'Dry run'), ({ dryRun }) => dryRun),
    text(
      'restartPolicy',
      t('datasource.field.restart-policy', 'Restart policy'),
      ({ restartPolicy }) => restartPolicy || null
    ),
    text('trigger', t('datasource.field.trigger', 'Trigger'), ({ trigger }) => trigger || null),
    text('guest', t('datasource.field.guest', 'Look into the guest'), ({ guest }) =>
      guest === null ? null : guest.reading === 'ok' ? 'ok' : (guest.reason ?? 'unknown')
    ),
    text('incidentId', t('datasource.field.incident', 'Open incident'), ({ incidentId }) => incidentId),
    text('uuid', t('datasource.field.uuid', 'UUID'), ({ uuid }) => uuid || null),
  ];
}
