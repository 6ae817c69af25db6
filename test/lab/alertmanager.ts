import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchJson } from './fetch-json.ts';
import { freePort, freePorts } from './free-port.ts';
import { startService } from './service-process.ts';
import type { ServiceProcess } from './service-process.ts';
import { waitUntil } from './wait-until.ts';

export interface AlertmanagerOptions {
  /** For configuration, data and log; made where it is missing. */
  folder: string;
  /** alertmanager.yml as text. */
  config: string;
  /** On loopback. Default: a free one. */
  port?: number;
  /** Gossip on loopback with these peers. Default: no cluster. */
  cluster?: { port: number; peerPorts: readonly number[] };
  /** More command-line flags. */
  flags?: readonly string[];
}

/** As in Alertmanager's API v2. */
export interface AlertmanagerAlert {
  fingerprint: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  status: { state: 'active' | 'suppressed' | 'unprocessed'; silencedBy: string[]; inhibitedBy: string[] };
}

export interface NewAlert {
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  startsAt?: string;
  endsAt?: string;
}

export interface Silence {
  /** Label names and the exact values they must have. */
  labels: Record<string, string>;
  /** Default: 3600. */
  durationSeconds?: number;
  comment?: string;
}

export interface Alertmanager extends ServiceProcess {
  readonly url: string;
  readonly port: number;
  alerts(): Promise<AlertmanagerAlert[]>;
  /** Sends alerts as Prometheus would. */
  postAlerts(alerts: readonly NewAlert[]): Promise<void>;
  /** Returns the silence's id. */
  silence(silence: Silence): Promise<string>;
  expireSilence(id: string): Promise<void>;
  /** How many members its cluster has, itself included; 0 without one. */
  clusterSize(): Promise<number>;
  /** Replaces alertmanager.yml and has it loaded. */
  reload(config: string): Promise<void>;
}

/** Starts Debian's Alertmanager on loopback and waits until it is ready. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const configPath = join(options.folder, 'alertmanager.yml');
  writeFileSync(configPath, options.config);
  const service = await startService({
    program: '/usr/bin/prometheus-alertmanager',
    package: 'prometheus-alertmanager',
    args: [
      `--config.file=${configPath}`,
      `--storage.path=${join(options.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...clusterFlags(options.cluster),
      ...(options.flags ?? []),
    ],
    logPath: join(options.folder, 'alertmanager.log'),
    readyUrl: `${url}/-/ready`,
  });
  const api = `${url}/api/v2`;
  return {
    ...service,
    url,
    port,
    alerts: () => fetchJson(`${api}/alerts`),
    postAlerts: (alerts) => fetchJson(`${api}/alerts`, { body: alerts }),
    silence: async (silence) => (await fetchJson<{ silenceID: string }>(`${api}/silences`, { body: silenceBody(silence) })).silenceID,
    expireSilence: (id) => fetchJson(`${api}/silence/${id}`, { method: 'DELETE' }),
    clusterSize: async () => (await fetchJson<{ cluster: { peers?: unknown[] } }>(`${api}/status`)).cluster.peers?.length ?? 0,
    reload: async (config) => {
      writeFileSync(configPath, config);
      await fetchJson(`${url}/-/reload`, { method: 'POST' });
    },
  };
}

/** Two Alertmanagers that know each other, in `<folder>/a` and `<folder>/b`. */
export async function startAlertmanagerPair(options: Omit<AlertmanagerOptions, 'port' | 'cluster'>): Promise<[Alertmanager, Alertmanager]> {
  const [portA = 0, portB = 0] = await freePorts(2);
  const startOne = (name: string, port: number, peerPorts: number[]) =>
    startAlertmanager({ ...options, folder: join(options.folder, name), cluster: { port, peerPorts } });
  const a = await startOne('a', portA, []);
  try {
    const b = await startOne('b', portB, [portA]);
    await waitUntil('a cluster of two Alertmanagers', async () => (await a.clusterSize()) === 2 && (await b.clusterSize()) === 2, { deadlineMs: 60_000 });
    return [a, b];
  } catch (error) {
    await a.kill();
    throw error;
  }
}

function clusterFlags(cluster: AlertmanagerOptions['cluster']): string[] {
  if (cluster === undefined) return ['--cluster.listen-address='];
  const address = `127.0.0.1:${cluster.port}`;
  return [
    `--cluster.listen-address=${address}`,
    `--cluster.advertise-address=${address}`,
    // Two members on one machine find each other at once; the default waits up to a minute before the first notification.
    '--cluster.settle-timeout=2s',
    '--cluster.pushpull-interval=2s',
    ...cluster.peerPorts.map((port) => `--cluster.peer=127.0.0.1:${port}`),
  ];
}

function silenceBody(silence: Silence) {
  const now = Date.now();
  return {
    matchers: Object.entries(silence.labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + (silence.durationSeconds ?? 3600) * 1000).toISOString(),
    createdBy: 'lab',
    comment: silence.comment ?? 'set by a test',
  };
}
