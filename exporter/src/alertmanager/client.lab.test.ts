import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { alertStateOf } from './alerts.ts';
import { createAlertmanagerClient } from './client.ts';
import type { AlertmanagerAnswer } from './client.ts';
import { silenceMatches, silencesCovering } from './silences.ts';
import type { Matcher } from './silences.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const labels = { alertname: 'VirtmedicDomainCrashed', virtmedic_fault: 'domain_crashed', host: 'h1', domain: 'web-1', domain_uuid: uuid };

/** Alertmanager as Debian packages it, alone on a free port of loopback. */
let folder: string;
let url: string;
let child: ReturnType<typeof spawn>;
let deadUrl: string;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-alertmanager-'));
  await writeFile(join(folder, 'config.yml'), 'route: {receiver: none, group_wait: 0s}\nreceivers: [{name: none}]\n');
  url = `http://127.0.0.1:${await freePort()}`;
  deadUrl = `http://127.0.0.1:${await freePort()}`;
  child = spawn(
    '/usr/bin/prometheus-alertmanager',
    [`--config.file=${join(folder, 'config.yml')}`, `--storage.path=${join(folder, 'data')}`, `--web.listen-address=${new URL(url).host}`, '--cluster.listen-address='],
    { stdio: 'ignore' },
  );
  await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).status).toBe(200), { timeout: 60_000, interval: 100 });
});

afterAll(async () => {
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function silence(matchers: Matcher[]): Promise<string> {
  const now = Date.now();
  const response = await post('/api/v2/silences', {
    matchers,
    startsAt: new Date(now - 1000).toISOString(),
    endsAt: new Date(now + 3_600_000).toISOString(),
    createdBy: 'test',
    comment: 'planned',
  });
  expect(response.status, await response.clone().text()).toBe(200);
  return ((await response.json()) as { silenceID: string }).silenceID;
}

async function ask(...urls: string[]): Promise<Extract<AlertmanagerAnswer, { kind: 'answered' }>> {
  const answer = await createAlertmanagerClient(() => ({ urls, timeoutSeconds: 10 })).ask();
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer));
  return answer;
}

describe('a real Alertmanager', () => {
  it('has an alert that is absent, active, silenced, and active again', async () => {
    const about = { fault: 'domain_crashed', domainUuid: uuid } as const;
    expect(alertStateOf((await ask(url)).alerts, about)).toEqual({ kind: 'absent' });

    expect((await post('/api/v2/alerts', [{ labels }, { labels: { alertname: 'Other' } }])).status).toBe(200);
    await vi.waitFor(async () => expect(alertStateOf((await ask(url)).alerts, about).kind).toBe('active'), { timeout: 30_000 });
    expect((await ask(url)).alerts).toHaveLength(1);

    const id = await silence([{ name: 'domain', value: 'web-[0-9]+', isRegex: true, isEqual: true }]);
    await vi.waitFor(async () => expect(alertStateOf((await ask(url)).alerts, about)).toMatchObject({ kind: 'suppressed', silencedBy: [id] }), { timeout: 30_000 });
    const covering = silencesCovering((await ask(url)).silences, labels, Date.now());
    expect(covering.map((found) => [found.silence.id, found.doubt])).toEqual([[id, null]]);

    await fetch(`${url}/api/v2/silence/${id}`, { method: 'DELETE' });
    await vi.waitFor(async () => expect(alertStateOf((await ask(url)).alerts, about).kind).toBe('active'), { timeout: 30_000 });
    expect(silencesCovering((await ask(url)).silences, labels, Date.now())).toEqual([]);
  });

  it('matches silences as we do', async () => {
    const cases: Matcher[][] = [
      [{ name: 'host', value: 'h1', isRegex: false, isEqual: true }],
      [{ name: 'host', value: 'h', isRegex: true, isEqual: true }, { name: 'domain', value: 'web-1', isRegex: false, isEqual: true }],
      [{ name: 'host', value: 'h.|x', isRegex: true, isEqual: true }],
      [{ name: 'host', value: 'h2', isRegex: false, isEqual: false }, { name: 'domain', value: '.+', isRegex: true, isEqual: true }],
      [{ name: 'team', value: 'ops', isRegex: false, isEqual: false }, { name: 'host', value: 'h1', isRegex: false, isEqual: true }],
      [{ name: 'team', value: '.+', isRegex: true, isEqual: true }],
      [{ name: 'domain', value: '(?i)WEB-\\d{1,3}', isRegex: true, isEqual: true }],
      [{ name: 'domain', value: '[^w]eb.*', isRegex: true, isEqual: true }],
      [{ name: 'domain', value: 'web-1$', isRegex: true, isEqual: true }],
      [{ name: 'domain', value: '^web', isRegex: true, isEqual: true }],
      [{ name: 'domain', value: '(db|web)-(1|2)?', isRegex: true, isEqual: true }],
      [{ name: 'host', value: 'h1', isRegex: false, isEqual: false }, { name: 'domain', value: 'web-1', isRegex: false, isEqual: true }],
    ];
    const ids = new Map<string, Matcher[]>();
    for (const matchers of cases) ids.set(await silence(matchers), matchers);
    expect((await post('/api/v2/alerts', [{ labels }])).status).toBe(200);
    const expected = [...ids].filter(([, matchers]) => silenceMatches({ matchers }, labels).matches).map(([id]) => id).sort();
    expect(expected.length).toBeGreaterThan(3);
    expect(expected.length).toBeLessThan(cases.length);
    await vi.waitFor(async () => expect((await ask(url)).alerts[0]?.silencedBy.toSorted()).toEqual(expected), { timeout: 30_000 });
    const covering = silencesCovering((await ask(url)).silences, labels, Date.now()).map((found) => found.silence.id);
    expect(covering.sort()).toEqual(expected);
  });

  it('is enough when its partner does not answer', async () => {
    const answer = await ask(deadUrl, url);
    expect(answer.failures).toMatchObject([{ url: `${deadUrl}/` }]);
    expect(answer.alerts.length).toBeGreaterThan(0);
    const both = await ask(url, `${url}/`);
    expect(both.alerts).toEqual(answer.alerts);
    expect(await createAlertmanagerClient(() => ({ urls: [deadUrl], timeoutSeconds: 10 })).ask()).toMatchObject({ kind: 'unreachable', failures: [{ url: `${deadUrl}/` }] });
  });
});
