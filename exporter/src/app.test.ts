import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApp } from './app.ts';
import type { App } from './app.ts';
import { openSqliteStore } from './history/index.ts';
import { UUID } from './web/testing/fakes.ts';
import { call } from './web/testing/test-client.ts';
import { openStream } from './web/testing/event-stream.ts';

/** The whole daemon over a host that does not answer. */
let folder = '';
let app: App | null = null;
const database = (): string => join(folder, 'virtmedic.db');
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-'));
});
afterEach(async () => {
  await app?.stop();
  app = null;
  await rm(folder, { recursive: true });
});

async function start(intervalSeconds = 15, prediction: object = {}): Promise<string> {
  await app?.stop();
  app = await startApp({ configFile: await configure(intervalSeconds, prediction) });
  return `http://127.0.0.1:${app.addresses.control.port}/api/v1`;
}

async function configure(intervalSeconds: number, prediction: object): Promise<string> {
  const configFile = join(folder, 'virtmedic.yaml');
  await writeFile(
    configFile,
    JSON.stringify({
      hosts: [{ name: 'h1', uri: `qemu+unix:///system?socket=${join(folder, 'nobody')}` }],
      web: { listen: '127.0.0.1:0' },
      control: { listen: '127.0.0.1:0' },
      store: { path: database() },
      log: { level: 'error' },
      sampling: { intervalSeconds },
      prediction,
      domains: [{ managed: true }],
    }),
  );
  return configFile;
}

async function metrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${app?.addresses.web.port}/metrics`)).text();
}

/** As a process before this one has left it: a domain with an open incident. */
async function leaveIncident(): Promise<string> {
  const store = await openSqliteStore(database());
  const atMs = Date.now();
  await store.putDomain({ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: atMs, lastSeenMs: atMs, lastNotification: null, undefinedAtMs: null });
  const { incident } = await store.openIncident({ target: { kind: 'domain', uuid: UUID, name: 'web-1', host: 'h1' }, fault: 'domain_crashed', faultAtMs: atMs, openedAtMs: atMs, evidence: [] });
  await store.close();
  return incident.id;
}

describe('the daemon', () => {
  it('tells of a change that it has stored, to who polls and to who listens', async () => {
    const id = await leaveIncident();
    const url = await start();
    const { body } = await call(`${url}/events`);
    const stream = await openStream(`${url}/events`);
    await stream.next();
    await call(`${url}/incidents/${id}/acknowledge`, 'POST');
    expect((await stream.next()).data.items).toMatchObject([{ id, acknowledgedBy: 'local' }]);
    expect((await call(`${url}/events?cursor=${String(body.nextCursor)}`)).body.items).toMatchObject([{ id, acknowledgedBy: 'local' }]);
    await app?.stop();
    await stream.ended;
    const restarted = await start();
    expect((await call(`${restarted}/events?cursor=${String(body.nextCursor)}`)).body.reset).toBe(true);
  });

  it('keeps a changed setting over a reload and a restart, whatever the file says', async () => {
    const value = async (url: string): Promise<unknown> => (await call(`${url}/settings`)).body.samplingIntervalSeconds;
    let url = await start(15);
    await call(`${url}/settings`, 'POST', { samplingIntervalSeconds: 7 });
    await call(url.replace('/api/v1', '/-/reload'), 'POST');
    expect(await value(url)).toMatchObject({ value: 7, default: 15 });
    url = await start(20);
    expect(await value(url)).toMatchObject({ value: 7, default: 20 });
    await call(`${url}/settings`, 'POST', { samplingIntervalSeconds: null });
    url = await start(30);
    expect(await value(url)).toMatchObject({ value: 30, default: 30 });
  });

  it('forecasts, and keeps what that needs beside the store', async () => {
    const url = await start();
    const exposition = await metrics();
    expect(exposition).toContain('virtmedic_hmm_targets{model="prior"} 0');
    expect(exposition).toContain('virtmedic_hmm_observations_total{result="observed"} 0');
    expect(exposition).toContain('virtmedic_hmm_trainings_total{result="kept_new"} 0');
    expect((await call(`${url}/hosts`)).body.items).toMatchObject([{ name: 'h1', forecast: null }]);
    expect((await readdir(join(folder, 'prediction'))).sort()).toEqual(['habits', 'models', 'observations']);
  });

  it('forecasts nothing where that is switched off, until it is switched on', async () => {
    const url = await start(15, { enabled: false });
    expect(await metrics()).not.toContain('virtmedic_hmm_targets');
    expect(await readdir(folder)).not.toContain('prediction');
    await configure(15, { enabled: true });
    await call(url.replace('/api/v1', '/-/reload'), 'POST');
    expect(await metrics()).toContain('virtmedic_hmm_targets{model="prior"} 0');
    await app?.stop();
    expect((await readdir(join(folder, 'prediction'))).sort()).toEqual(['habits', 'models', 'observations']);
  });

  it('runs on without what it learnt where that can not be kept', async () => {
    await writeFile(join(folder, 'prediction'), 'a file, no folder');
    await start();
    expect(await metrics()).toContain('virtmedic_hmm_targets{model="prior"} 0');
  });

  it('knows what a pause and a maintenance concern', async () => {
    await leaveIncident();
    const url = await start();
    const pause = await call(`${url}/pause`, 'POST', { paused: true, reason: 'x', dryRun: true });
    expect(pause.body).toMatchObject({ paused: null, explanation: expect.stringContaining('1 managed domain on 1 host (web-1)') as string });
    expect((await call(`${url}/maintenance`, 'POST', { host: 'h1', reason: 'x', durationSeconds: 60, dryRun: true })).body.dryRun).toBe(true);
    expect((await call(`${url}/maintenance`)).body.items).toEqual([]);
    expect((await call(`${url}/maintenance`, 'POST', { domain: 'web-1', reason: 'x', durationSeconds: 60 })).body).toMatchObject({ accepted: true, scope: { kind: 'domain', uuid: UUID } });
  });
});
