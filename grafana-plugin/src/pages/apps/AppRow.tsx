import { t } from '@grafana/i18n';
import { Badge, Stack, Text } from '@grafana/ui';
import React from 'react';
import type { DomainApp } from '../../api/domainApps';
import type { Recovery } from '../../api/types';
import { APP_ACTIONS, appActionLabel, isHarshForApp, likelyAppActions, type AppAction } from '../../control/appOrder';
import { formatAgo } from '../../format/ago';
import { faultLabel } from '../../format/fault';
import { AS_TEXT, cutText } from '../../format/text';
import { ActionButtons } from '../parts/ActionButtons';
import { IncidentCell } from '../parts/IncidentCell';
import { showTime } from '../parts/time';
import { appActionTitle } from './AppActionDialog';
import { appStateLook } from './words';

const MAX_NAME = 80;
const MAX_TEXT = 300;

interface Props {
  item: DomainApp;
  incident: Recovery | undefined;
  nowMs: number;
  /** Null: the person may not order anything. */
  onAction: ((action: AppAction) => void) | null;
}

/** One application: how it is, what tells so, what is done about it, and what may be ordered. */
export function AppRow({ item, incident, nowMs, onAction }: Props) {
  const { domain, app } = item;
  const { word, icon, color } = appStateLook(app);
  return (
    <tr>
      <th scope="row">{cutText(app.name, MAX_NAME)}</th>
      <td>{cutText(domain.name, MAX_NAME)}</td>
      <td>{cutText(domain.host, MAX_NAME)}</td>
      <td>
        <Badge text={word} icon={icon} color={color} />
      </td>
      <td>
        <FaultCell item={item} nowMs={nowMs} />
      </td>
      <td>
        <IncidentCell id={app.incidentId} incident={incident} />
      </td>
      {onAction && (
        <td>
          <Actions item={item} likely={likelyAppActions(app, incident?.state)} onAction={onAction} />
        </td>
      )}
    </tr>
  );
}

/** What is wrong and what proves it; where nothing is wrong, why so little is known. */
function FaultCell({ item: { app }, nowMs }: { item: DomainApp; nowMs: number }) {
  const evidence = cutText(app.evidence.join('; '), MAX_TEXT);
  return (
    <Stack direction="column" gap={0.25}>
      {app.fault === null ? (
        <Text color="secondary">{t('pages.apps.no-fault', 'None')}</Text>
      ) : (
        <span title={showTime(app.sinceMs)}>
          {faultLabel(app.fault)}
          {app.sinceMs !== null && `, ${formatAgo(app.sinceMs, nowMs)}`}
        </span>
      )}
      {evidence !== '' && (
        <Text variant="bodySmall" color="secondary">
          {evidence}
        </Text>
      )}
    </Stack>
  );
}

function Actions({ item, likely, onAction }: { item: DomainApp; likely: AppAction[]; onAction(action: AppAction): void }) {
  if (!item.domain.managed) {
    return (
      <Text variant="bodySmall" color="secondary">
        {t('pages.apps.not-managed-why', 'Its domain is not managed by virtmedic: nothing can be ordered.')}
      </Text>
    );
  }
  const moreLabel = t('pages.apps.more-of', 'More for {{app}} in {{domain}}', { app: cutText(item.app.name, MAX_NAME), domain: cutText(item.domain.name, MAX_NAME), ...AS_TEXT });
  return (
    <ActionButtons
      actions={APP_ACTIONS}
      likely={likely}
      label={appActionLabel}
      fullLabel={(action) => appActionTitle(item, action)}
      moreLabel={moreLabel}
      isHarsh={isHarshForApp}
      onAction={onAction}
    />
  );
}
