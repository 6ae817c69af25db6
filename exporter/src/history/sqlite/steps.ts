import { z } from 'zod';
import { boundText, boundTextOrNull, LIMITS } from '../bounds.ts';
import { StoreRequestError, type StepRecord, type Store } from '../store.ts';
import { knownAttempt } from './attempts.ts';
import { readRow, readRows, type Context, type Reader } from './rows.ts';

const reader: Reader<StepRecord> = {
  table: 'steps',
  key: ['attemptId', 'ordinal'],
  schema: z.object({
    attemptId: z.string(),
    ordinal: z.int(),
    name: z.string(),
    state: z.enum(['started', 'succeeded', 'failed', 'unknown']),
    startedAtMs: z.int(),
    endedAtMs: z.int().nullable(),
    detail: z.string().nullable(),
  }),
};

/** Repeated (same name and time, still started) it gives the step that is there. */
export function beginStep(context: Context, request: Parameters<Store['beginStep']>[0]): StepRecord {
  const { sql } = context;
  const { attemptId, startedAtMs } = request;
  const name = boundText(request.name, LIMITS.nameBytes);
  if (knownAttempt(context, attemptId).state === 'ended') throw new StoreRequestError(`attempt ${attemptId} has ended: no step can begin`);
  const last = sql.get('select * from steps where attempt_id = $attemptId order by ordinal desc limit 1', { attemptId });
  const before = last ? readRow(reader, last) : null;
  if (before?.state === 'started' && before.name === name && before.startedAtMs === Math.round(startedAtMs)) return before;
  const ordinal = (before?.ordinal ?? 0) + 1;
  sql.run(
    `insert into steps (attempt_id, ordinal, name, state, started_at_ms, detail)
     values ($attemptId, $ordinal, $name, 'started', $startedAtMs, $detail)`,
    { attemptId, ordinal, name, startedAtMs, detail: boundTextOrNull(request.detail ?? null, LIMITS.textBytes) },
  );
  return knownStep(context, attemptId, ordinal);
}

/** A step that succeeded or failed stays so; one whose result was unknown may become known. */
export function endStep(context: Context, attemptId: string, ordinal: number, end: Parameters<Store['endStep']>[2]): void {
  const before = knownStep(context, attemptId, ordinal);
  if (before.state === end.state) return;
  if (before.state !== 'started' && before.state !== 'unknown') {
    throw new StoreRequestError(`step ${ordinal} of attempt ${attemptId} has ${before.state} and cannot become ${end.state}`);
  }
  const detail = boundTextOrNull(end.detail === undefined ? before.detail : end.detail, LIMITS.textBytes);
  context.sql.run(
    'update steps set state = $state, ended_at_ms = $endedAtMs, detail = $detail where attempt_id = $attemptId and ordinal = $ordinal',
    { attemptId, ordinal, state: end.state, endedAtMs: end.endedAtMs, detail },
  );
}

/** Steps of all attempts of the incident, in order. */
export function stepsOfIncident(context: Context, incidentId: string): StepRecord[] {
  const rows = context.sql.all(
    `select s.* from attempts a join steps s on s.attempt_id = a.id where a.incident_id = $incidentId order by a.ordinal, s.ordinal`,
    { incidentId },
  );
  return readRows(context, reader, rows);
}

function knownStep({ sql }: Context, attemptId: string, ordinal: number): StepRecord {
  const row = sql.get('select * from steps where attempt_id = $attemptId and ordinal = $ordinal', { attemptId, ordinal });
  if (!row) throw new StoreRequestError(`there is no step ${ordinal} of attempt ${attemptId}`);
  return readRow(reader, row);
}
