/** When the alerts that released an incident have all ended. */
import type { AlertReference, IncidentRecord } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';

/** Identity of an alert: fingerprint and start. */
export function identityOf({ fingerprint, startsAtMs }: AlertReference): string {
  return `${fingerprint}@${startsAtMs}`;
}

/** No rung may begin any more on this release. The one that has begun goes on, and history keeps who released it. */
export function isWithdrawn(context: RecoveryContext, incident: IncidentRecord): boolean {
  const byAlert = incident.releasedBy === 'alert' || incident.releasedBy === 'backstop';
  return byAlert && areAlertsResolved(context, incident);
}

/** It has alerts, and all of them have ended. */
export function areAlertsResolved({ state }: RecoveryContext, { alerts }: IncidentRecord): boolean {
  return alerts.length > 0 && alerts.every((one) => state.resolvedAlerts.has(identityOf(one)));
}
