import { t } from '@grafana/i18n';
import { Alert, Button, Stack, Text } from '@grafana/ui';
import React, { useState } from 'react';
import type { PauseState } from '../../api/types';
import { readPause } from '../../control/client';
import type { Order } from '../../control/order';
import type { Role } from '../../control/role';
import { useLive } from '../../control/useLive';
import { AS_TEXT } from '../../format/text';
import { LiveSection } from '../parts/LiveSection';
import { OrderDialog } from '../parts/OrderDialog';
import { showTime } from '../parts/time';

const PAUSE: Order = { path: 'pause', body: { paused: true } };
const RESUME: Order = { path: 'pause', body: { paused: false } };

/** Whether anything is recovered at all, and the switch for it. */
export function PauseBar({ role }: { role: Role }) {
  const live = useLive(readPause);
  const [wanted, setWanted] = useState<'pause' | 'resume' | null>(null);
  return (
    <>
      <LiveSection live={live}>{(state) => <State state={state} onChange={role === 'admin' ? setWanted : null} />}</LiveSection>
      {wanted === 'pause' && (
        <OrderDialog
          title={t('pages.pause.title', 'Pause recovery')}
          confirmLabel={t('pages.pause.confirm', 'Pause all recovery')}
          harsh
          order={PAUSE}
          reason="check"
          onDone={live.hurry}
          onClose={() => setWanted(null)}
        >
          <Text element="p">{t('pages.pause.meaning', 'Faults are still detected and recorded, but nothing is recovered, on any host, until someone resumes. It survives a restart of virtmedic.')}</Text>
        </OrderDialog>
      )}
      {wanted === 'resume' && (
        <OrderDialog
          title={t('pages.pause.resume-title', 'Resume recovery')}
          confirmLabel={t('pages.pause.resume-confirm', 'Resume recovery')}
          order={RESUME}
          reason="none"
          onDone={live.hurry}
          onClose={() => setWanted(null)}
        />
      )}
    </>
  );
}

function State({ state: { paused }, onChange }: { state: PauseState; onChange: ((wanted: 'pause' | 'resume') => void) | null }) {
  if (paused !== null) {
    return (
      <Alert severity="warning" title={t('pages.pause.paused', 'RECOVERY IS PAUSED: nothing is recovered')}>
        <Stack direction="column" gap={1} alignItems="flex-start">
          <span>{t('pages.pause.by', 'By {{by}} since {{time}}. Reason: {{reason}}', { by: paused.by || '–', time: showTime(paused.atMs), reason: paused.reason || '–', ...AS_TEXT })}</span>
          {onChange && (
            <Button variant="primary" icon="play" onClick={() => onChange('resume')}>
              {t('pages.pause.resume', 'Resume recovery …')}
            </Button>
          )}
        </Stack>
      </Alert>
    );
  }
  return (
    <Alert severity="success" title={t('pages.pause.on', 'Recovery is on')}>
      <Stack direction="row" gap={2} alignItems="center" justifyContent="space-between" wrap="wrap">
        <span>{t('pages.pause.on-text', 'Managed domains are recovered by policy.')}</span>
        {onChange && (
          <Button variant="secondary" size="sm" icon="pause" onClick={() => onChange('pause')}>
            {t('pages.pause.pause', 'Pause recovery …')}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
