import { t } from '@grafana/i18n';
import type { Domain, Maintenance } from '../../api/types';
import type { Order } from '../../control/order';
import { AS_TEXT, cutText } from '../../format/text';

const MAX_NAME = 80;

/** Lengths offered, in minutes. */
export const PRESETS_MINUTES = [30, 60, 240, 480, 1440] as const;

export interface MaintenanceForm {
  kind: 'host' | 'domain' | 'all';
  host: string;
  /** UUID. */
  domain: string;
  /** Null: until a time. */
  minutes: number | null;
  untilMs: number | null;
}

/** The order for what was entered, but for its reason; null: something is missing or the time is over. */
export function maintenanceOrder({ kind, host, domain, minutes, untilMs }: MaintenanceForm, nowMs: number): Order | null {
  const scope = kind === 'all' ? { all: true } : kind === 'host' ? { host } : { domain };
  if (Object.values(scope).includes('')) {
    return null;
  }
  if (minutes !== null) {
    return { path: 'maintenance', body: { ...scope, durationSeconds: minutes * 60 } };
  }
  return untilMs !== null && untilMs > nowMs ? { path: 'maintenance', body: { ...scope, until: new Date(untilMs).toISOString() } } : null;
}

/** What a maintenance is about, for people. */
export function scopeLabel(scope: Maintenance['scope'], domains: readonly Domain[]): string {
  switch (scope.kind) {
    case 'all':
      return t('pages.maintenance.scope-all', 'Everything');
    case 'host':
      return t('pages.maintenance.scope-host', 'Host {{host}}', { host: cutText(scope.host, MAX_NAME), ...AS_TEXT });
    case 'domain': {
      const name = domains.find(({ uuid }) => uuid === scope.uuid)?.name ?? scope.uuid;
      return t('pages.maintenance.scope-domain', 'Domain {{domain}}', { domain: cutText(name, MAX_NAME), ...AS_TEXT });
    }
  }
}
