import type { DomainSummary } from '../web/read-api.ts';
import type { Session } from './context.ts';
import { CommandError, EXIT } from './errors.ts';

/** The one domain of this name or UUID. @throws CommandError */
export async function findDomain({ client }: Pick<Session, 'client'>, wanted: string, host: string | undefined): Promise<DomainSummary> {
  const { items } = await client.get<{ items: DomainSummary[] }>('/api/v1/domains');
  const found = items.filter((domain) => (domain.uuid === wanted.toLowerCase() || domain.name === wanted) && (host === undefined || domain.host === host));
  const [first] = found;
  if (first === undefined) throw new CommandError(EXIT.failed, `there is no domain ${wanted}${host === undefined ? '' : ` on ${host}`}; virtmedic status lists them`);
  if (found.length > 1) throw new CommandError(EXIT.failed, `${wanted} is on ${found.map((domain) => domain.host).join(', ')}; give --host or the UUID`);
  return first;
}
