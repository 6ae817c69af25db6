import { t } from '@grafana/i18n';
import { Stack, Text } from '@grafana/ui';
import React, { useMemo } from 'react';
import type { DomainApp } from '../../api/domainApps';
import { appActionLabel, appActionMeaning, appOrder, isHarshForApp, type AppAction } from '../../control/appOrder';
import { AS_TEXT, cutText } from '../../format/text';
import { OrderProgress } from '../domains/OrderProgress';
import { OrderDialog } from '../parts/OrderDialog';
import { appStateLook } from './words';

const MAX_NAME = 60;

interface Props {
  item: DomainApp;
  action: AppAction;
  onDone(): void;
  onClose(): void;
}

/** Orders one action for one application. */
export function AppActionDialog({ item, action, onDone, onClose }: Props) {
  const order = useMemo(() => appOrder(item, action), [item, action]);
  const title = appActionTitle(item, action);
  const { domain, app } = item;
  return (
    <OrderDialog
      title={title}
      confirmLabel={title}
      harsh={isHarshForApp(action)}
      order={order}
      reason="confirm"
      onDone={onDone}
      onClose={onClose}
      afterwards={({ incidentId, dryRun }) => !dryRun && incidentId !== null && <OrderProgress incidentId={incidentId} />}
    >
      <Stack direction="column" gap={0.5}>
        <Text element="p" weight="bold">
          {t('pages.app-action.target', '{{app}} in {{domain}} on host {{host}}, now: {{state}}', { app: app.name, domain: domain.name, host: domain.host, state: appStateLook(app).word, ...AS_TEXT })}
        </Text>
        <Text element="p" variant="bodySmall" color="secondary">
          {domain.uuid}
        </Text>
        <Text element="p">{appActionMeaning(action)}</Text>
      </Stack>
    </OrderDialog>
  );
}

/** "Restart nginx in web-3": names are the same in many domains. */
export function appActionTitle({ domain, app }: DomainApp, action: AppAction): string {
  return t('pages.apps.action-of', '{{action}} {{app}} in {{domain}}', { action: appActionLabel(action), app: cutText(app.name, MAX_NAME), domain: cutText(domain.name, MAX_NAME), ...AS_TEXT });
}
