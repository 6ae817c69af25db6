import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, EmptyState, Stack, Text, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import type { Recovery } from '../../api/types';
import { acknowledge, closeIncident, readIncidents, readRecent } from '../../control/client';
import { failureOf, type Failure } from '../../control/failure';
import type { Role } from '../../control/role';
import { useLive } from '../../control/useLive';
import { useOnce } from '../../control/useOnce';
import { formatAgo } from '../../format/ago';
import { formatDuration } from '../../format/duration';
import { faultLabel } from '../../format/fault';
import { AS_TEXT, cutText } from '../../format/text';
import { IncidentState } from '../domains/IncidentState';
import { outcomeWord } from '../domains/words';
import { ConfirmDialog } from '../parts/ConfirmDialog';
import { DataTable } from '../parts/DataTable';
import { FailureNote } from '../parts/FailureNote';
import { LiveSection } from '../parts/LiveSection';
import { showTime } from '../parts/time';
import { useNow } from '../parts/useNow';

const MAX_NAME = 80;
const MAX_TEXT = 300;
const ENDED_SHOWN = 20;

/** Open incidents, with what a person may do about them, and what ended last. */
export function IncidentsTab({ role }: { role: Role }) {
  const open = useLive(readIncidents);
  const ended = useLive(readRecent);
  const [closing, setClosing] = useState<Recovery | null>(null);
  const [wanted] = useSearchParams();
  const selected = wanted.get('incident');
  const nowMs = useNow();
  const done = () => {
    open.hurry();
    ended.hurry();
  };
  return (
    <Stack direction="column" gap={3}>
      <section>
        <Text element="h2" variant="h4">
          {t('pages.incidents.open', 'Open')}
        </Text>
        <LiveSection live={open}>
          {(incidents) =>
            incidents.length === 0 ? (
              <EmptyState variant="completed" message={t('pages.incidents.none', 'No incident is open.')} />
            ) : (
              <DataTable label={t('pages.incidents.table', 'Open incidents')} columns={openColumns()}>
                {incidents.map((incident) => (
                  <OpenRow key={incident.id} incident={incident} selected={incident.id === selected} nowMs={nowMs} role={role} onClosing={() => setClosing(incident)} onDone={done} />
                ))}
              </DataTable>
            )
          }
        </LiveSection>
      </section>
      <section>
        <Text element="h2" variant="h4">
          {t('pages.incidents.ended', 'Ended last')}
        </Text>
        <LiveSection live={ended}>
          {(incidents) => (
            <DataTable label={t('pages.incidents.ended-table', 'Incidents that ended last')} columns={endedColumns()}>
              {incidents.slice(0, ENDED_SHOWN).map((incident) => (
                <EndedRow key={incident.id} incident={incident} selected={incident.id === selected} nowMs={nowMs} />
              ))}
            </DataTable>
          )}
        </LiveSection>
      </section>
      {closing && <CloseDialog incident={closing} onDone={done} onClose={() => setClosing(null)} />}
    </Stack>
  );
}

function openColumns(): string[] {
  return [
    t('pages.incidents.target', 'Domain or host'),
    t('pages.incidents.fault', 'Fault'),
    t('pages.incidents.since', 'Since'),
    t('pages.incidents.state', 'State'),
    t('pages.incidents.acknowledged', 'Acknowledged'),
    t('pages.incidents.actions', 'Order'),
  ];
}

function endedColumns(): string[] {
  return [
    t('pages.incidents.target', 'Domain or host'),
    t('pages.incidents.fault', 'Fault'),
    t('pages.incidents.ended-at', 'Ended'),
    t('pages.incidents.took', 'Took'),
    t('pages.incidents.outcome', 'Outcome'),
  ];
}

function targetName({ target }: Recovery): string {
  const host = cutText(target.host, MAX_NAME);
  if (target.kind === 'host') {
    return host;
  }
  const name = `${cutText(target.name, MAX_NAME)} (${host})`;
  return target.kind === 'app' ? `${cutText(target.app, MAX_NAME)}, ${name}` : name;
}

interface OpenRowProps {
  incident: Recovery;
  selected: boolean;
  nowMs: number;
  role: Role;
  onClosing(): void;
  onDone(): void;
}

function OpenRow({ incident, selected, nowMs, role, onClosing, onDone }: OpenRowProps) {
  const styles = useStyles2(getStyles);
  const name = targetName(incident);
  const why = incident.hold?.why ?? incident.outcomeText ?? '';
  return (
    <tr className={cx(selected && styles.selected)} aria-current={selected || undefined}>
      <th scope="row">{name}</th>
      <td>{faultLabel(incident.fault)}</td>
      <td title={showTime(incident.faultAtMs)}>{formatAgo(incident.faultAtMs, nowMs)}</td>
      <td>
        <Stack direction="column" gap={0.25}>
          <IncidentState state={incident.state} />
          {why !== '' && (
            <Text variant="bodySmall" color="secondary">
              {cutText(why, MAX_TEXT)}
            </Text>
          )}
        </Stack>
      </td>
      <td>{incident.acknowledgedBy === null ? t('pages.incidents.not-acknowledged', 'No') : t('pages.incidents.by', 'By {{by}}', { by: cutText(incident.acknowledgedBy, MAX_NAME), ...AS_TEXT })}</td>
      <td>
        <Stack direction="row" gap={0.5} wrap="wrap">
          {incident.acknowledgedBy === null && <AcknowledgeButton incident={incident} name={name} onDone={onDone} />}
          {role === 'admin' && (
            <Button size="sm" variant="secondary" aria-label={t('pages.incidents.close-of', 'Close the incident of {{name}}', { name, ...AS_TEXT })} onClick={onClosing}>
              {t('pages.incidents.close', 'Close …')}
            </Button>
          )}
        </Stack>
      </td>
    </tr>
  );
}

/** Harmless, so it asks nothing: it says who looks at the incident. */
function AcknowledgeButton({ incident, name, onDone }: { incident: Recovery; name: string; onDone(): void }) {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const once = useOnce();
  const send = () =>
    once(async () => {
      setSending(true);
      setFailure(null);
      try {
        await acknowledge(incident.id);
        onDone();
      } catch (error) {
        setFailure(failureOf(error));
      }
      setSending(false);
    });
  return (
    <Stack direction="column" gap={0.5}>
      <Button size="sm" variant="primary" disabled={sending} aria-label={t('pages.incidents.acknowledge-of', 'Acknowledge the incident of {{name}}', { name, ...AS_TEXT })} onClick={() => void send()}>
        {t('pages.incidents.acknowledge', 'Acknowledge')}
      </Button>
      {failure && <FailureNote failure={failure} />}
    </Stack>
  );
}

function EndedRow({ incident, selected, nowMs }: { incident: Recovery; selected: boolean; nowMs: number }) {
  const styles = useStyles2(getStyles);
  const { closedAtMs, faultAtMs, outcome, outcomeText } = incident;
  return (
    <tr className={cx(selected && styles.selected)} aria-current={selected || undefined}>
      <th scope="row">{targetName(incident)}</th>
      <td>{faultLabel(incident.fault)}</td>
      <td title={showTime(closedAtMs)}>{closedAtMs === null ? '–' : formatAgo(closedAtMs, nowMs)}</td>
      <td>{formatDuration(closedAtMs === null ? null : Math.max(0, closedAtMs - faultAtMs))}</td>
      <td>
        <Stack direction="column" gap={0.25}>
          <Text weight="bold" color={outcomeColor(outcome)}>
            {outcomeWord(outcome)}
          </Text>
          {outcomeText !== null && (
            <Text variant="bodySmall" color="secondary">
              {cutText(outcomeText, MAX_TEXT)}
            </Text>
          )}
        </Stack>
      </td>
    </tr>
  );
}

function outcomeColor(outcome: string | null): 'success' | 'error' | 'primary' {
  return outcome === 'recovered' ? 'success' : outcome === 'failed' || outcome === 'escalated' ? 'error' : 'primary';
}

function CloseDialog({ incident, onDone, onClose }: { incident: Recovery; onDone(): void; onClose(): void }) {
  const name = targetName(incident);
  return (
    <ConfirmDialog
      title={t('pages.incidents.close-title', 'Close the incident of {{name}}', { name, ...AS_TEXT })}
      confirmLabel={t('pages.incidents.close-title', 'Close the incident of {{name}}', { name, ...AS_TEXT })}
      needsReason
      send={(reason) => closeIncident(incident.id, reason)}
      onDone={onDone}
      onClose={onClose}
    >
      <Text element="p">
        {t('pages.incidents.close-meaning', '{{fault}}: the incident ends and nothing more is done about it. The same fault is not taken up again until the machine was healthy once. virtmedic refuses while it is working on it.', {
          fault: faultLabel(incident.fault),
          ...AS_TEXT,
        })}
      </Text>
    </ConfirmDialog>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  selected: css({ boxShadow: `inset 3px 0 ${theme.colors.primary.border}`, background: theme.colors.action.selected }),
});
