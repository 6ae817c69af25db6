/** virtmedic's read API, call by call. It never sends anything but GET. */
import { parseProcesses } from './apps';
import {
  parseChanges,
  parseDomains,
  parseHosts,
  parseIncidents,
  parseRecoveries,
  parseRecoveryDetail,
  parseVersion,
} from './parse';
import { parseJson, type Listed } from './read';
import type { Parameters, Transport } from './transport';
import type { Changes, Domain, GuestProcess, Host, Page, Recovery, RecoveryDetail } from './types';

const TIMEOUT_MS = 30_000;
/** Of a request that is repeated anyway. */
const POLL_TIMEOUT_MS = 10_000;
const MAX_PAGE = 1000;

export interface RecoveriesQuery {
  fromMs?: number;
  toMs?: number;
  /** Of several values any; none: all. */
  host?: readonly string[];
  domain?: readonly string[];
  app?: readonly string[];
  fault?: readonly string[];
  outcome?: readonly string[];
  /** 1 to 1000. */
  limit?: number;
  cursor?: string;
}

export interface Client {
  /** With a begin of the range: also those that had begun before and were not over then. The newest come first. */
  recoveries(query: RecoveriesQuery, signal?: AbortSignal): Promise<Page<Recovery> & Listed<Recovery>>;
  recovery(id: string, signal?: AbortSignal): Promise<RecoveryDetail>;
  incidents(signal?: AbortSignal): Promise<Listed<Recovery>>;
  hosts(signal?: AbortSignal): Promise<Listed<Host>>;
  /** `host`: only those of that host. */
  domains(host?: string, signal?: AbortSignal): Promise<Listed<Domain>>;
  /** What runs in the guest of a domain, read anew. Fails with virtmedic's own words where it cannot be told. */
  processes(uuid: string, signal?: AbortSignal): Promise<Listed<GuestProcess>>;
  /** Without a cursor: nothing but the cursor of now. */
  changes(cursor: string | null, signal?: AbortSignal): Promise<Changes & Listed<Recovery>>;
  /** Of the daemon; null: it does not say. */
  version(signal?: AbortSignal): Promise<string | null>;
}

/** `transport` decides where virtmedic is and who one is there. */
export function createClient(transport: Transport): Client {
  const get = async (
    path: string,
    parameters: Parameters = {},
    signal?: AbortSignal,
    timeoutMs = TIMEOUT_MS
  ): Promise<unknown> => parseJson(await transport(path, parameters, { signal, timeoutMs }));
  return {
    recoveries: async ({ fromMs, toMs, limit, ...rest }, signal) => {
      const parameters = {
        ...rest,
        from: whole(fromMs),
        to: whole(toMs),
        overlapping: fromMs === undefined ? undefined : true,
        limit: limit === undefined ? undefined : Math.max(1, Math.min(MAX_PAGE, Math.trunc(limit))),
      };
      return parseRecoveries(await get('/api/v1/recoveries', parameters, signal));
    },
    recovery: async (id, signal) =>
      parseRecoveryDetail(await get(`/api/v1/recoveries/${encodeURIComponent(id)}`, {}, signal)),
    incidents: async (signal) => parseIncidents(await get('/api/v1/incidents', {}, signal)),
    hosts: async (signal) => parseHosts(await get('/api/v1/hosts', {}, signal)),
    domains: async (host, signal) => parseDomains(await get('/api/v1/domains', { host }, signal)),
    processes: async (uuid, signal) =>
      parseProcesses(await get(`/api/v1/domains/${encodeURIComponent(uuid)}/processes`, {}, signal)),
    changes: async (cursor, signal) =>
      parseChanges(
        await get('/api/v1/events', { cursor: cursor ?? undefined, limit: MAX_PAGE }, signal, POLL_TIMEOUT_MS)
      ),
    version: async (signal) => parseVersion(await get('/api/v1/openapi.json', {}, signal, POLL_TIMEOUT_MS)),
  };
}

/** The API takes times as unsigned whole numbers. */
function whole(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.max(0, Math.trunc(ms));
}
