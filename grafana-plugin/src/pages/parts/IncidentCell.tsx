import { t } from '@grafana/i18n';
import { Stack, Text } from '@grafana/ui';
import React from 'react';
import type { Recovery } from '../../api/types';
import { faultLabel } from '../../format/fault';
import { IncidentState } from '../domains/IncidentState';
import { PageLink } from './PageLink';

interface Props {
  /** Null: nothing is being done. */
  id: string | null;
  /** Undefined: not listed yet. */
  incident: Recovery | undefined;
}

/** What is being done about a target. */
export function IncidentCell({ id, incident }: Props) {
  if (id === null) {
    return <Text color="secondary">{t('pages.domains.no-incident', 'None')}</Text>;
  }
  return (
    <Stack direction="column" gap={0.25}>
      <PageLink path={`incidents?incident=${encodeURIComponent(id)}`}>{incident ? faultLabel(incident.fault) : t('pages.domains.incident', 'Open')}</PageLink>
      {incident && <IncidentState state={incident.state} />}
    </Stack>
  );
}
