import { t } from '@grafana/i18n';
import { EmptyState, FilterInput, Pagination, Stack, Text } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import { appsOfDomains, type DomainApp } from '../../api/domainApps';
import type { Recovery } from '../../api/types';
import { readDomains, readIncidents } from '../../control/client';
import type { AppAction } from '../../control/appOrder';
import type { Role } from '../../control/role';
import { useLive } from '../../control/useLive';
import { DataTable } from '../parts/DataTable';
import { LiveSection } from '../parts/LiveSection';
import { useNow } from '../parts/useNow';
import { AppActionDialog } from './AppActionDialog';
import { AppRow } from './AppRow';
import { filterApps } from './filterApps';

const PAGE_SIZE = 50;

/** All applications that virtmedic watches inside guests, with what may be ordered for each. */
export function AppsTab({ role }: { role: Role }) {
  const live = useLive(readDomains);
  const incidents = useLive(readIncidents);
  // The application as it was when the button was pressed: what is confirmed must not change under the reader's eyes.
  const [ordering, setOrdering] = useState<{ item: DomainApp; action: AppAction } | null>(null);
  const hurry = () => {
    live.hurry();
    incidents.hurry();
  };
  return (
    <>
      <LiveSection live={live}>
        {(domains) => <AppList apps={appsOfDomains(domains)} incidents={incidents.value ?? []} onAction={role === 'admin' ? (item, action) => setOrdering({ item, action }) : null} />}
      </LiveSection>
      {ordering && <AppActionDialog key={`${keyOf(ordering.item)} ${ordering.action}`} {...ordering} onDone={hurry} onClose={() => setOrdering(null)} />}
    </>
  );
}

function keyOf({ domain, app }: DomainApp): string {
  return `${domain.uuid}/${app.name}`;
}

interface ListProps {
  apps: DomainApp[];
  incidents: Recovery[];
  onAction: ((item: DomainApp, action: AppAction) => void) | null;
}

function AppList({ apps, incidents, onAction }: ListProps) {
  const nowMs = useNow();
  const [search, setSearch] = useState('');
  const [wantedPage, setPage] = useState(1);
  const shown = useMemo(() => filterApps(apps, search), [apps, search]);
  const byId = useMemo(() => new Map(incidents.map((incident) => [incident.id, incident])), [incidents]);
  const pages = Math.max(1, Math.ceil(shown.length / PAGE_SIZE));
  const page = Math.min(wantedPage, pages);
  if (apps.length === 0) {
    return <EmptyState variant="not-found" message={t('pages.apps.none', "No application is declared. They are, under apps in virtmedic's configuration or in a domain's metadata.")} />;
  }
  return (
    <Stack direction="column" gap={2}>
      <FilterInput
        width={40}
        escapeRegex={false}
        aria-label={t('pages.apps.search', 'Search applications')}
        placeholder={t('pages.apps.search-hint', 'Application, domain, host or UUID')}
        value={search}
        onChange={(text) => {
          setSearch(text);
          setPage(1);
        }}
      />
      <Text variant="bodySmall" color="secondary">
        {t('pages.domains.shown', '{{shown}} of {{total}} shown', { shown: shown.length, total: apps.length })}
      </Text>
      {shown.length === 0 ? (
        <EmptyState variant="not-found" message={t('pages.apps.no-match', 'No application matches this.')} />
      ) : (
        <DataTable label={t('pages.apps.table', 'Applications')} columns={columns(onAction !== null)}>
          {shown.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((item) => (
            <AppRow
              key={keyOf(item)}
              item={item}
              incident={item.app.incidentId === null ? undefined : byId.get(item.app.incidentId)}
              nowMs={nowMs}
              onAction={onAction && ((action) => onAction(item, action))}
            />
          ))}
        </DataTable>
      )}
      <Pagination currentPage={page} numberOfPages={pages} onNavigate={setPage} hideWhenSinglePage />
    </Stack>
  );
}

function columns(withOrders: boolean): string[] {
  return [
    t('pages.apps.name', 'Application'),
    t('pages.domains.name', 'Domain'),
    t('pages.domains.host', 'Host'),
    t('pages.domains.state', 'State'),
    t('pages.apps.fault', 'Fault'),
    t('pages.domains.incident-column', 'Incident'),
    ...(withOrders ? [t('pages.domains.actions', 'Order')] : []),
  ];
}
