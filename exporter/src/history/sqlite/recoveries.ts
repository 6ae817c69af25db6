import { decodeCursor, encodeCursor } from '../cursor.ts';
import { StoreRequestError, type IncidentRecord, type Page, type RecoveryDetail, type RecoveryQuery } from '../store.ts';
import { attempts } from './attempts.ts';
import { decisions } from './decisions.ts';
import { readIncidents } from './incident-rows.ts';
import { incident } from './incidents.ts';
import type { Context } from './rows.ts';
import type { Parameters, Row } from './sql.ts';
import { stepsOfIncident } from './steps.ts';

const DEFAULT_LIMIT = 100;
const MOST = 1_000;
const MOST_VALUES = 100;

/** One condition for each filter: for one value, whose index has the order of the listing, and for several. */
const FILTERS = {
  host: { one: 'host = $host', several: 'host in (select value from json_each($host))' },
  domain: {
    one: '(domain_uuid = lower($domain) or domain_name = $domain)',
    several: '(domain_uuid in (select lower(value) from json_each($domain)) or domain_name in (select value from json_each($domain)))',
  },
  app: { one: 'app = $app', several: 'app in (select value from json_each($app))' },
  fault: { one: 'fault = $fault', several: 'fault in (select value from json_each($fault))' },
  outcome: { one: 'outcome = $outcome', several: 'outcome in (select value from json_each($outcome))' },
} as const;

/** What was open at `$fromMs`: few, so they are looked for by their end. */
const SPANNING = `id in (select id from incidents where closed_at_ms is null and opened_at_ms < $fromMs
  union all select id from incidents where closed_at_ms > $fromMs and opened_at_ms < $fromMs)`;

interface Where {
  conditions: string[];
  parameters: Parameters;
}

export function recoveries(context: Context, query: RecoveryQuery): Page<IncidentRecord> {
  const { limit = DEFAULT_LIMIT, fromMs, overlapping = false } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST) throw new StoreRequestError(`limit ${limit}: expected 1 to ${MOST}`);
  const where = filtered(query);
  const rows = fromMs === undefined ? select(context, where, limit + 1) : select(context, and(where, 'opened_at_ms >= $fromMs', { fromMs }), limit + 1);
  // The newest come first, so what was opened before follows when the rest has ended.
  if (fromMs !== undefined && overlapping && rows.length <= limit) {
    rows.push(...select(context, and(where, SPANNING, { fromMs }), limit + 1 - rows.length));
  }
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: readIncidents(context, shown),
    nextCursor: hasMore ? encodeCursor({ openedAtMs: last['openedAtMs'] as number, id: last['id'] as string }) : null,
  };
}

/** Everything but the begin of the range. */
function filtered(query: RecoveryQuery): Where {
  const { toMs, cursor } = query;
  const where: Where = { conditions: [], parameters: {} };
  for (const [name, { one, several }] of Object.entries(FILTERS)) {
    const values = [query[name as keyof typeof FILTERS] ?? []].flat();
    if (values.length > MOST_VALUES) throw new StoreRequestError(`${name}: ${values.length} values, at most ${MOST_VALUES} are possible`);
    const [first] = values;
    if (first === undefined) continue;
    where.conditions.push(values.length === 1 ? one : several);
    where.parameters[name] = values.length === 1 ? first : JSON.stringify(values);
  }
  const upTo = toMs === undefined ? where : and(where, 'opened_at_ms < $toMs', { toMs });
  if (cursor === undefined) return upTo;
  const { openedAtMs, id } = decodeCursor(cursor);
  return and(upTo, '(opened_at_ms, id) < ($afterMs, $afterId)', { afterMs: openedAtMs, afterId: id });
}

function and({ conditions, parameters }: Where, condition: string, more: Parameters): Where {
  return { conditions: [...conditions, condition], parameters: { ...parameters, ...more } };
}

/** The newest first. */
function select({ sql }: Context, { conditions, parameters }: Where, most: number): Row[] {
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  return sql.all(`select * from incidents ${where} order by opened_at_ms desc, id desc limit $most`, { ...parameters, most });
}

export function recovery(context: Context, id: string): RecoveryDetail | null {
  const found = incident(context, id);
  if (!found) return null;
  return { incident: found, attempts: attempts(context, id), steps: stepsOfIncident(context, id), decisions: decisions(context, id) };
}
