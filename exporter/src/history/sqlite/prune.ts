import type { Context } from './rows.ts';

/**
 * Removes at most `most` old rows of each kind, so that nobody waits long behind it; `done` says whether any may be left.
 * What belongs to an incident goes with it.
 */
export function pruneBatch({ sql }: Context, closedBeforeMs: number, most: number): { incidents: number; done: boolean } {
  const bound = { beforeMs: closedBeforeMs, most };
  const incidents = sql.run(
    'delete from incidents where id in (select id from incidents where closed_at_ms < $beforeMs order by closed_at_ms limit $most)',
    bound,
  );
  const alerts = sql.run(
    `delete from alerts where (fingerprint, starts_at_ms) in
       (select a.fingerprint, a.starts_at_ms from alerts a left join incidents i on i.id = a.incident_id
        where a.last_received_at_ms < $beforeMs and (i.id is null or i.closed_at_ms is not null) limit $most)`,
    bound,
  );
  const maintenance = sql.run('delete from maintenance where id in (select id from maintenance where until_ms < $beforeMs limit $most)', bound);
  const audit = sql.run('delete from audit where id in (select id from audit where at_ms < $beforeMs order by id limit $most)', bound);
  return { incidents, done: Math.max(incidents, alerts, maintenance, audit) < most };
}
