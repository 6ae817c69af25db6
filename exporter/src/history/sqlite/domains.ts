import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { boundText, boundTextOrNull, LIMITS } from '../bounds.ts';
import { StoreRequestError, type DomainRecord } from '../store.ts';
import { readRow, readRows, type Context, type Reader } from './rows.ts';

const domain: Reader<DomainRecord> = {
  table: 'domains',
  key: ['uuid'],
  schema: z.object({
    uuid: z.string(),
    name: z.string(),
    host: z.string(),
    desired: z.enum(['running', 'stopped']),
    desiredSource: z.enum(['inventory', 'observed', 'operator']),
    firstSeenMs: z.int(),
    lastSeenMs: z.int(),
    lastNotification: z.string().nullable(),
    undefinedAtMs: z.int().nullable(),
  }),
};

const definitionReader = {
  table: 'definitions',
  key: ['uuid'],
  schema: z.object({ host: z.string(), xml: z.string(), savedAtMs: z.int() }),
};

export function domains(context: Context): DomainRecord[] {
  return readRows(context, domain, context.sql.all('select * from domains order by name, uuid'));
}

export function putDomain({ sql }: Context, record: DomainRecord): void {
  const { uuid, host, desired, desiredSource, firstSeenMs, lastSeenMs, undefinedAtMs } = record;
  const name = boundText(record.name, LIMITS.nameBytes);
  const lastNotification = boundTextOrNull(record.lastNotification, LIMITS.textBytes);
  sql.run(
    `insert into domains (uuid, name, host, desired, desired_source, first_seen_ms, last_seen_ms, last_notification, undefined_at_ms)
     values ($uuid, $name, $host, $desired, $desiredSource, $firstSeenMs, $lastSeenMs, $lastNotification, $undefinedAtMs)
     on conflict (uuid) do update set name = excluded.name, host = excluded.host, desired = excluded.desired,
       desired_source = excluded.desired_source, first_seen_ms = excluded.first_seen_ms, last_seen_ms = excluded.last_seen_ms,
       last_notification = excluded.last_notification, undefined_at_ms = excluded.undefined_at_ms`,
    { uuid, name, host, desired, desiredSource, firstSeenMs, lastSeenMs, lastNotification, undefinedAtMs },
  );
}

export function forgetDomain({ sql }: Context, uuid: string): boolean {
  const definitions = sql.run('delete from definitions where uuid = $uuid', { uuid });
  return sql.run('delete from domains where uuid = $uuid', { uuid }) + definitions > 0;
}

/** A definition is kept whole or not at all: half of one could not be defined again. */
export function saveDefinition({ sql }: Context, uuid: string, host: string, xml: string, savedAtMs: number): void {
  const bytes = Buffer.byteLength(xml);
  if (bytes > LIMITS.definitionBytes) {
    throw new StoreRequestError(`definition of domain ${uuid}: ${bytes} bytes, at most ${LIMITS.definitionBytes} are kept`);
  }
  sql.run(
    `insert into definitions (uuid, host, xml, saved_at_ms) values ($uuid, $host, $xml, $savedAtMs)
     on conflict (uuid) do update set host = excluded.host, xml = excluded.xml, saved_at_ms = excluded.saved_at_ms`,
    { uuid, host, xml, savedAtMs },
  );
}

export function definition({ sql }: Context, uuid: string): { host: string; xml: string; savedAtMs: number } | null {
  const row = sql.get('select * from definitions where uuid = $uuid', { uuid });
  return row ? readRow(definitionReader, row) : null;
}
