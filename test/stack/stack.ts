/** The whole product on one machine: hosts and guests, virtmedic, Prometheus and Alertmanager. For the demo, benches and tests. */
import { cpSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { RouteChanges } from '../../alert-rules/path-stack.ts';
import { startAlertmanager } from '../lab/alertmanager.ts';
import type { Alertmanager } from '../lab/alertmanager.ts';
import { freePorts } from '../lab/free-port.ts';
import { startLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startPrometheus } from '../lab/prometheus.ts';
import type { Prometheus } from '../lab/prometheus.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { createApi, seriesValue } from './api.ts';
import type { Api } from './api.ts';
import { alertmanagerConfigOf, prometheusConfigOf } from './monitoring-config.ts';
import { startVirtmedic } from './virtmedic.ts';
import type { Virtmedic } from './virtmedic.ts';
import { newTokens, writeConfig } from './virtmedic-config.ts';
import type { Plan } from './virtmedic-config.ts';

export interface StackOptions {
  hosts: number;
  /** For people. */
  name: string;
  /** Makes and starts the guests, and says how virtmedic treats them. */
  prepare(lab: Lab): Promise<Plan>;
  onProgress?(text: string): void;
}

export interface Stack {
  readonly lab: Lab;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly virtmedic: Virtmedic;
  readonly api: Api;
  /** Has Alertmanager load the example configuration with changes to its routes. */
  changeRoutes(changes: RouteChanges): Promise<void>;
  /** Copies every log, configuration and the store to a folder. */
  saveLogs(folder: string): void;
  /** Ends everything and removes it from the machine. Safe to repeat. */
  stop(): Promise<void>;
}

const FIRST_ALERT_DEADLINE_MS = 90_000;
/**
 * For some seconds after its start Prometheus does not know its Alertmanager and drops what it would send; by default it sends the
 * same alert again only after a minute.
 */
const RESEND_SOON = '--rules.alert.resend-delay=5s';

/**
 * Starts the stack and waits until alerts get through: every host is listed, Prometheus scrapes virtmedic, and the first
 * heartbeat has come back by the webhook. Everything lies in the lab's folder and ends with this process.
 */
export async function startStack({ hosts, name, prepare, onProgress = () => {} }: StackOptions): Promise<Stack> {
  const lab = await startLab({ hosts, name, onProgress });
  const ending: (() => Promise<void>)[] = [() => lab.down()];
  const stop = async (): Promise<void> => {
    for (const end of ending.splice(0).reverse()) await end();
  };
  try {
    const plan = await prepare(lab);
    const parts = await startServices(lab, plan, onProgress, ending);
    return { lab, ...parts, saveLogs: (folder) => saveLogs(lab, folder), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Services = Omit<Stack, 'lab' | 'saveLogs' | 'stop'>;

async function startServices(lab: Lab, plan: Plan, onProgress: (text: string) => void, ending: (() => Promise<void>)[]): Promise<Services> {
  const folders = foldersOf(lab);
  const [webPort = 0, controlPort = 0] = await freePorts(2);
  const tokens = newTokens();
  const routes = (changes?: RouteChanges): string => alertmanagerConfigOf(folders.alertmanager, controlPort, tokens.webhook, changes);

  onProgress('starting Alertmanager');
  const alertmanager = await startAlertmanager({ folder: folders.alertmanager, config: routes() });
  ending.push(() => alertmanager.stop());

  onProgress('starting virtmedic');
  const place = { folder: folders.virtmedic, webPort, controlPort, alertmanagerUrl: alertmanager.url, hosts: lab.hosts };
  const configFile = writeConfig(place, tokens, plan);
  const api = createApi(webPort, controlPort, tokens.admin);
  const virtmedic = await startVirtmedic(configFile, join(folders.virtmedic, 'virtmedic.log'), `${api.webUrl}/-/ready`);
  ending.push(() => virtmedic.stop());

  onProgress('starting Prometheus');
  const config = prometheusConfigOf(webPort, alertmanager.port);
  const prometheus = await startPrometheus({ folder: folders.prometheus, config, flags: [RESEND_SOON] });
  ending.push(() => prometheus.stop());

  onProgress('waiting for the first heartbeat: Prometheus -> Alertmanager -> virtmedic');
  await untilHeartbeat(prometheus, api);
  return { prometheus, alertmanager, virtmedic, api, changeRoutes: (changes) => alertmanager.reload(routes(changes)) };
}

async function untilHeartbeat(prometheus: Prometheus, api: Api): Promise<void> {
  const deadline = { deadlineMs: FIRST_ALERT_DEADLINE_MS, intervalMs: 250 };
  await waitUntil('Prometheus scrapes virtmedic', async () => (await prometheus.targets()).some((target) => target.health === 'up'), deadline);
  const received = async (): Promise<boolean> => (seriesValue(await api.metricsText(), 'virtmedic_webhook_last_received_timestamp_seconds') ?? 0) > 0;
  await waitUntil('the first webhook', received, deadline);
}

function foldersOf(lab: Lab): { all: string; virtmedic: string; prometheus: string; alertmanager: string } {
  const all = join(lab.folder, 'stack');
  return { all, virtmedic: join(all, 'virtmedic'), prometheus: join(all, 'prometheus'), alertmanager: join(all, 'alertmanager') };
}

/** Without the data of Prometheus and Alertmanager and without the tokens. */
function saveLogs(lab: Lab, folder: string): void {
  lab.saveLogs(folder);
  const keep = (path: string): boolean => !path.endsWith(`${sep}data`) && !/token$/.test(path);
  cpSync(foldersOf(lab).all, join(folder, 'stack'), { recursive: true, filter: keep });
}
