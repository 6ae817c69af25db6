import { t } from '@grafana/i18n';
import { Badge, Stack, Text, Tooltip } from '@grafana/ui';
import React from 'react';
import type { Domain, Recovery } from '../../api/types';
import { ACTIONS, actionLabel, isHarsh, likelyActions, type Action } from '../../control/order';
import { formatAgo } from '../../format/ago';
import { AS_TEXT, cutText } from '../../format/text';
import { ActionButtons } from '../parts/ActionButtons';
import { IncidentCell } from '../parts/IncidentCell';
import { showTime } from '../parts/time';
import { desiredWord, stateLook } from './words';

const MAX_NAME = 80;

interface Props {
  domain: Domain;
  incident: Recovery | undefined;
  nowMs: number;
  /** Null: the person may not order anything. */
  onAction: ((action: Action) => void) | null;
}

/** One domain: how it is, how it should be, what is done about it, and what may be ordered. */
export function DomainRow({ domain, incident, nowMs, onAction }: Props) {
  const { word, icon, color } = stateLook(domain);
  return (
    <tr>
      <th scope="row">{cutText(domain.name, MAX_NAME)}</th>
      <td>{cutText(domain.host, MAX_NAME)}</td>
      <td>
        <Stack direction="column" gap={0.25} alignItems="flex-start">
          <Badge text={word} icon={icon} color={color} />
          {domain.sinceMs !== null && (
            <Tooltip content={showTime(domain.sinceMs)}>
              <span>
                <Text variant="bodySmall" color="secondary">
                  {formatAgo(domain.sinceMs, nowMs)}
                </Text>
              </span>
            </Tooltip>
          )}
        </Stack>
      </td>
      <td>{cutText(desiredWord(domain.desired), MAX_NAME)}</td>
      <td>
        <ManagedCell domain={domain} />
      </td>
      <td>
        <IncidentCell id={domain.incidentId} incident={incident} />
      </td>
      {onAction && (
        <td>
          <Actions domain={domain} likely={likelyActions(domain, incident?.state)} onAction={onAction} />
        </td>
      )}
    </tr>
  );
}

function ManagedCell({ domain: { managed, dryRun } }: { domain: Domain }) {
  if (!managed) {
    return <Text color="secondary">{t('pages.domains.not-managed', 'Not managed')}</Text>;
  }
  return dryRun ? <Badge text={t('pages.domains.dry-run', 'Dry run')} icon="eye" color="orange" /> : <>{t('pages.domains.managed', 'Managed')}</>;
}

function Actions({ domain, likely, onAction }: { domain: Domain; likely: Action[]; onAction(action: Action): void }) {
  if (!domain.managed) {
    return (
      <Text variant="bodySmall" color="secondary">
        {t('pages.domains.not-managed-why', 'Not managed by virtmedic: nothing can be ordered.')}
      </Text>
    );
  }
  const name = cutText(domain.name, MAX_NAME);
  return (
    <ActionButtons
      actions={ACTIONS}
      likely={likely}
      label={actionLabel}
      fullLabel={(action) => t('pages.domains.action-of', '{{action}} {{domain}}', { action: actionLabel(action), domain: name, ...AS_TEXT })}
      moreLabel={t('pages.domains.more-of', 'More for {{domain}}', { domain: name, ...AS_TEXT })}
      isHarsh={isHarsh}
      onAction={onAction}
    />
  );
}
