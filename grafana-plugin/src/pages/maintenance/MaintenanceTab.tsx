import { t } from '@grafana/i18n';
import { Button, EmptyState, Stack, Text } from '@grafana/ui';
import React, { useState } from 'react';
import type { Domain, Maintenance } from '../../api/types';
import { endMaintenance, readDomains, readHosts, readMaintenance } from '../../control/client';
import type { Role } from '../../control/role';
import { useLive } from '../../control/useLive';
import { formatDuration } from '../../format/duration';
import { AS_TEXT, cutText } from '../../format/text';
import { ConfirmDialog } from '../parts/ConfirmDialog';
import { DataTable } from '../parts/DataTable';
import { LiveSection } from '../parts/LiveSection';
import { showTime } from '../parts/time';
import { useNow } from '../parts/useNow';
import { AddDialog } from './AddDialog';
import { scopeLabel } from './scope';

const MAX_NAME = 80;
const MAX_REASON = 300;

/** What virtmedic leaves alone for a time. */
export function MaintenanceTab({ role }: { role: Role }) {
  const live = useLive(readMaintenance);
  const domains = useLive(readDomains);
  const hosts = useLive(readHosts);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Maintenance | null>(null);
  const known = domains.value ?? [];
  return (
    <Stack direction="column" gap={2}>
      <Stack direction="row" gap={2} alignItems="center" justifyContent="space-between" wrap="wrap">
        <Text color="secondary">{t('pages.maintenance.text', 'During maintenance faults are recorded, but not recovered. When it ends, open incidents are decided again.')}</Text>
        {role === 'admin' && (
          <Button icon="plus" onClick={() => setAdding(true)}>
            {t('pages.maintenance.add', 'Add maintenance …')}
          </Button>
        )}
      </Stack>
      <LiveSection live={live}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState variant="completed" message={t('pages.maintenance.none', 'No maintenance is under way.')} />
          ) : (
            <MaintenanceTable items={items} domains={known} onEnding={role === 'admin' ? setEnding : null} />
          )
        }
      </LiveSection>
      {adding && <AddDialog hosts={hosts.value ?? []} domains={known} onDone={live.hurry} onClose={() => setAdding(false)} />}
      {ending && <EndDialog maintenance={ending} label={scopeLabel(ending.scope, known)} onDone={live.hurry} onClose={() => setEnding(null)} />}
    </Stack>
  );
}

interface TableProps {
  items: Maintenance[];
  domains: Domain[];
  onEnding: ((maintenance: Maintenance) => void) | null;
}

function MaintenanceTable({ items, domains, onEnding }: TableProps) {
  const nowMs = useNow();
  const columns = [
    t('pages.maintenance.what', 'What'),
    t('pages.maintenance.until', 'Until'),
    t('pages.maintenance.left', 'Left'),
    t('pages.maintenance.reason', 'Reason'),
    t('pages.maintenance.by', 'By'),
    ...(onEnding ? [t('pages.maintenance.actions', 'Order')] : []),
  ];
  return (
    <DataTable label={t('pages.maintenance.table', 'Maintenance')} columns={columns}>
      {items.map((item) => {
        const label = scopeLabel(item.scope, domains);
        return (
          <tr key={item.id}>
            <th scope="row">{label}</th>
            <td>{showTime(item.untilMs)}</td>
            <td>{formatDuration(Math.max(0, item.untilMs - nowMs))}</td>
            <td>{cutText(item.reason, MAX_REASON)}</td>
            <td>{cutText(item.createdBy, MAX_NAME)}</td>
            {onEnding && (
              <td>
                <Button size="sm" variant="secondary" aria-label={t('pages.maintenance.end-of', 'End maintenance: {{what}}', { what: label, ...AS_TEXT })} onClick={() => onEnding(item)}>
                  {t('pages.maintenance.end', 'End …')}
                </Button>
              </td>
            )}
          </tr>
        );
      })}
    </DataTable>
  );
}

function EndDialog({ maintenance, label, onDone, onClose }: { maintenance: Maintenance; label: string; onDone(): void; onClose(): void }) {
  const title = t('pages.maintenance.end-of', 'End maintenance: {{what}}', { what: label, ...AS_TEXT });
  return (
    <ConfirmDialog title={title} confirmLabel={title} needsReason={false} send={() => endMaintenance(maintenance.id)} onDone={onDone} onClose={onClose}>
      <Text element="p">{t('pages.maintenance.end-meaning', 'virtmedic recovers here again at once. Incidents that wait for the end of this maintenance are decided now.')}</Text>
      <Text element="p" color="secondary">
        {t('pages.maintenance.reason-was', 'Its reason: {{reason}} ({{by}})', { reason: cutText(maintenance.reason, MAX_REASON), by: cutText(maintenance.createdBy, MAX_NAME), ...AS_TEXT })}
      </Text>
    </ConfirmDialog>
  );
}
