import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { InlineField, InlineFieldRow, RadioButtonGroup } from '@grafana/ui';
import React, { useCallback } from 'react';
import {
  VARIABLE_LISTS,
  type VariableList,
  type VirtmedicDataSourceOptions,
  type VirtmedicQuery,
  type VirtmedicVariableQuery,
} from '../types';
import { namesOf, parseVariableQuery } from '../variables/values';
import type { VirtmedicDataSource } from '../VirtmedicDataSource';
import { FilterField } from './FilterField';

type Props = QueryEditorProps<VirtmedicDataSource, VirtmedicQuery, VirtmedicDataSourceOptions, VirtmedicVariableQuery>;

export function VariableEditor({ datasource, query, onChange, onRunQuery }: Props) {
  const { client } = datasource;
  const { list, host } = parseVariableQuery(query);
  const loadHosts = useCallback(() => namesOf(client, 'hosts'), [client]);
  const change = (changed: Partial<VirtmedicVariableQuery>) => {
    onChange({ refId: 'virtmedic-variable', ...(typeof query === 'object' ? query : {}), list, host, ...changed });
    onRunQuery();
  };
  return (
    <InlineFieldRow>
      <InlineField label={t('datasource.variable.list', 'Values')} labelWidth={14}>
        <RadioButtonGroup
          value={list}
          options={VARIABLE_LISTS.map((value) => ({ value, label: listLabel(value) }))}
          onChange={(chosen) => change({ list: chosen })}
        />
      </InlineField>
      {(list === 'domains' || list === 'apps') && (
        <FilterField
          label={t('datasource.variable.host', 'Of host')}
          value={host}
          datasource={datasource}
          load={loadHosts}
          onChange={(chosen) => change({ host: chosen })}
        />
      )}
    </InlineFieldRow>
  );
}

function listLabel(list: VariableList): string {
  switch (list) {
    case 'hosts':
      return t('datasource.variable.hosts', 'Hosts');
    case 'domains':
      return t('datasource.variable.domains', 'Domains');
    case 'apps':
      return t('datasource.variable.apps', 'Applications');
    case 'faults':
      return t('datasource.variable.faults', 'Faults');
    case 'outcomes':
      return t('datasource.variable.outcomes', 'Outcomes');
  }
}
