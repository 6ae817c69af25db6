import { decodeCursor, encodeCursor } from '../cursor.ts';
import { StoreRequestError, type IncidentRecord, type Page, type RecoveryDetail, type RecoveryQuery } from '../store.ts';
import { attempts } from './attempts.ts';
import { decisions } from './decisions.ts';
import { readIncidents } from './incident-rows.ts';
import { incident } from './incidents.ts';
import type { Context } from './rows.ts';
import type { Parameters } from './sql.ts';
import { stepsOfIncident } from './steps.ts';

const DEFAULT_LIMIT = 100;
const MOST = 1_000;

/** One condition for each filter that may be given. */
const CONDITIONS = {
  fromMs: 'opened_at_ms >= $fromMs',
  toMs: 'opened_at_ms < $toMs',
  host: 'host = $host',
  domain: '(domain_uuid = lower($domain) or domain_name = $domain)',
  fault: 'fault = $fault',
  outcome: 'outcome = $outcome',
} as const;

export function recoveries(context: Context, query: RecoveryQuery): Page<IncidentRecord> {
  const { limit = DEFAULT_LIMIT, cursor } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) throw new StoreRequestError(`limit ${limit}: expected 1 to ${MOST}`);
  const parameters: Parameters = { most: limit + 1 };
  const conditions: string[] = [];
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    const value = query[name as keyof typeof CONDITIONS];
    if (value === undefined) continue;
    conditions.push(condition);
    parameters[name] = value;
  }
  if (cursor !== undefined) {
    const { openedAtMs, id } = decodeCursor(cursor);
    conditions.push('(opened_at_ms, id) < ($afterMs, $afterId)');
    Object.assign(parameters, { afterMs: openedAtMs, afterId: id });
  }
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  const rows = context.sql.all(`select * from incidents ${where} order by opened_at_ms desc, id desc limit $most`, parameters);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: readIncidents(context, shown),
    nextCursor: hasMore ? encodeCursor({ openedAtMs: last['openedAtMs'] as number, id: last['id'] as string }) : null,
  };
}

export function recovery(context: Context, id: string): RecoveryDetail | null {
  const found = incident(context, id);
  if (!found) return null;
  return { incident: found, attempts: attempts(context, id), steps: stepsOfIncident(context, id), decisions: decisions(context, id) };
}
