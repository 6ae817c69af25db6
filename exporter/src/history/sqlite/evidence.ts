/** What speaks for an incident, and the alerts that it is known by. Both are bounded. */
import { z } from 'zod';
import { boundText, LIMITS } from '../bounds.ts';
import type { AlertReference, Evidence } from '../store.ts';
import { readRows, type Context } from './rows.ts';

/** One place is kept for the entry that says how many are missing. */
const KEPT = LIMITS.evidenceEntries - 1;
/** Of them the first ones, which tell how it began; the rest are the latest. */
const KEPT_FIRST = Math.floor(KEPT / 2);

const evidenceReader = {
  table: 'evidence',
  key: ['incidentId', 'ordinal'],
  schema: z.object({ incidentId: z.string(), atMs: z.int(), source: z.string(), text: z.string() }),
};
const alertReader = {
  table: 'incident_alerts',
  key: ['incidentId', 'fingerprint', 'startsAtMs'],
  schema: z.object({ incidentId: z.string(), fingerprint: z.string(), startsAtMs: z.int(), name: z.string() }),
};

/** Appends what is not there yet, and drops the oldest of the middle beyond the limit. */
export function addEvidence({ sql }: Context, incidentId: string, evidence: readonly Evidence[]): void {
  for (const { atMs, source, text } of evidence) {
    sql.run(
      `insert into evidence (incident_id, ordinal, at_ms, source, text)
       select $incidentId, coalesce((select max(ordinal) from evidence where incident_id = $incidentId), 0) + 1, $atMs, $source, $text
       where not exists (select 1 from evidence where incident_id = $incidentId and at_ms = $atMs and source = $source and text = $text)`,
      { incidentId, atMs, source: boundText(source, LIMITS.nameBytes), text: boundText(text, LIMITS.evidenceTextBytes) },
    );
  }
  const count = sql.get('select count(*) as count from evidence where incident_id = $incidentId', { incidentId })?.['count'] as number;
  if (count <= KEPT) return;
  const excess = count - KEPT;
  sql.run(
    `delete from evidence where incident_id = $incidentId and ordinal in
       (select ordinal from evidence where incident_id = $incidentId order by ordinal limit $excess offset $keptFirst)`,
    { incidentId, excess, keptFirst: KEPT_FIRST },
  );
  sql.run('update incidents set evidence_left_out = evidence_left_out + $excess where id = $incidentId', { incidentId, excess });
}

/** An alert is named once. Beyond the limit further ones are not named. */
export function addAlert({ sql }: Context, incidentId: string, { fingerprint, startsAtMs, name }: AlertReference): void {
  sql.run(
    `insert or ignore into incident_alerts (incident_id, fingerprint, starts_at_ms, name)
     select $incidentId, $fingerprint, $startsAtMs, $name
     where (select count(*) from incident_alerts where incident_id = $incidentId) < $most`,
    {
      incidentId,
      fingerprint: boundText(fingerprint, LIMITS.nameBytes),
      startsAtMs,
      name: boundText(name, LIMITS.nameBytes),
      most: LIMITS.alertsPerIncident,
    },
  );
}

/** Evidence of many incidents at once, by incident. */
export function evidenceOf(context: Context, incidentIds: readonly string[]): Map<string, Evidence[]> {
  const rows = context.sql.all(
    'select e.* from json_each($ids) i join evidence e on e.incident_id = i.value order by e.incident_id, e.ordinal',
    { ids: JSON.stringify(incidentIds) },
  );
  return byIncident(readRows(context, evidenceReader, rows));
}

export function alertsOf(context: Context, incidentIds: readonly string[]): Map<string, AlertReference[]> {
  const rows = context.sql.all(
    'select a.* from json_each($ids) i join incident_alerts a on a.incident_id = i.value order by a.incident_id, a.starts_at_ms, a.fingerprint',
    { ids: JSON.stringify(incidentIds) },
  );
  return byIncident(readRows(context, alertReader, rows));
}

/** Puts an entry that says how many are missing where they were. */
export function withLeftOut(evidence: Evidence[], leftOut: number): Evidence[] {
  if (leftOut === 0) return evidence;
  const first = evidence.slice(0, KEPT_FIRST);
  const note = { atMs: first.at(-1)?.atMs ?? 0, source: 'history', text: `${leftOut} entries are left out here` };
  return [...first, note, ...evidence.slice(KEPT_FIRST)];
}

function byIncident<T>(records: ({ incidentId: string } & T)[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const { incidentId, ...record } of records) {
    const group = groups.get(incidentId) ?? [];
    group.push(record as T);
    groups.set(incidentId, group);
  }
  return groups;
}
