import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { InlineField, InlineFieldRow, InlineSwitch, Input, RadioButtonGroup } from '@grafana/ui';
import React, { useCallback, useId, useState } from 'react';
import { OUTCOMES } from '../../api/vocabulary';
import { DEFAULT_LIMIT, MAX_LIMIT, defaultQuery, isKind, limitOf } from '../query/defaults';
import { valuesOf } from '../query/filters';
import { QUERY_KINDS, type QueryKind, type VirtmedicDataSourceOptions, type VirtmedicQuery } from '../types';
import { faultsOf, namesOf } from '../variables/values';
import type { VirtmedicDataSource } from '../VirtmedicDataSource';
import { FilterField } from './FilterField';

type Props = QueryEditorProps<VirtmedicDataSource, VirtmedicQuery, VirtmedicDataSourceOptions>;

type FilterName = 'host' | 'domain' | 'app' | 'fault' | 'outcome';

/** What each kind can be filtered by, and whether it follows changes. */
const FEATURES: Record<QueryKind, { filters: readonly FilterName[]; isOfRecoveries: boolean }> = {
  recoveries: { filters: ['host', 'domain', 'app', 'fault', 'outcome'], isOfRecoveries: true },
  incidents: { filters: ['host', 'domain', 'app', 'fault'], isOfRecoveries: true },
  hosts: { filters: ['host'], isOfRecoveries: false },
  domains: { filters: ['host', 'domain'], isOfRecoveries: false },
  apps: { filters: ['host', 'domain', 'app'], isOfRecoveries: false },
  processes: { filters: ['host', 'domain'], isOfRecoveries: false },
  forecast: { filters: ['host', 'domain'], isOfRecoveries: false },
};
const ANNOTATION_KINDS: readonly QueryKind[] = ['recoveries', 'incidents'];

export function QueryEditor(props: Props) {
  return <Editor {...props} kinds={QUERY_KINDS} canBeLive />;
}

/** Annotations have a time, and are asked for once. */
export function AnnotationQueryEditor(props: Props) {
  return <Editor {...props} kinds={ANNOTATION_KINDS} canBeLive={false} />;
}

function Editor({
  datasource,
  query,
  app,
  kinds,
  canBeLive,
  onChange,
  onRunQuery,
}: Props & { kinds: readonly QueryKind[]; canBeLive: boolean }) {
  const kind = isKind(query.kind) ? query.kind : 'recoveries';
  const { filters, isOfRecoveries } = FEATURES[kind];
  const isLive = query.live ?? (app !== undefined && defaultQuery(app).live === true);
  const change = (changed: Partial<VirtmedicQuery>) => {
    onChange({ ...query, kind, ...changed });
    onRunQuery();
  };
  return (
    <>
      <InlineFieldRow>
        <InlineField label={t('datasource.query.kind', 'Show')} labelWidth={14}>
          <RadioButtonGroup
            value={kind}
            options={kinds.map((value) => ({ value, label: kindLabel(value), description: kindDescription(value) }))}
            onChange={(chosen) => change({ kind: chosen })}
          />
        </InlineField>
      </InlineFieldRow>
      <FilterRow datasource={datasource} query={query} filters={filters} onChange={change} />
      {isOfRecoveries && (
        <InlineFieldRow>
          <LimitField limit={limitOf(query)} onChange={(limit) => change({ limit })} />
          {canBeLive && <LiveField isLive={isLive} onChange={(live) => change({ live })} />}
        </InlineFieldRow>
      )}
      {kind === 'processes' && (
        <KernelThreadsField
          areShown={query.kernelThreads === true}
          onChange={(kernelThreads) => change({ kernelThreads })}
        />
      )}
    </>
  );
}

interface FilterRowProps {
  datasource: VirtmedicDataSource;
  query: VirtmedicQuery;
  filters: readonly FilterName[];
  onChange: (changed: Partial<VirtmedicQuery>) => void;
}

function FilterRow({ datasource, query, filters, onChange }: FilterRowProps) {
  const { client, templates } = datasource;
  const { host } = query;
  const load = {
    host: useCallback(() => namesOf(client, 'hosts'), [client]),
    domain: useCallback(() => namesOf(client, 'domains', valuesOf(host, {}, templates)), [client, host, templates]),
    app: useCallback(() => namesOf(client, 'apps', valuesOf(host, {}, templates)), [client, host, templates]),
    fault: useCallback(() => faultsOf(client), [client]),
    outcome: useCallback(async () => OUTCOMES, []),
  };
  const label = {
    host: t('datasource.query.host', 'Host'),
    domain: t('datasource.query.domain', 'Domain'),
    app: t('datasource.query.app', 'Application'),
    fault: t('datasource.query.fault', 'Fault'),
    outcome: t('datasource.query.outcome', 'Outcome'),
  };
  const tooltip = t(
    'datasource.query.filter-help',
    'A name, a template variable (also with several values), or several names as {a,b}.'
  );
  return (
    <InlineFieldRow>
      {filters.map((key) => (
        <FilterField
          // Other suggestions: those of domains and applications depend on the host.
          key={key === 'domain' || key === 'app' ? `${key} of ${host ?? ''}` : key}
          label={label[key]}
          tooltip={tooltip}
          value={query[key]}
          datasource={datasource}
          load={load[key]}
          onChange={(value) => onChange({ [key]: value })}
        />
      ))}
    </InlineFieldRow>
  );
}

function LimitField({ limit, onChange }: { limit: number; onChange: (limit: number) => void }) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    const wanted = Number(typed);
    const chosen = Number.isInteger(wanted) && wanted >= 1 ? Math.min(MAX_LIMIT, wanted) : DEFAULT_LIMIT;
    if (typed !== null && chosen !== limit) {
      onChange(chosen);
    }
    setTyped(null);
  };
  return (
    <InlineField
      label={t('datasource.query.limit', 'Limit')}
      labelWidth={14}
      htmlFor={id}
      tooltip={t(
        'datasource.query.limit-help',
        'The newest that many, at most {{most}}. The panel says when there are more.',
        { most: MAX_LIMIT }
      )}
    >
      <Input
        id={id}
        type="number"
        width={26}
        min={1}
        max={MAX_LIMIT}
        value={typed ?? limit}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={commit}
        onKeyDown={({ key }) => key === 'Enter' && commit()}
      />
    </InlineField>
  );
}

function LiveField({ isLive, onChange }: { isLive: boolean; onChange: (live: boolean) => void }) {
  const id = useId();
  return (
    <InlineField
      label={t('datasource.query.live', 'Live')}
      labelWidth={14}
      htmlFor={id}
      tooltip={t(
        'datasource.query.live-help',
        'Follow changes each second, between two refreshes of the dashboard, while the time range ends now.'
      )}
    >
      <InlineSwitch id={id} value={isLive} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
    </InlineField>
  );
}

function KernelThreadsField({ areShown, onChange }: { areShown: boolean; onChange: (areShown: boolean) => void }) {
  const id = useId();
  return (
    <InlineFieldRow>
      <InlineField label={t('datasource.query.kernel-threads', 'Kernel threads')} labelWidth={14} htmlFor={id}>
        <InlineSwitch id={id} value={areShown} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />
      </InlineField>
    </InlineFieldRow>
  );
}

function kindLabel(kind: QueryKind): string {
  switch (kind) {
    case 'recoveries':
      return t('datasource.query.recoveries', 'Recoveries');
    case 'incidents':
      return t('datasource.query.incidents', 'Incidents');
    case 'hosts':
      return t('datasource.query.hosts', 'Hosts');
    case 'domains':
      return t('datasource.query.domains', 'Domains');
    case 'apps':
      return t('datasource.query.apps', 'Applications');
    case 'processes':
      return t('datasource.query.processes', 'Processes');
    case 'forecast':
      return t('datasource.query.forecast', 'Forecasts');
  }
}

function kindDescription(kind: QueryKind): string {
  switch (kind) {
    case 'recoveries':
      return t(
        'datasource.query.recoveries-help',
        'What failed and was recovered in the time range, and what is in progress'
      );
    case 'incidents':
      return t('datasource.query.incidents-help', 'What is in progress now, whenever it began');
    case 'hosts':
      return t('datasource.query.hosts-help', 'The hosts that are watched, as they are now');
    case 'domains':
      return t('datasource.query.domains-help', 'The virtual machines, as they are now');
    case 'apps':
      return t('datasource.query.apps-help', 'The applications that are expected inside guests, as they are now');
    case 'processes':
      return t('datasource.query.processes-help', 'What runs inside a guest, read from outside at each refresh');
    case 'forecast':
      return t(
        'datasource.query.forecast-help',
        'How likely each host and virtual machine is to fail, as forecast last'
      );
  }
}
