import { t } from '@grafana/i18n';
import { Button, Field, Input, Stack, Text } from '@grafana/ui';
import React, { useId, useState } from 'react';
import type { Settings } from '../../api/types';
import { readSettings } from '../../control/client';
import type { Order } from '../../control/order';
import type { Role } from '../../control/role';
import { useLive } from '../../control/useLive';
import { formatDuration } from '../../format/duration';
import { AS_TEXT } from '../../format/text';
import { LiveSection } from '../parts/LiveSection';
import { OrderDialog } from '../parts/OrderDialog';

const SECOND_MS = 1000;

type Interval = Settings['samplingIntervalSeconds'];

/** What may be changed while virtmedic runs. */
export function SettingsTab({ role }: { role: Role }) {
  const live = useLive(readSettings);
  /** `seconds` null: as the configuration file says. */
  const [wanted, setWanted] = useState<{ seconds: number | null; interval: Interval } | null>(null);
  return (
    <>
      <LiveSection live={live}>
        {({ samplingIntervalSeconds }) => (
          <IntervalSetting interval={samplingIntervalSeconds} onChange={role === 'admin' ? (seconds) => setWanted({ seconds, interval: samplingIntervalSeconds }) : null} />
        )}
      </LiveSection>
      {wanted && <ChangeDialog {...wanted} onDone={live.hurry} onClose={() => setWanted(null)} />}
    </>
  );
}

function IntervalSetting({ interval, onChange }: { interval: Interval; onChange: ((seconds: number | null) => void) | null }) {
  const id = useId();
  const [entered, setEntered] = useState('');
  const seconds = Number(entered);
  const { value, minimum, maximum } = interval;
  const fault = entered.trim() === '' ? null : Number.isFinite(seconds) && seconds >= minimum && seconds <= maximum ? null : boundsText(interval);
  return (
    <Stack direction="column" gap={2}>
      <Text element="h2" variant="h4">
        {t('pages.settings.interval', 'Salvage time: how often hosts and domains are sampled')}
      </Text>
      <Text>{t('pages.settings.interval-meaning', 'The shorter it is, the sooner a fault without an event of its own is seen, and the more hosts are asked. Crashes and stops come as events and do not wait for it.')}</Text>
      <Text variant="h3">{t('pages.settings.now', 'Now every {{duration}}', { duration: formatDuration(value * SECOND_MS), ...AS_TEXT })}</Text>
      <Text color="secondary">
        {value === interval.default
          ? t('pages.settings.is-default', 'As the configuration file says.')
          : t('pages.settings.default', 'The configuration file says {{duration}}; it was changed here.', { duration: formatDuration(interval.default * SECOND_MS), ...AS_TEXT })}
      </Text>
      {onChange && (
        <Stack direction="row" gap={1} alignItems="flex-end" wrap="wrap">
          <Field noMargin htmlFor={id} label={t('pages.settings.new', 'New value in seconds')} description={boundsText(interval)} invalid={fault !== null} error={fault}>
            <Input id={id} width={24} type="number" min={minimum} max={maximum} step="any" value={entered} onChange={(event) => setEntered(event.currentTarget.value)} />
          </Field>
          <Button disabled={entered.trim() === '' || fault !== null || seconds === value} onClick={() => onChange(seconds)}>
            {t('pages.settings.change', 'Change …')}
          </Button>
          <Button variant="secondary" disabled={value === interval.default} onClick={() => onChange(null)}>
            {t('pages.settings.reset', 'Reset to the configuration file …')}
          </Button>
        </Stack>
      )}
    </Stack>
  );
}

function boundsText({ minimum, maximum }: Interval): string {
  return maximum >= Number.MAX_SAFE_INTEGER
    ? t('pages.settings.at-least', 'At least {{minimum}}.', { minimum })
    : t('pages.settings.bounds', 'From {{minimum}} to {{maximum}}.', { minimum, maximum });
}

function ChangeDialog({ seconds, interval, onDone, onClose }: { seconds: number | null; interval: Interval; onDone(): void; onClose(): void }) {
  const [order] = useState<Order>({ path: 'settings', body: { samplingIntervalSeconds: seconds } });
  const duration = formatDuration((seconds ?? interval.default) * SECOND_MS);
  return (
    <OrderDialog
      title={t('pages.settings.change-title', 'Change the salvage time')}
      confirmLabel={seconds === null ? t('pages.settings.confirm-reset', 'Reset to {{duration}}', { duration, ...AS_TEXT }) : t('pages.settings.confirm', 'Sample every {{duration}}', { duration, ...AS_TEXT })}
      order={order}
      reason="none"
      onDone={onDone}
      onClose={onClose}
    />
  );
}
