/** For tests: series made by hand -> Prometheus -> our rules -> Alertmanager -> a webhook that keeps what it gets. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { startAlertmanager, startAlertmanagerPair } from '../test/lab/alertmanager.ts';
import type { Alertmanager } from '../test/lab/alertmanager.ts';
import { startPrometheus } from '../test/lab/prometheus.ts';
import type { Prometheus } from '../test/lab/prometheus.ts';

/** One alert of a webhook (version 4). */
export interface SentAlert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  fingerprint: string;
}

export interface Webhook {
  /** `performance.now()` at its arrival. */
  atMs: number;
  authorization: string | undefined;
  body: { version: string; status: string; truncatedAlerts: number; groupLabels: Record<string, string>; alerts: SentAlert[] };
}

interface Stoppable {
  stop(): Promise<void>;
}

export interface Receiver extends Stoppable {
  readonly port: number;
  readonly webhooks: Webhook[];
  /** Status of the answers; 200 at first. */
  answer(status: number): void;
}

/** What Alertmanager sends. */
export async function startReceiver(): Promise<Receiver> {
  const webhooks: Webhook[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const atMs = performance.now();
    void readBody(request).then((text) => {
      webhooks.push({ atMs, authorization: request.headers.authorization, body: JSON.parse(text) as Webhook['body'] });
      response.writeHead(status).end();
    });
  });
  const port = await listen(server);
  return { port, webhooks, answer: (next) => (status = next), stop: () => close(server) };
}

export interface Exposition extends Stoppable {
  readonly port: number;
  /** Series as in the text format, each with its value; changed by the tests. */
  readonly series: Map<string, number>;
  /** Scrapes answered so far. */
  scrapes(): number;
}

/** What Prometheus scrapes in place of virtmedic. */
export async function startExposition(): Promise<Exposition> {
  const series = new Map<string, number>();
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes += 1;
    const text = [...series].map(([name, value]) => `${name} ${value}\n`).join('');
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  });
  const port = await listen(server);
  return { port, series, scrapes: () => scrapes, stop: () => close(server) };
}

/** Fields that a test changes in the first route of the example, or in the route's root. */
export interface RouteChanges {
  faults?: Record<string, unknown>;
  root?: Record<string, unknown>;
}

/** What the README advises: an alert sent before Prometheus has found its Alertmanager is lost, and comes again only after this. */
const RESEND = '--rules.alert.resend-delay=10s';

export const TOKEN = 'a-token-for-the-webhook';

/** The example configuration of Alertmanager with a receiver of ours and the changes. */
export function alertmanagerConfig(folder: string, receiverPort: number, changes: RouteChanges = {}): string {
  const config = parse(readFileSync(join(import.meta.dirname, 'example/alertmanager.yml'), 'utf8')) as {
    route: { routes: [Record<string, unknown>] };
    receivers: [{ webhook_configs: [{ url: string; http_config: { authorization: { credentials_file: string } } }] }];
  };
  Object.assign(config.route.routes[0], changes.faults);
  Object.assign(config.route, changes.root);
  const webhook = config.receivers[0].webhook_configs[0];
  webhook.url = `http://127.0.0.1:${receiverPort}/api/v1/alerts`;
  webhook.http_config.authorization.credentials_file = join(folder, 'token');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
  return stringify(config);
}

/** The example configuration of Prometheus with the rules of this folder, for one exporter and some Alertmanagers. */
export function prometheusConfig(exporterPort: number, alertmanagerPorts: readonly number[]): string {
  const config = parse(readFileSync(join(import.meta.dirname, 'example/prometheus.yml'), 'utf8')) as {
    rule_files: string[];
    alerting: { alertmanagers: [{ static_configs: [{ targets: string[] }] }] };
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  config.rule_files = [join(import.meta.dirname, 'rules/*.yml')];
  config.alerting.alertmanagers[0].static_configs[0].targets = alertmanagerPorts.map((port) => `127.0.0.1:${port}`);
  config.scrape_configs = config.scrape_configs.filter((job) => job.job_name === 'virtmedic');
  for (const job of config.scrape_configs) job.static_configs = [{ targets: [`127.0.0.1:${exporterPort}`] }];
  return stringify(config);
}

export interface PathStack extends Stoppable {
  exposition: Exposition;
  receiver: Receiver;
  alertmanagers: Alertmanager[];
  prometheus: Prometheus;
}

/** Starts all four with the example configurations; one Alertmanager, or two in a cluster. */
export async function startPathStack(folder: string, options: { pair?: boolean; changes?: RouteChanges } = {}): Promise<PathStack> {
  const started: Stoppable[] = [];
  const stop = async () => {
    for (const one of started.toReversed()) await one.stop();
  };
  const keep = <T extends Stoppable>(one: T): T => {
    started.push(one);
    return one;
  };
  try {
    const receiver = keep(await startReceiver());
    const exposition = keep(await startExposition());
    const alertmanagers = await startAlertmanagers(folder, alertmanagerConfig(folder, receiver.port, options.changes), options.pair === true);
    alertmanagers.forEach(keep);
    const ports = alertmanagers.map((one) => one.port);
    const config = prometheusConfig(exposition.port, ports);
    const prometheus = keep(await startPrometheus({ folder: join(folder, 'prometheus'), config, flags: [RESEND] }));
    return { exposition, receiver, alertmanagers, prometheus, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAlertmanagers(folder: string, config: string, pair: boolean): Promise<Alertmanager[]> {
  return pair ? startAlertmanagerPair({ folder, config }) : [await startAlertmanager({ folder: join(folder, 'a'), config })];
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
