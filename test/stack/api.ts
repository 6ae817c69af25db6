import type { IncidentRecord, Page, RecoveryDetail } from '../../exporter/src/history/store.ts';
import type { DomainSummary, HostSummary, Timings } from '../../exporter/src/web/read-api.ts';

export type Recovery = RecoveryDetail & { timings: Timings };

/** virtmedic's HTTP API as a person or a program outside would use it. Every method rejects for any answer but 2xx. */
export interface Api {
  readonly webUrl: string;
  readonly controlUrl: string;
  ready(): Promise<boolean>;
  metricsText(): Promise<string>;
  hosts(): Promise<HostSummary[]>;
  domains(): Promise<DomainSummary[]>;
  /** Open ones. */
  incidents(): Promise<IncidentRecord[]>;
  /** History, the newest first, open incidents among them. `query`: see `/api/v1/recoveries`. */
  recoveries(query?: Record<string, string>): Promise<IncidentRecord[]>;
  recovery(id: string): Promise<Recovery>;
  /** An order on the control listener, with the operator's token. */
  post<T>(path: string, body: unknown): Promise<T>;
}

const TIMEOUT_MS = 10_000;
/** The most that one page holds. */
const PAGE = '1000';

export function createApi(webPort: number, controlPort: number, token: string): Api {
  const webUrl = `http://127.0.0.1:${webPort}`;
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  const get = async <T>(path: string): Promise<T> => JSON.parse(await text(`${webUrl}${path}`)) as T;
  return {
    webUrl,
    controlUrl,
    ready: () => text(`${webUrl}/-/ready`).then(() => true, () => false),
    metricsText: () => text(`${webUrl}/metrics`),
    hosts: async () => (await get<{ items: HostSummary[] }>('/api/v1/hosts')).items,
    domains: async () => (await get<{ items: DomainSummary[] }>('/api/v1/domains')).items,
    incidents: async () => (await get<{ items: IncidentRecord[] }>('/api/v1/incidents')).items,
    recoveries: async (query = {}) => (await get<Page<IncidentRecord>>(`/api/v1/recoveries?${new URLSearchParams({ limit: PAGE, ...query }).toString()}`)).items,
    recovery: (id) => get(`/api/v1/recoveries/${id}`),
    post: async <T>(path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      return JSON.parse(await text(`${controlUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })) as T;
    },
  };
}

async function text(url: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${url}: ${answer.status}: ${body.slice(0, 1000)}`);
  return body;
}

/** The value of the one series that begins with `series` as written in the text format, for example `x_total{a="b"}`; undefined: it is not there. */
export function seriesValue(metricsText: string, series: string): number | undefined {
  const line = metricsText.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1).split(' ')[0]);
}
