import { t } from '@grafana/i18n';
import { Alert, LoadingPlaceholder } from '@grafana/ui';
import React, { useCallback } from 'react';
import { readIncidents, readRecent } from '../../control/client';
import type { Recovery } from '../../api/types';
import { useLive } from '../../control/useLive';
import { FailureNote } from '../parts/FailureNote';
import { PageLink } from '../parts/PageLink';
import { incidentStateWord, outcomeWord } from './words';

/** How far an accepted order is, until it is over. */
export function OrderProgress({ incidentId }: { incidentId: string }) {
  const read = useCallback(() => findIncident(incidentId), [incidentId]);
  const { value, failure } = useLive(read);
  return (
    <>
      <div role="status" aria-live="polite">
        {failure ? <FailureNote failure={failure} /> : <Progress incident={value?.found ?? null} read={value !== null} />}
      </div>
      <PageLink path={`incidents?incident=${encodeURIComponent(incidentId)}`}>
        {t('pages.progress.link', 'Show its incident')}
      </PageLink>
    </>
  );
}

/** Among what is open, else among what ended last. */
async function findIncident(id: string): Promise<{ found: Recovery | null }> {
  const isIt = (incident: Recovery) => incident.id === id;
  return { found: (await readIncidents()).find(isIt) ?? (await readRecent()).find(isIt) ?? null };
}

function Progress({ incident, read }: { incident: Recovery | null; read: boolean }) {
  if (!read) {
    return <LoadingPlaceholder text={t('pages.progress.reading', 'Looking how far it is …')} />;
  }
  if (incident === null) {
    return <Alert severity="info" title={t('pages.progress.gone', 'virtmedic does not list its incident')} />;
  }
  if (incident.closedAtMs === null) {
    const waits = incident.hold?.why ?? '';
    return <LoadingPlaceholder text={waits === '' ? incidentStateWord(incident.state) : `${incidentStateWord(incident.state)}: ${waits}`} />;
  }
  const severity = incident.outcome === 'recovered' ? 'success' : incident.outcome === 'failed' || incident.outcome === 'escalated' ? 'error' : 'warning';
  return (
    <Alert severity={severity} title={outcomeWord(incident.outcome)}>
      {incident.outcomeText}
    </Alert>
  );
}
