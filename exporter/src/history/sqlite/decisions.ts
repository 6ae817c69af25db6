import { z } from 'zod';
import { boundText, LIMITS } from '../bounds.ts';
import type { DecisionRecord } from '../store.ts';
import { readRows, type Context, type Reader } from './rows.ts';

const reader: Reader<DecisionRecord> = {
  table: 'decisions',
  key: ['id'],
  schema: z.object({
    incidentId: z.string(),
    atMs: z.int(),
    kind: z.enum(['wait', 'hold', 'act', 'notify', 'suppress', 'escalate', 'close']),
    reason: z.string(),
    why: z.string(),
  }),
};

/** Adds a row only where kind or reason differ from the incident's last one. */
export function addDecision({ sql }: Context, { incidentId, atMs, kind, ...texts }: DecisionRecord): void {
  const reason = boundText(texts.reason, LIMITS.nameBytes);
  const last = sql.get('select kind, reason from decisions where incident_id = $incidentId order by id desc limit 1', { incidentId });
  if (last && last['kind'] === kind && last['reason'] === reason) return;
  sql.run(
    'insert into decisions (incident_id, at_ms, kind, reason, why) values ($incidentId, $atMs, $kind, $reason, $why)',
    { incidentId, atMs, kind, reason, why: boundText(texts.why, LIMITS.textBytes) },
  );
  sql.run(
    `delete from decisions where (select count(*) from decisions where incident_id = $incidentId) > $kept
       and id = (select id from decisions where incident_id = $incidentId order by id limit 1 offset $first)`,
    { incidentId, kept: LIMITS.decisionsPerIncident, first: LIMITS.decisionsPerIncident / 2 },
  );
}

export function decisions(context: Context, incidentId: string): DecisionRecord[] {
  return readRows(context, reader, context.sql.all('select * from decisions where incident_id = $incidentId order by id', { incidentId }));
}
