/** Incidents as they are stored: one row each, with evidence and alerts in tables of their own. */
import { z } from 'zod';
import { targetForecastSchema } from '../../prediction/forecast-schema.ts';
import { HOLD_REASONS, INCIDENT_FAULTS, INCIDENT_STATES, OUTCOMES, SUPPRESS_REASONS } from '../../vocabulary.ts';
import type { IncidentRecord } from '../store.ts';
import { alertsOf, evidenceOf, withLeftOut } from './evidence.ts';
import { jsonColumn } from './json.ts';
import { keepReadable, readRow, type Context } from './rows.ts';
import type { Row } from './sql.ts';

const incidentRow = {
  table: 'incidents',
  key: ['id'],
  schema: z.object({
    id: z.string(),
    target: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('domain'), uuid: z.string(), name: z.string(), host: z.string() }),
      z.object({ kind: z.literal('host'), host: z.string() }),
      z.object({ kind: z.literal('app'), uuid: z.string(), name: z.string(), host: z.string(), app: z.string() }),
    ]),
    targetKey: z.string(),
    fromHost: z.string(),
    fault: z.enum(INCIDENT_FAULTS),
    state: z.enum(INCIDENT_STATES),
    faultAtMs: z.int(),
    openedAtMs: z.int(),
    releasedAtMs: z.int().nullable(),
    releasedBy: z.enum(['alert', 'backstop', 'direct', 'operator']).nullable(),
    hold: jsonColumn.pipe(z.object({ reason: z.enum(HOLD_REASONS), why: z.string(), retryAtMs: z.number().nullable() })).nullable(),
    closedAtMs: z.int().nullable(),
    outcome: z.enum(OUTCOMES).nullable(),
    outcomeReason: z.enum(SUPPRESS_REASONS).nullable(),
    outcomeText: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAtMs: z.int().nullable(),
    // Beside the point of the incident: one that cannot be read must not hide it.
    forecast: jsonColumn.pipe(targetForecastSchema).nullable().catch(null),
    owner: z.string().nullable(),
    generation: z.int(),
    evidenceLeftOut: z.int(),
  }),
};
type IncidentRow = z.infer<typeof incidentRow.schema>;

function readIncidentRow(row: Row): IncidentRow {
  const { targetKind: kind, host, domainUuid: uuid, domainName: name, app } = row;
  return readRow(incidentRow, { ...row, target: { kind, uuid, name, host, app } });
}

/** Throws CorruptRecordError. */
export function readIncident(context: Context, row: Row): IncidentRecord {
  return withDetails(context, [readIncidentRow(row)])[0] as IncidentRecord;
}

/** Same order as the rows; a row that cannot be read is reported and left out. */
export function readIncidents(context: Context, rows: readonly Row[]): IncidentRecord[] {
  return withDetails(context, keepReadable(context, rows, readIncidentRow));
}

function withDetails(context: Context, rows: IncidentRow[]): IncidentRecord[] {
  const ids = rows.map((row) => row.id);
  const evidence = evidenceOf(context, ids);
  const alerts = alertsOf(context, ids);
  return rows.map(({ evidenceLeftOut, ...row }) => ({
    ...row,
    alerts: alerts.get(row.id) ?? [],
    evidence: withLeftOut(evidence.get(row.id) ?? [], evidenceLeftOut),
  }));
}
