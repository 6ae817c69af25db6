import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Combobox, DateTimePicker, Field, RadioButtonGroup, Stack } from '@grafana/ui';
import React, { useId, useMemo, useState } from 'react';
import type { Domain, Host } from '../../api/types';
import { AS_TEXT } from '../../format/text';
import { formatDuration } from '../../format/duration';
import { OrderDialog } from '../parts/OrderDialog';
import { userTimeZone } from '../parts/time';
import { maintenanceOrder, PRESETS_MINUTES, type MaintenanceForm } from './scope';

const MINUTE_MS = 60_000;
const UNTIL = 0;
/** What "until" begins with. */
const FIRST_UNTIL_MS = 60 * MINUTE_MS;

interface Props {
  hosts: readonly Host[];
  domains: readonly Domain[];
  onDone(): void;
  onClose(): void;
}

/** Asks what is to be left alone, and for how long. */
export function AddDialog({ hosts, domains, onDone, onClose }: Props) {
  const [form, setForm] = useState<MaintenanceForm>({ kind: 'host', host: '', domain: '', minutes: 60, untilMs: null });
  const [openedAtMs] = useState(() => Date.now());
  const order = useMemo(() => maintenanceOrder(form, openedAtMs), [form, openedAtMs]);
  const change = (next: Partial<MaintenanceForm>) => setForm({ ...form, ...next });
  return (
    <OrderDialog
      title={t('pages.maintenance.add-title', 'Add maintenance')}
      confirmLabel={t('pages.maintenance.add-confirm', 'Begin maintenance')}
      order={order}
      reason="check"
      onDone={onDone}
      onClose={onClose}
    >
      <ScopeFields form={form} hosts={hosts} domains={domains} onChange={change} />
      <Field noMargin label={t('pages.maintenance.length', 'How long, from now')}>
        <Stack direction="column" gap={1} alignItems="flex-start">
          <RadioButtonGroup
            aria-label={t('pages.maintenance.length', 'How long, from now')}
            options={[
              ...PRESETS_MINUTES.map((minutes) => ({ value: minutes as number, label: formatDuration(minutes * MINUTE_MS) })),
              { value: UNTIL, label: t('pages.maintenance.until-choice', 'Until …') },
            ]}
            value={form.minutes ?? UNTIL}
            onChange={(minutes) => change(minutes === UNTIL ? { minutes: null, untilMs: form.untilMs ?? openedAtMs + FIRST_UNTIL_MS } : { minutes })}
          />
          {form.minutes === null && (
            <DateTimePicker
              label={t('pages.maintenance.until', 'Until')}
              date={form.untilMs === null ? undefined : dateTime(form.untilMs)}
              minDate={new Date(openedAtMs)}
              timeZone={userTimeZone()}
              onChange={(date) => change({ untilMs: date ? date.valueOf() : null })}
            />
          )}
        </Stack>
      </Field>
    </OrderDialog>
  );
}

interface ScopeProps {
  form: MaintenanceForm;
  hosts: readonly Host[];
  domains: readonly Domain[];
  onChange(next: Partial<MaintenanceForm>): void;
}

function ScopeFields({ form, hosts, domains, onChange }: ScopeProps) {
  const id = useId();
  const hostOptions = useMemo(() => hosts.map(({ name }) => ({ value: name, label: name })), [hosts]);
  const domainOptions = useMemo(
    () => domains.map(({ uuid, name, host }) => ({ value: uuid, label: name, description: t('pages.maintenance.on-host', 'on {{host}}', { host, ...AS_TEXT }) })),
    [domains]
  );
  return (
    <>
      <Field noMargin label={t('pages.maintenance.scope', 'What virtmedic leaves alone')}>
        <RadioButtonGroup
          aria-label={t('pages.maintenance.scope', 'What virtmedic leaves alone')}
          options={[
            { value: 'host' as const, label: t('pages.maintenance.kind-host', 'A host') },
            { value: 'domain' as const, label: t('pages.maintenance.kind-domain', 'A domain') },
            { value: 'all' as const, label: t('pages.maintenance.kind-all', 'Everything') },
          ]}
          value={form.kind}
          onChange={(kind) => onChange({ kind })}
        />
      </Field>
      {form.kind === 'host' && (
        <Field noMargin htmlFor={id} label={t('pages.maintenance.host', 'Host, with all its domains')}>
          <Combobox id={id} options={hostOptions} value={form.host || null} placeholder={t('pages.maintenance.choose-host', 'Choose a host')} onChange={({ value }) => onChange({ host: value })} />
        </Field>
      )}
      {form.kind === 'domain' && (
        <Field noMargin htmlFor={id} label={t('pages.maintenance.domain', 'Domain')}>
          <Combobox id={id} options={domainOptions} value={form.domain || null} placeholder={t('pages.maintenance.choose-domain', 'Choose a domain')} onChange={({ value }) => onChange({ domain: value })} />
        </Field>
      )}
    </>
  );
}
