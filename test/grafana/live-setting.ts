/** A real lab with its whole stack, and Grafana's stub in front of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEADLINE_MS, defineEmpty } from '../e2e/domains.ts';
import type { Guest } from '../lab/lab.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { seriesValue } from '../stack/api.ts';
import { startGuestHelper } from '../stack/guest-helper.ts';
import type { GuestHelper } from '../stack/guest-helper.ts';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { TestGrafana } from './proxy.ts';
import { startGrafanaFor } from './setting.ts';

export interface LiveSetting {
  stack: Stack;
  grafana: TestGrafana;
  guests: Guest[];
  stop(): Promise<void>;
}

export interface LiveOptions {
  hosts: number;
  /** Names of guests without an operating system, spread over the hosts; `tried-…` are in dry run. */
  empty: readonly string[];
  /** Names of guests that boot Linux: the first one on the first host, where the guest helper runs, the second one on the second host, and so on. */
  linux: readonly string[];
  onProgress?: (text: string) => void;
}

/** The web server that Linux guests of the lab boot with. They have no systemd: a command starts it. */
export const APP = {
  name: 'httpd',
  // Its name is `httpd` where the guest has booted it, and a path where it was started again.
  match: { executable: '/bin/busybox', commandLine: '*httpd *' },
  port: 80,
  start: { command: ['/bin/httpd', '-p', '80', '-h', '/www'] },
  tolerate: { stoppedSeconds: 2 },
};
/** Seconds between two looks into a guest. */
const LOOK_SECONDS = 1;

export async function startLiveSetting({ hosts, empty, linux, onProgress = () => {} }: LiveOptions): Promise<LiveSetting> {
  const guests: Guest[] = [];
  let helper: GuestHelper | undefined;
  const stack = await startStack({
    hosts, name: 'grafana', onProgress,
    prepare: async (lab) => {
      helper = await startGuestHelper({ folder: join(lab.folder, 'helper'), host: lab.host(1), domains: linux });
      for (const [index, name] of linux.entries()) guests.push(lab.guest(lab.host((index % hosts) + 1), { name }));
      for (const [index, name] of empty.entries()) guests.push(await defineEmpty(lab, lab.host((index % hosts) + 1), name));
      for (const guest of guests) await guest.start();
      for (const host of lab.hosts) await host.virsh('pool-create-as', 'images', 'dir', '--target', lab.sharedFolder);
      const tried = { match: { name: 'tried-*' }, managed: true, dryRun: true };
      const managed = { managed: true, restartPolicy: 'always' as const };
      const apps = linux.map((name) => ({ ...APP, domains: { name } }));
      return { sampling: { intervalSeconds: 3 }, domains: [tried, managed], apps, guest: { helperFolder: helper.runFolder, intervalSeconds: LOOK_SECONDS } };
    },
  }).catch(async (error: unknown) => {
    await helper?.stop();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await stack.stop();
    await helper?.stop();
  };
  try {
    const grafana = await startGrafanaFor(upstreamsOf(stack), onProgress);
    return {
      stack, grafana, guests,
      stop: async () => {
        await grafana.stop();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until virtmedic has looked into this guest and its application serves: right after a boot it has not. */
export async function untilAppUp({ api }: Stack, { name, host }: Guest): Promise<void> {
  const series = `virtmedic_app_up{host="${host.name}",domain="${name}",app="${APP.name}"}`;
  await waitUntil(`${APP.name} of ${name}`, async () => seriesValue(await api.metricsText(), series) === 1, { deadlineMs: DEADLINE_MS, intervalMs: 250 });
}

/** The stack has one token for everything; an administrator would make one of each scope. */
export function upstreamsOf({ lab, api, prometheus }: Stack): Parameters<typeof startGrafanaFor>[0] {
  const token = readFileSync(join(lab.folder, 'stack/virtmedic/operator.token'), 'utf8').trim();
  return { webUrl: api.webUrl, controlUrl: api.controlUrl, tokens: { read: token, operate: token }, prometheusUrl: prometheus.url };
}
