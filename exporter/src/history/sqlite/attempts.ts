import { z } from 'zod';
import { ACTIONS, ATTEMPT_RESULTS } from '../../vocabulary.ts';
import { boundText, boundTextOrNull, LIMITS } from '../bounds.ts';
import { StoreRequestError, type AttemptRecord, type Store } from '../store.ts';
import { readRow, readRows, type Context, type Reader } from './rows.ts';

/** In this order and never back. */
const STATES = ['planned', 'executing', 'verifying', 'ended'] as const;

const reader: Reader<AttemptRecord> = {
  table: 'attempts',
  key: ['id'],
  schema: z.object({
    id: z.string(),
    incidentId: z.string(),
    ordinal: z.int(),
    action: z.enum(ACTIONS),
    host: z.string(),
    state: z.enum(STATES),
    plannedAtMs: z.int(),
    executingAtMs: z.int().nullable(),
    verifyingAtMs: z.int().nullable(),
    endedAtMs: z.int().nullable(),
    result: z.enum(ATTEMPT_RESULTS).nullable(),
    error: z.string().nullable(),
    actor: z.string(),
  }),
};

type NewAttempt = Parameters<Store['planAttempt']>[0];
type AttemptPatch = Parameters<Store['patchAttempt']>[1];

export function planAttempt(context: Context, request: NewAttempt): AttemptRecord {
  const { sql } = context;
  const { incidentId, action, host, plannedAtMs } = request;
  const actor = boundText(request.actor, LIMITS.nameBytes);
  const unfinished = sql.get(`select * from attempts where incident_id = $incidentId and state <> 'ended'`, { incidentId });
  if (unfinished) {
    const attempt = readRow(reader, unfinished);
    const isSame = attempt.action === action && attempt.host === host && attempt.plannedAtMs === Math.round(plannedAtMs) && attempt.actor === actor;
    if (isSame && attempt.state === 'planned') return attempt;
    throw new StoreRequestError(`incident ${incidentId}: attempt ${attempt.ordinal} (${attempt.action}) has not ended`);
  }
  const incident = sql.get('select closed_at_ms from incidents where id = $incidentId', { incidentId });
  if (!incident) throw new StoreRequestError(`there is no incident ${incidentId}`);
  if (incident['closedAtMs'] !== null) throw new StoreRequestError(`incident ${incidentId} is closed: no attempt can be planned`);
  const id = context.newId(plannedAtMs);
  sql.run(
    `insert into attempts (id, incident_id, ordinal, action, host, state, planned_at_ms, actor)
     values ($id, $incidentId, coalesce((select max(ordinal) from attempts where incident_id = $incidentId), 0) + 1,
       $action, $host, 'planned', $plannedAtMs, $actor)`,
    { id, incidentId, action, host, plannedAtMs, actor },
  );
  return knownAttempt(context, id);
}

/** An ended attempt takes only the patch that it already carries. */
export function patchAttempt(context: Context, id: string, patch: AttemptPatch): AttemptRecord {
  const before = knownAttempt(context, id);
  const after = { ...before, ...patch, error: boundTextOrNull(patch.error === undefined ? before.error : patch.error, LIMITS.textBytes) };
  if (STATES.indexOf(after.state) < STATES.indexOf(before.state)) {
    throw new StoreRequestError(`attempt ${id} is ${before.state} and cannot become ${after.state}`);
  }
  const { state, executingAtMs, verifyingAtMs, endedAtMs, result, error } = after;
  const fields = { state, executingAtMs, verifyingAtMs, endedAtMs, result, error };
  if (before.state === 'ended') {
    const isSame = Object.entries(fields).every(([name, value]) => before[name as keyof typeof fields] === value);
    if (!isSame) throw new StoreRequestError(`attempt ${id} has ended and does not change any more`);
    return before;
  }
  context.sql.run(
    `update attempts set state = $state, executing_at_ms = $executingAtMs, verifying_at_ms = $verifyingAtMs, ended_at_ms = $endedAtMs,
       result = $result, error = $error where id = $id`,
    { id, ...fields },
  );
  return knownAttempt(context, id);
}

export function unfinishedAttempts(context: Context): AttemptRecord[] {
  return readRows(context, reader, context.sql.all(`select * from attempts where state <> 'ended' order by planned_at_ms, id`));
}

export function attempts(context: Context, incidentId: string): AttemptRecord[] {
  return readRows(context, reader, context.sql.all('select * from attempts where incident_id = $incidentId order by ordinal', { incidentId }));
}

export function attemptsOf(context: Context, incidentIds: readonly string[]): AttemptRecord[] {
  const rows = context.sql.all(
    'select a.* from json_each($ids) i join attempts a on a.incident_id = i.value order by a.incident_id, a.ordinal',
    { ids: JSON.stringify([...new Set(incidentIds)]) },
  );
  return readRows(context, reader, rows);
}

/** Throws StoreRequestError where there is none. */
export function knownAttempt({ sql }: Context, id: string): AttemptRecord {
  const row = sql.get('select * from attempts where id = $id', { id });
  if (!row) throw new StoreRequestError(`there is no attempt ${id}`);
  return readRow(reader, row);
}
