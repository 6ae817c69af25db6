import { t } from '@grafana/i18n';
import { Field, TextArea } from '@grafana/ui';
import React, { useId } from 'react';
import { MAX_REASON_LENGTH } from '../../control/order';

/** Why somebody orders something; at most as long as virtmedic takes it. */
export function ReasonField({ value, onChange, disabled }: { value: string; onChange(value: string): void; disabled: boolean }) {
  const id = useId();
  return (
    <Field noMargin htmlFor={id} label={t('pages.order.reason', 'Reason')} description={t('pages.order.reason-description', 'Kept in the history, with your name.')}>
      <TextArea id={id} rows={2} required maxLength={MAX_REASON_LENGTH} disabled={disabled} value={value} onChange={(event) => onChange(event.currentTarget.value.slice(0, MAX_REASON_LENGTH))} />
    </Field>
  );
}
