/** What people have ordered: maintenance, settings, and who did what. */
import { z } from 'zod';
import { boundText, LIMITS } from '../bounds.ts';
import { StoreRequestError, type MaintenanceRecord, type Store } from '../store.ts';
import { jsonColumn } from './json.ts';
import { keepReadable, readRow, type Context } from './rows.ts';
import type { Row } from './sql.ts';

const reader = {
  table: 'maintenance',
  key: ['id'],
  schema: z.object({
    id: z.string(),
    scope: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('host'), host: z.string() }),
      z.object({ kind: z.literal('domain'), uuid: z.string() }),
      z.object({ kind: z.literal('all') }),
    ]),
    fromMs: z.int(),
    untilMs: z.int(),
    reason: z.string(),
    createdBy: z.string(),
  }),
};

function readMaintenance(row: Row): MaintenanceRecord {
  const { scopeKind: kind, scopeHost: host, scopeUuid: uuid } = row;
  return readRow(reader, { ...row, scope: { kind, host, uuid } });
}

export function maintenance(context: Context, nowMs: number): MaintenanceRecord[] {
  const rows = context.sql.all('select * from maintenance where until_ms > $nowMs order by from_ms, id', { nowMs });
  return keepReadable(context, rows, readMaintenance);
}

/** Repeated it gives the record that is there. */
export function addMaintenance({ sql, newId }: Context, record: Omit<MaintenanceRecord, 'id'>): MaintenanceRecord {
  const { scope, fromMs, untilMs } = record;
  if (!(untilMs > fromMs)) throw new StoreRequestError(`maintenance until ${untilMs} from ${fromMs}: it would end before it begins`);
  const fields = {
    scopeKind: scope.kind,
    scopeHost: scope.kind === 'host' ? scope.host : null,
    scopeUuid: scope.kind === 'domain' ? scope.uuid : null,
    fromMs,
    untilMs,
    reason: boundText(record.reason, LIMITS.textBytes),
    createdBy: boundText(record.createdBy, LIMITS.nameBytes),
  };
  const same = sql.get(
    `select * from maintenance where scope_kind = $scopeKind and scope_host is $scopeHost and scope_uuid is $scopeUuid
       and from_ms = $fromMs and until_ms = $untilMs and reason = $reason and created_by = $createdBy`,
    fields,
  );
  if (same) return readMaintenance(same);
  const row = sql.get(
    `insert into maintenance (id, scope_kind, scope_host, scope_uuid, from_ms, until_ms, reason, created_by)
     values ($id, $scopeKind, $scopeHost, $scopeUuid, $fromMs, $untilMs, $reason, $createdBy) returning *`,
    { id: newId(fromMs), ...fields },
  );
  return readMaintenance(row as Row);
}

export function removeMaintenance({ sql }: Context, id: string): boolean {
  return sql.run('delete from maintenance where id = $id', { id }) > 0;
}

export function setting({ sql }: Context, key: string): unknown {
  const row = sql.get('select key, value from settings where key = $key', { key });
  return row ? readRow({ table: 'settings', key: ['key'], schema: z.object({ value: jsonColumn }) }, row).value : null;
}

export function putSetting({ sql }: Context, key: string, value: unknown): void {
  const text = JSON.stringify(value ?? null);
  if (text.length > LIMITS.settingBytes) throw new StoreRequestError(`setting ${key}: ${text.length} bytes, at most ${LIMITS.settingBytes} are kept`);
  sql.run('insert into settings (key, value) values ($key, $value) on conflict (key) do update set value = excluded.value', { key, value: text });
}

/** The same entry is written once. */
export function recordAudit({ sql }: Context, { atMs, ...texts }: Parameters<Store['recordAudit']>[0]): void {
  const entry = {
    atMs,
    actor: boundText(texts.actor, LIMITS.nameBytes),
    action: boundText(texts.action, LIMITS.nameBytes),
    target: boundText(texts.target, LIMITS.nameBytes),
    detail: boundText(texts.detail, LIMITS.textBytes),
  };
  sql.run(
    `insert into audit (at_ms, actor, action, target, detail) select $atMs, $actor, $action, $target, $detail
     where not exists (select 1 from audit
       where at_ms = $atMs and actor = $actor and action = $action and target = $target and detail = $detail)`,
    entry,
  );
}
