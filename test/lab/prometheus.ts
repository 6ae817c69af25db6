import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchJson } from './fetch-json.ts';
import { freePort } from './free-port.ts';
import { startService } from './service-process.ts';
import type { ServiceProcess } from './service-process.ts';

export interface PrometheusOptions {
  /** For configuration, data and log; made where it is missing. */
  folder: string;
  /** prometheus.yml as text. Paths of rule files in it are relative to `folder`. */
  config: string;
  /** On loopback. Default: a free one. */
  port?: number;
  /** More command-line flags, for example `--rules.alert.resend-delay=5s`. */
  flags?: readonly string[];
}

/** One series of an instant query's result. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface PrometheusAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'inactive' | 'pending' | 'firing';
  activeAt: string;
}

export interface PrometheusTarget {
  labels: Record<string, string>;
  scrapeUrl: string;
  health: 'up' | 'down' | 'unknown';
  lastError: string;
}

export interface Prometheus extends ServiceProcess {
  readonly url: string;
  readonly port: number;
  /** Instant query. Scalars come as one sample without labels. */
  query(expression: string): Promise<Sample[]>;
  alerts(): Promise<PrometheusAlert[]>;
  targets(): Promise<PrometheusTarget[]>;
  /** Replaces prometheus.yml and has it loaded. */
  reload(config: string): Promise<void>;
}

/** Starts Debian's Prometheus on loopback and waits until it is ready. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const configPath = join(options.folder, 'prometheus.yml');
  writeFileSync(configPath, options.config);
  const service = await startService({
    program: '/usr/bin/prometheus',
    package: 'prometheus',
    args: [
      `--config.file=${configPath}`,
      `--storage.tsdb.path=${join(options.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      ...(options.flags ?? []),
    ],
    logPath: join(options.folder, 'prometheus.log'),
    readyUrl: `${url}/-/ready`,
  });
  const api = async <T>(path: string) => (await fetchJson<{ data: T }>(`${url}/api/v1/${path}`)).data;
  return {
    ...service,
    url,
    port,
    query: async (expression) => samples(await api<QueryResult>(`query?${new URLSearchParams({ query: expression }).toString()}`)),
    alerts: async () => (await api<{ alerts: PrometheusAlert[] }>('alerts')).alerts,
    targets: async () => (await api<{ activeTargets: PrometheusTarget[] }>('targets')).activeTargets,
    reload: async (config) => {
      writeFileSync(configPath, config);
      await fetchJson(`${url}/-/reload`, { method: 'POST' });
    },
  };
}

type QueryResult =
  | { resultType: 'vector'; result: { metric: Record<string, string>; value: [number, string] }[] }
  | { resultType: 'scalar'; result: [number, string] };

function samples(data: QueryResult): Sample[] {
  if (data.resultType === 'scalar') return [{ labels: {}, value: parseValue(data.result[1]) }];
  if (data.resultType === 'vector') return data.result.map(({ metric, value }) => ({ labels: metric, value: parseValue(value[1]) }));
  throw new Error('an instant query for Prometheus must give a scalar or an instant vector');
}

/** Prometheus writes +Inf and -Inf. */
export function parseValue(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
