import { targetKey, type IncidentFault, type Outcome, type SuppressReason, type Target } from '../../vocabulary.ts';
import { boundText, boundTextOrNull, LIMITS } from '../bounds.ts';
import { StoreRequestError, type IncidentPatch, type IncidentRecord, type NewIncident } from '../store.ts';
import { addAlert, addEvidence } from './evidence.ts';
import { readIncident, readIncidents } from './incident-rows.ts';
import type { Context } from './rows.ts';
import type { Row } from './sql.ts';

export function openIncident(context: Context, request: NewIncident): { incident: IncidentRecord; created: boolean } {
  const key = targetKey(request.target);
  const open = context.sql.get('select id from incidents where target_key = $key and closed_at_ms is null', { key });
  const id = open ? (open['id'] as string) : context.newId(request.openedAtMs);
  if (!open) insert(context, id, key, request);
  addEvidence(context, id, request.evidence);
  for (const alert of request.alerts ?? []) addAlert(context, id, alert);
  return { incident: known(context, id), created: !open };
}

function insert({ sql }: Context, id: string, key: string, { target, fault, faultAtMs, openedAtMs, forecast = null }: NewIncident): void {
  sql.run(
    `insert into incidents (id, target_key, target_kind, host, from_host, domain_uuid, domain_name, app, fault, state, fault_at_ms, opened_at_ms, forecast)
     values ($id, $key, $targetKind, $host, $host, $domainUuid, $domainName, $app, $fault, 'open', $faultAtMs, $openedAtMs, $forecast)`,
    { id, key, ...targetColumns(target), fault, faultAtMs, openedAtMs, forecast: forecast && JSON.stringify(forecast) },
  );
}

function targetColumns(target: Target): { targetKind: string; host: string; domainUuid: string | null; domainName: string | null; app: string | null } {
  const { kind: targetKind, host } = target;
  if (target.kind === 'host') return { targetKind, host, domainUuid: null, domainName: null, app: null };
  const domain = { domainUuid: target.uuid, domainName: boundText(target.name, LIMITS.nameBytes) };
  return { targetKind, host, ...domain, app: target.kind === 'app' ? target.app : null };
}

export function patchIncident(context: Context, id: string, patch: IncidentPatch): IncidentRecord {
  const before = known(context, id);
  if (before.closedAtMs !== null) throw new StoreRequestError(`incident ${id} is closed and does not change any more`);
  const { addEvidence: evidence, addAlert: alert, host = before.target.host, ...fields } = patch;
  const { fault, state, releasedAtMs, releasedBy, hold, acknowledgedBy, acknowledgedAtMs, outcomeText } = { ...before, ...fields };
  context.sql.run(
    `update incidents set host = $host, fault = $fault, state = $state, released_at_ms = $releasedAtMs, released_by = $releasedBy,
       hold = $hold, acknowledged_by = $acknowledgedBy, acknowledged_at_ms = $acknowledgedAtMs, outcome_text = $outcomeText
     where id = $id`,
    {
      id,
      host,
      fault,
      state,
      releasedAtMs,
      releasedBy,
      hold: hold && JSON.stringify({ ...hold, why: boundText(hold.why, LIMITS.textBytes) }),
      acknowledgedBy: boundTextOrNull(acknowledgedBy, LIMITS.nameBytes),
      acknowledgedAtMs,
      outcomeText: boundTextOrNull(outcomeText, LIMITS.textBytes),
    },
  );
  if (evidence) addEvidence(context, id, evidence);
  if (alert) addAlert(context, id, alert);
  return known(context, id);
}

export function closeIncident(
  context: Context,
  id: string,
  end: { atMs: number; outcome: Outcome; reason?: SuppressReason | null; text?: string | null },
): IncidentRecord {
  const before = known(context, id);
  if (before.closedAtMs !== null) return before;
  context.sql.run(
    `update incidents set closed_at_ms = $atMs, outcome = $outcome, outcome_reason = $reason, outcome_text = $text, hold = null, state = $state
     where id = $id`,
    {
      id,
      atMs: end.atMs,
      outcome: end.outcome,
      reason: end.reason ?? null,
      text: boundTextOrNull(end.text ?? before.outcomeText, LIMITS.textBytes),
      state: end.outcome === 'escalated' || end.outcome === 'suppressed' ? end.outcome : before.state,
    },
  );
  return known(context, id);
}

export function openIncidents(context: Context): IncidentRecord[] {
  return readIncidents(context, context.sql.all('select * from incidents where closed_at_ms is null order by opened_at_ms, id'));
}

export function incident(context: Context, id: string): IncidentRecord | null {
  const row = find(context, id);
  return row ? readIncident(context, row) : null;
}

export function incidents(context: Context, ids: readonly string[]): IncidentRecord[] {
  const rows = context.sql.all('select i.* from json_each($ids) wanted join incidents i on i.id = wanted.value order by wanted.key', {
    ids: JSON.stringify([...new Set(ids)]),
  });
  return readIncidents(context, rows);
}

export function recentRecoveries(
  { sql }: Context,
  target: string,
  faults: readonly IncidentFault[],
  sinceMs: number,
): { count: number; lastEndedAtMs: number | null } {
  const row = sql.get(
    `select count(distinct case when a.executing_at_ms >= $sinceMs then i.id end) as count, max(a.ended_at_ms) as last_ended_at_ms
     from incidents i join attempts a on a.incident_id = i.id
     where i.target_key = $target and a.executing_at_ms is not null and a.action <> 'notify'
       and (a.action <> 'migrate' or i.fault = 'domain_failing')
       and i.fault in (select value from json_each($faults))`,
    { target, sinceMs, faults: JSON.stringify(faults) },
  ) as { count: number; lastEndedAtMs: number | null };
  return { count: row.count, lastEndedAtMs: row.lastEndedAtMs };
}

function find({ sql }: Context, id: string): Row | undefined {
  return sql.get('select * from incidents where id = $id', { id });
}

function known(context: Context, id: string): IncidentRecord {
  const row = find(context, id);
  if (!row) throw new StoreRequestError(`there is no incident ${id}`);
  return readIncident(context, row);
}
