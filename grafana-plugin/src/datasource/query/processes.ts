/** The processes in the guests of a few domains, each read anew. */
import type { DataFrame, QueryResultMetaNotice } from '@grafana/data';
import type { Client } from '../../api/client';
import { ApiError, type ApiErrorKind } from '../../api/errors';
import type { Listed } from '../../api/read';
import type { Domain } from '../../api/types';
import { processesFrame, type DomainProcess } from '../../frames/processes';
import { chooseDomainNotice, skippedNotice, tooManyGuestsNotice, unreadGuestNotice } from './notices';

/** Each is a look into a guest; a panel that refreshes is not to look into all of a cluster. */
const MOST_GUESTS = 10;
/** Said of one domain; another error is one of the way to virtmedic, and the same for all. */
const OF_ONE_DOMAIN: ReadonlySet<ApiErrorKind> = new Set([
  'not_found',
  'refused',
  'server',
  'timeout',
  'too_large',
  'too_many',
]);

interface Wanted {
  refId: string;
  /** Whether domains were named at all. */
  isNamed: boolean;
  kernelThreads: boolean;
}

/** A guest that cannot be read is told in a notice with virtmedic's own words: others can, and its domain may be well. */
export async function processesOf(
  client: Client,
  { items: domains, skipped }: Listed<Domain>,
  { refId, isNamed, kernelThreads }: Wanted,
  signal: AbortSignal
): Promise<DataFrame> {
  if (!isNamed) {
    return processesFrame([], refId, [chooseDomainNotice()]);
  }
  const asked = domains.slice(0, MOST_GUESTS);
  const read = await Promise.all(asked.map((domain) => processesIn(client, domain, signal)));
  const processes = read.flatMap((one) => one.processes).filter((one) => kernelThreads || !one.kernelThread);
  return processesFrame(processes, refId, [
    ...skippedNotice(skipped + read.reduce((sum, one) => sum + one.skipped, 0)),
    ...(domains.length > asked.length ? [tooManyGuestsNotice(asked.length)] : []),
    ...read.flatMap(({ notice }) => notice ?? []),
  ]);
}

interface Read {
  processes: DomainProcess[];
  skipped: number;
  notice: QueryResultMetaNotice | null;
}

async function processesIn(client: Client, domain: Domain, signal: AbortSignal): Promise<Read> {
  try {
    const { items, skipped } = await client.processes(domain.uuid, signal);
    return { processes: items.map((process) => ({ ...process, domain })), skipped, notice: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError) || !OF_ONE_DOMAIN.has(error.kind)) {
      throw error;
    }
    return { processes: [], skipped: 0, notice: unreadGuestNotice(domain.name, error) };
  }
}
