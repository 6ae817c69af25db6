import { boundText, LIMITS } from '../bounds.ts';
import { StoreRequestError, type Store } from '../store.ts';
import type { Context } from './rows.ts';

export function recordAlert({ sql }: Context, alert: Parameters<Store['recordAlert']>[0]): { first: boolean; incidentId: string | null } {
  const { startsAtMs, receivedAtMs, incidentId } = alert;
  const identity = { fingerprint: boundText(alert.fingerprint, LIMITS.nameBytes), startsAtMs };
  if (incidentId !== null && !sql.get('select 1 as found from incidents where id = $incidentId', { incidentId })) {
    throw new StoreRequestError(`there is no incident ${incidentId}`);
  }
  const added = sql.run(
    `insert or ignore into alerts (fingerprint, starts_at_ms, name, first_received_at_ms, last_received_at_ms)
     values ($fingerprint, $startsAtMs, $name, $receivedAtMs, $receivedAtMs)`,
    { ...identity, name: boundText(alert.name, LIMITS.nameBytes), receivedAtMs },
  );
  const row = sql.get(
    `update alerts set last_received_at_ms = max(last_received_at_ms, $receivedAtMs), incident_id = coalesce(incident_id, $incidentId)
     where fingerprint = $fingerprint and starts_at_ms = $startsAtMs returning incident_id`,
    { ...identity, receivedAtMs, incidentId },
  );
  return { first: added > 0, incidentId: (row?.['incidentId'] ?? null) as string | null };
}
