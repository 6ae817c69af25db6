import { boundText, LIMITS } from '../bounds.ts';
import type { Context } from './rows.ts';

export function acquireLock({ sql }: Context, domainUuid: string, owner: string, operation: string, atMs: number): boolean {
  sql.run(
    'insert or ignore into locks (domain_uuid, owner, operation, taken_at_ms) values ($domainUuid, $owner, $operation, $atMs)',
    { domainUuid, owner, operation: boundText(operation, LIMITS.nameBytes), atMs },
  );
  return sql.get('select owner from locks where domain_uuid = $domainUuid', { domainUuid })?.['owner'] === owner;
}

export function releaseLock({ sql }: Context, domainUuid: string, owner: string): void {
  sql.run('delete from locks where domain_uuid = $domainUuid and owner = $owner', { domainUuid, owner });
}

export function releaseAllLocks({ sql }: Context): number {
  return sql.run('delete from locks');
}
