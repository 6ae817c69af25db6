import { t } from '@grafana/i18n';
import { Combobox, InlineField } from '@grafana/ui';
import React, { useId } from 'react';
import type { VirtmedicDataSource } from '../VirtmedicDataSource';
import { useSuggestions } from './suggestions';

interface Props {
  label: string;
  tooltip?: string;
  value: string | undefined;
  datasource: VirtmedicDataSource;
  /** Must stay the same function as long as what it loads stays the same. */
  load: () => Promise<readonly string[]>;
  onChange: (value: string | undefined) => void;
}

/** One filter: a suggestion, a template variable, or any text. */
export function FilterField({ label, tooltip, value, datasource, load, onChange }: Props) {
  const id = useId();
  const { options, error } = useSuggestions(datasource, load);
  return (
    <InlineField label={label} labelWidth={14} tooltip={tooltip} htmlFor={id} invalid={error !== null} error={error}>
      <Combobox
        id={id}
        width={26}
        isClearable
        createCustomValue
        placeholder={t('datasource.query.any', 'Any')}
        value={value === undefined || value === '' ? null : { value, label: value }}
        options={options}
        onChange={(option) => onChange(option?.value)}
      />
    </InlineField>
  );
}
