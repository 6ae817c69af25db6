import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGrafana } from './proxy.ts';
import type { TestGrafana } from './proxy.ts';
import { requestExactly } from './request-exactly.ts';

interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const folder = mkdtempSync(join(tmpdir(), 'virtmedic-proxy-'));
const received: Received[] = [];
let answer = { status: 200, body: '{}', headers: {} as Record<string, string> };
const upstream = createServer((request, response) => {
  let body = '';
  request.on('data', (data: Buffer) => (body += data.toString()));
  request.on('end', () => {
    received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    response.writeHead(answer.status, { 'set-cookie': 'a=b', ...answer.headers }).end(answer.body);
  });
});
let grafana: TestGrafana;

function plugin(path: string, json: object): void {
  mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, path, 'plugin.json'), JSON.stringify(json));
}

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/base`;
  const auth = [{ name: 'Authorization', content: 'Bearer {{ .SecureJsonData.token }}' }];
  plugin('.', { id: 'test-app', name: 'App', type: 'app', routes: [
    { path: 'orders', method: 'POST', reqRole: 'Admin', url: '{{ .JsonData.url }}/orders', headers: auth },
    { path: 'ack/*', method: 'POST', reqRole: 'Editor', url: '{{ .JsonData.url }}/incidents', headers: auth, body: {} },
  ] });
  plugin('ds', { id: 'test-ds', name: 'DS', type: 'datasource', routes: [{ path: 'read', method: 'GET', url: '{{ .URL }}/api', headers: auth }] });
  grafana = await startGrafana({
    pluginFolder: folder, pageFolder: '',
    dataSources: [{ uid: 'ours', name: 'ours', type: 'test-ds', url, secureJsonData: { token: 'reading' } }, { uid: 'prom', name: 'prom', type: 'prometheus', url }],
    apps: { 'test-app': { enabled: true, jsonData: { url }, secureJsonData: { token: 'operating' } } },
  });
});
beforeEach(() => {
  received.splice(0);
  answer = { status: 200, body: '{}', headers: {} };
});
afterAll(async () => {
  await grafana.stop();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (method: string, path: string, role: string | null, init: RequestInit = {}): Promise<Response> =>
  fetch(`${grafana.url}${path}`, { method, ...init, headers: { ...(role === null ? {} : { cookie: `grafana_session=${role}` }), ...init.headers } });

test('nobody gets anything without a session', async () => {
  expect((await ask('GET', '/api/datasources/proxy/uid/ours/read/x', null)).status).toBe(401);
  expect(received).toEqual([]);
});

test('a data source route: its URL, its token, the user, no cookie', async () => {
  await ask('GET', '/api/datasources/proxy/uid/ours/read/recoveries?limit=2', 'Viewer', { headers: { authorization: 'Bearer own', 'x-grafana-user': 'root', origin: 'http://x' } });
  expect(received).toMatchObject([{ method: 'GET', url: '/base/api/recoveries?limit=2', headers: { authorization: 'Bearer reading', 'x-grafana-user': 'viewer', via: '1.1 grafana' } }]);
  expect(received[0]?.headers).not.toHaveProperty('cookie');
  expect(received[0]?.headers).not.toHaveProperty('origin');
});

test('what no route fits is forwarded with any method, without the token', async () => {
  for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'PATCH']) await ask(method, '/api/datasources/proxy/uid/ours/api/v1/actions', 'Viewer');
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET', 'POST', 'DELETE', 'PUT', 'PATCH'].map((method) => `${method} /base/api/v1/actions`));
  expect(received.every(({ headers }) => headers.authorization === undefined)).toBe(true);
});

test("a data source's 401 becomes 400, an app's stays", async () => {
  answer = { status: 401, body: 'no', headers: {} };
  const data = await ask('GET', '/api/datasources/proxy/uid/ours/read/x', 'Viewer');
  expect([data.status, await data.text()]).toEqual([400, 'Authentication to data source failed']);
  expect((await ask('POST', '/api/plugin-proxy/test-app/orders', 'Admin')).status).toBe(401);
});

test('answers come through whole, without cookies, in a sandbox', async () => {
  answer = { status: 413, body: 'x'.repeat(1_000_000), headers: { 'content-type': 'text/html' } };
  const large = await ask('GET', '/api/datasources/proxy/uid/ours/read/x', 'Viewer');
  expect(large.status).toBe(413);
  expect((await large.text()).length).toBe(1_000_000);
  expect(large.headers.get('set-cookie')).toBeNull();
  expect(large.headers.get('content-security-policy')).toBe('sandbox');
});

test('app routes: role, method and path, and the body that the route prescribes', async () => {
  expect((await ask('POST', '/api/plugin-proxy/test-app/orders', 'Editor')).status).toBe(403);
  expect((await ask('GET', '/api/plugin-proxy/test-app/orders', 'Admin')).status).toBe(404);
  expect((await ask('POST', '/api/plugin-proxy/test-app/orders/1', 'Admin')).status).toBe(404);
  expect((await ask('POST', '/api/plugin-proxy/none/orders', 'Admin')).status).toBe(404);
  expect(received).toEqual([]);
  await ask('POST', '/api/plugin-proxy/test-app/orders', 'Admin', { body: '{"a":1}' });
  await ask('POST', '/api/plugin-proxy/test-app/ack/7/acknowledge', 'Editor', { body: '{"reason":"x"}' });
  expect(received).toMatchObject([
    { url: '/base/orders', body: '{"a":1}', headers: { authorization: 'Bearer operating', 'x-grafana-user': 'admin' } },
    { url: '/base/incidents/7/acknowledge', body: '{}', headers: { 'x-grafana-user': 'editor' } },
  ]);
});

test('an app route sends on what was encoded in its star, `..` and all', async () => {
  for (const rest of ['x%2F..%2F..%2Fpause', '%2e%2e/pause', 'a%20b%3Fc?d=%2F']) await requestExactly(grafana.url, 'POST', `/api/plugin-proxy/test-app/ack/${rest}`, { headers: { cookie: 'grafana_session=Editor' } });
  expect(received.map(({ url }) => url)).toEqual(['/base/incidents/x/../../pause', '/base/incidents/../pause', '/base/incidents/a%20b%3Fc?d=%2F']);
});

test('settings: secrets are never given, and only administrators write', async () => {
  const read = await (await ask('GET', '/api/plugins/test-app/settings', 'Viewer')).text();
  expect(read).not.toContain('operating');
  expect(JSON.parse(read)).toMatchObject({ secureJsonFields: { token: true } });
  expect((await ask('POST', '/api/plugins/test-app/settings', 'Editor', { body: '{}' })).status).toBe(403);
});

test('a Prometheus data source takes no writing', async () => {
  expect((await ask('POST', '/api/datasources/proxy/uid/prom/api/v1/admin/tsdb/delete_series', 'Admin')).status).toBe(403);
  expect(received).toEqual([]);
});

test('an unreachable server is 502', async () => {
  grafana.setDataSource({ uid: 'gone', name: 'gone', type: 'test-ds', url: 'http://127.0.0.1:9' });
  expect((await ask('GET', '/api/datasources/proxy/uid/gone/read/x', 'Viewer')).status).toBe(502);
});

test('no way leads out of the plugin folders', async () => {
  // fetch would clean the path itself.
  for (const path of ['/public/plugins/test-ds/../../../../etc/passwd', '/public/plugins/test-ds/..%2f..%2fplugin.json', '/public/page/%2e%2e/proxy.ts']) {
    const answer = await requestExactly(grafana.url, 'GET', path);
    // Outside of /public every path is the front end's page.
    expect([404, 200]).toContain(answer.status);
    if (answer.status === 200) expect(answer.headers['content-type']).toContain('text/html');
  }
});
