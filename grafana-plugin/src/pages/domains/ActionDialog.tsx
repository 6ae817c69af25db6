import { t } from '@grafana/i18n';
import { Stack, Text } from '@grafana/ui';
import React, { useMemo } from 'react';
import type { Domain } from '../../api/types';
import { actionLabel, actionMeaning, actionOrder, isHarsh, type Action } from '../../control/order';
import { AS_TEXT, cutText } from '../../format/text';
import { OrderDialog } from '../parts/OrderDialog';
import { OrderProgress } from './OrderProgress';
import { stateLook } from './words';

const MAX_NAME = 60;

interface Props {
  domain: Domain;
  action: Action;
  onDone(): void;
  onClose(): void;
}

/** Orders one action for one domain. */
export function ActionDialog({ domain, action, onDone, onClose }: Props) {
  const order = useMemo(() => actionOrder(domain, action), [domain, action]);
  const title = t('pages.domains.action-of', '{{action}} {{domain}}', { action: actionLabel(action), domain: cutText(domain.name, MAX_NAME), ...AS_TEXT });
  return (
    <OrderDialog
      title={title}
      confirmLabel={title}
      harsh={isHarsh(action)}
      order={order}
      reason="confirm"
      onDone={onDone}
      onClose={onClose}
      afterwards={({ incidentId, dryRun }) => !dryRun && incidentId !== null && <OrderProgress incidentId={incidentId} />}
    >
      <Stack direction="column" gap={0.5}>
        <Text element="p" weight="bold">
          {t('pages.action.target', '{{domain}} on host {{host}}, now: {{state}}', { domain: domain.name, host: domain.host, state: stateLook(domain).word, ...AS_TEXT })}
        </Text>
        <Text element="p" variant="bodySmall" color="secondary">
          {domain.uuid}
        </Text>
        <Text element="p">{actionMeaning(action)}</Text>
      </Stack>
    </OrderDialog>
  );
}
