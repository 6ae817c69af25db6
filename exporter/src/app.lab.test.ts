/** The whole daemon over a real libvirt: settings reach the running sampler, and a crash reaches who listens. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startLab } from '../../test/lab/lab.ts';
import type { Guest, Lab } from '../../test/lab/lab.ts';
import { waitUntil } from '../../test/lab/wait-until.ts';
import { startApp } from './app.ts';
import type { App } from './app.ts';
import type { HostSummary } from './web/inventory.ts';
import { call } from './web/testing/test-client.ts';
import { openStream } from './web/testing/event-stream.ts';

const DEADLINE = { deadlineMs: 60_000 };
let lab: Lab;
let vm: Guest;
let folder = '';
let app: App | null = null;
beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'app' });
  vm = lab.guest(lab.host(1), { name: 'streamed' });
  await vm.define();
  folder = await mkdtemp(join(tmpdir(), 'app-lab-'));
});
afterEach(async () => {
  await app?.stop();
  app = null;
});
afterAll(async () => {
  await lab?.down();
  await rm(folder, { recursive: true, force: true });
});

/** With an interval that no test outlasts. */
async function start(): Promise<string> {
  const configFile = join(folder, 'virtmedic.yaml');
  await writeFile(
    configFile,
    JSON.stringify({
      hosts: lab.hosts.map(({ name, unixUri }) => ({ name, uri: unixUri })),
      web: { listen: '127.0.0.1:0' },
      control: { listen: '127.0.0.1:0' },
      store: { path: join(folder, 'virtmedic.db') },
      log: { level: 'error' },
      sampling: { intervalSeconds: 3600 },
      domains: [{ managed: true, trigger: 'direct' }],
      recovery: { verifySeconds: 1 },
    }),
  );
  app = await startApp({ configFile });
  return `http://127.0.0.1:${app.addresses.control.port}/api/v1`;
}

const listings = async (url: string): Promise<number> => ((await call(`${url}/hosts`)).body.items?.[0] as HostSummary).listings;

test('a changed interval is that of the running sampler at once, after a reload, and of the next process', async () => {
  let url = await start();
  await waitUntil('the first listing', async () => (await listings(url)) > 0, DEADLINE);
  await call(`${url}/settings`, 'POST', { samplingIntervalSeconds: 0.5 });
  await waitUntil('more listings than an hour holds', async () => (await listings(url)) > 4, DEADLINE);
  await call(url.replace('/api/v1', '/-/reload'), 'POST');
  const reloadedAt = await listings(url);
  await waitUntil('as many after a reload', async () => (await listings(url)) > reloadedAt + 4, DEADLINE);
  await app?.stop();
  url = await start();
  await waitUntil('as many of the next process', async () => (await listings(url)) > 4, DEADLINE);
  await call(`${url}/settings`, 'POST', { samplingIntervalSeconds: null });
  expect((await call(`${url}/settings`)).body.samplingIntervalSeconds).toMatchObject({ value: 3600 });
});

test('a crash and its recovery reach who listens, from begin to end', async () => {
  if ((await vm.state()).state !== 'running') await vm.start();
  const url = await start();
  await waitUntil('the domain', async () => ((await call(`${url}/domains`)).body.items ?? []).length > 0, DEADLINE);
  const stream = await openStream(`${url}/events`);
  await stream.next();
  vm.killQemu();
  const states: string[] = [];
  for (let isOver = false; !isOver; ) {
    for (const item of (await stream.next()).data.items) {
      states.push(item.state);
      isOver ||= item.closedAtMs !== null;
      if (item.closedAtMs !== null) expect(item).toMatchObject({ fault: 'domain_crashed', outcome: 'recovered', attempts: [{ action: 'start', result: 'succeeded' }], fromHost: 'h1', toHost: 'h1' });
    }
  }
  expect(states).toContain('executing');
  expect(states.at(-1)).toBe('closed');
  stream.close();
});
