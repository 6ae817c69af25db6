import { t } from '@grafana/i18n';
import { Combobox, EmptyState, FilterInput, Pagination, RadioButtonGroup, Stack, Text } from '@grafana/ui';
import React, { useMemo, useState } from 'react';
import type { Domain, Recovery } from '../../api/types';
import { readDomains, readIncidents } from '../../control/client';
import type { Action } from '../../control/order';
import type { Role } from '../../control/role';
import { useLive } from '../../control/useLive';
import { DataTable } from '../parts/DataTable';
import { LiveSection } from '../parts/LiveSection';
import { useNow } from '../parts/useNow';
import { ActionDialog } from './ActionDialog';
import { DomainRow } from './DomainRow';
import { DOMAIN_GROUPS, filterDomains, needsAttention, type DomainFilter, type DomainGroup } from './filterDomains';

const PAGE_SIZE = 50;

/** All domains that virtmedic watches, with what may be ordered for each. */
export function DomainsTab({ role }: { role: Role }) {
  const live = useLive(readDomains);
  const incidents = useLive(readIncidents);
  // The domain as it was when the button was pressed: what is confirmed must not change under the reader's eyes.
  const [ordering, setOrdering] = useState<{ domain: Domain; action: Action } | null>(null);
  const hurry = () => {
    live.hurry();
    incidents.hurry();
  };
  return (
    <>
      <LiveSection live={live}>
        {(domains) => (
          <DomainList domains={domains} incidents={incidents.value ?? []} onAction={role === 'admin' ? (domain, action) => setOrdering({ domain, action }) : null} />
        )}
      </LiveSection>
      {ordering && <ActionDialog key={`${ordering.domain.uuid} ${ordering.action}`} {...ordering} onDone={hurry} onClose={() => setOrdering(null)} />}
    </>
  );
}

interface ListProps {
  domains: Domain[];
  incidents: Recovery[];
  onAction: ((domain: Domain, action: Action) => void) | null;
}

function DomainList({ domains, incidents, onAction }: ListProps) {
  const nowMs = useNow();
  const [filter, setFilter] = useState<DomainFilter>({ search: '', host: '', group: 'all' });
  const [wantedPage, setPage] = useState(1);
  const shown = useMemo(() => filterDomains(domains, filter), [domains, filter]);
  const byId = useMemo(() => new Map(incidents.map((incident) => [incident.id, incident])), [incidents]);
  const pages = Math.max(1, Math.ceil(shown.length / PAGE_SIZE));
  const page = Math.min(wantedPage, pages);
  const change = (next: Partial<DomainFilter>) => {
    setFilter({ ...filter, ...next });
    setPage(1);
  };
  if (domains.length === 0) {
    return <EmptyState variant="not-found" message={t('pages.domains.none', 'virtmedic sees no domain. Are its hosts reachable?')} />;
  }
  const columns = [
    t('pages.domains.name', 'Domain'),
    t('pages.domains.host', 'Host'),
    t('pages.domains.state', 'State'),
    t('pages.domains.desired', 'Wanted'),
    t('pages.domains.recovery', 'Recovery'),
    t('pages.domains.incident-column', 'Incident'),
    ...(onAction ? [t('pages.domains.actions', 'Order')] : []),
  ];
  return (
    <Stack direction="column" gap={2}>
      <Filters domains={domains} filter={filter} onChange={change} />
      <Text variant="bodySmall" color="secondary">
        {t('pages.domains.shown', '{{shown}} of {{total}} shown', { shown: shown.length, total: domains.length })}
      </Text>
      {shown.length === 0 ? (
        <EmptyState variant="not-found" message={t('pages.domains.no-match', 'No domain matches these filters.')} />
      ) : (
        <DataTable label={t('pages.domains.table', 'Domains')} columns={columns}>
          {shown.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE).map((domain) => (
            <DomainRow
              key={domain.uuid}
              domain={domain}
              incident={domain.incidentId === null ? undefined : byId.get(domain.incidentId)}
              nowMs={nowMs}
              onAction={onAction && ((action) => onAction(domain, action))}
            />
          ))}
        </DataTable>
      )}
      <Pagination currentPage={page} numberOfPages={pages} onNavigate={setPage} hideWhenSinglePage />
    </Stack>
  );
}

function Filters({ domains, filter, onChange }: { domains: Domain[]; filter: DomainFilter; onChange(next: Partial<DomainFilter>): void }) {
  const hosts = useMemo(() => [...new Set(domains.map(({ host }) => host))].sort().map((host) => ({ label: host, value: host })), [domains]);
  const attention = domains.filter(needsAttention).length;
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
      <FilterInput width={30} escapeRegex={false} aria-label={t('pages.domains.search', 'Search')} placeholder={t('pages.domains.search-hint', 'Name, host or UUID')} value={filter.search} onChange={(search) => onChange({ search })} />
      <Combobox width={24} isClearable aria-label={t('pages.domains.host', 'Host')} placeholder={t('pages.domains.any-host', 'Any host')} options={hosts} value={filter.host || null} onChange={(option) => onChange({ host: option?.value ?? '' })} />
      <RadioButtonGroup
        aria-label={t('pages.domains.state', 'State')}
        options={DOMAIN_GROUPS.map((group) => ({ value: group, label: groupLabel(group, attention) }))}
        value={filter.group}
        onChange={(group) => onChange({ group })}
      />
    </Stack>
  );
}

function groupLabel(group: DomainGroup, attention: number): string {
  switch (group) {
    case 'all':
      return t('pages.domains.group-all', 'All');
    case 'attention':
      return t('pages.domains.group-attention', 'Needs attention ({{number}})', { number: attention });
    case 'running':
      return t('pages.domains.group-running', 'Running');
    case 'not_running':
      return t('pages.domains.group-not-running', 'Not running');
  }
}
