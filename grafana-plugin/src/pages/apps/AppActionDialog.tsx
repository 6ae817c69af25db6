import { t } from '@grafana/i18n';
import React, { useMemo } from 'react';
import type { DomainApp } from '../../api/domainApps';
import { appActionLabel, appActionMeaning, appOrder, isHarshForApp, type AppAction } from '../../control/appOrder';
import { AS_TEXT, cutText } from '../../format/text';
import { TargetActionDialog } from '../parts/TargetActionDialog';
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
  const target = t('pages.app-action.target', '{{app}} in {{domain}} on host {{host}}, now: {{state}}', { app: app.name, domain: domain.name, host: domain.host, state: appStateLook(app).word, ...AS_TEXT });
  return <TargetActionDialog title={title} harsh={isHarshForApp(action)} order={order} target={target} uuid={domain.uuid} meaning={appActionMeaning(action)} onDone={onDone} onClose={onClose} />;
}

/** "Restart nginx in web-3": names are the same in many domains. */
export function appActionTitle({ domain, app }: DomainApp, action: AppAction): string {
  return t('pages.apps.action-of', '{{action}} {{app}} in {{domain}}', { action: appActionLabel(action), app: cutText(app.name, MAX_NAME), domain: cutText(domain.name, MAX_NAME), ...AS_TEXT });
}
