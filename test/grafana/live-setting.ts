/** A real lab with its whole stack, and Grafana's stub in front of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineEmpty } from '../e2e/domains.ts';
import type { Guest } from '../lab/lab.ts';
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
  /** Names of guests that boot Linux. */
  linux: readonly string[];
  onProgress?: (text: string) => void;
}

export async function startLiveSetting({ hosts, empty, linux, onProgress = () => {} }: LiveOptions): Promise<LiveSetting> {
  const guests: Guest[] = [];
  const stack = await startStack({
    hosts, name: 'grafana', onProgress,
    prepare: async (lab) => {
      for (const [index, name] of linux.entries()) guests.push(lab.guest(lab.host((index % hosts) + 1), { name }));
      for (const [index, name] of empty.entries()) guests.push(await defineEmpty(lab, lab.host((index % hosts) + 1), name));
      for (const guest of guests) await guest.start();
      for (const host of lab.hosts) await host.virsh('pool-create-as', 'images', 'dir', '--target', lab.sharedFolder);
      const tried = { match: { name: 'tried-*' }, managed: true, dryRun: true };
      return { sampling: { intervalSeconds: 3 }, domains: [tried, { managed: true, restartPolicy: 'always' }] };
    },
  });
  try {
    const grafana = await startGrafanaFor(upstreamsOf(stack), onProgress);
    return {
      stack, grafana, guests,
      stop: async () => {
        await grafana.stop();
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** The stack has one token for everything; an administrator would make one of each scope. */
export function upstreamsOf({ lab, api, prometheus }: Stack): Parameters<typeof startGrafanaFor>[0] {
  const token = readFileSync(join(lab.folder, 'stack/virtmedic/operator.token'), 'utf8').trim();
  return { webUrl: api.webUrl, controlUrl: api.controlUrl, tokens: { read: token, operate: token }, prometheusUrl: prometheus.url };
}
