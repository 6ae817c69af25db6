/** What each role can reach through Grafana, by every path and method: asked of the real virtmedic behind the server's stub, without a browser. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readPlugins } from './proxy/plugins.ts';
import { ensurePluginBuilt } from './build-plugin.ts';
import { startSeededDaemon } from './daemon.ts';
import type { SeededDaemon } from './daemon.ts';
import type { TestGrafana } from './proxy.ts';
import type { Route } from './proxy/routes.ts';
import type { Role } from './proxy/session.ts';
import { requestExactly } from './request-exactly.ts';
import { APP_ID, startGrafanaFor } from './setting.ts';

/** What each role may do through the app beside what the one before it may, as the documentation says it: method and path, a star for the rest. */
const MAY: Readonly<Record<Role, readonly string[]>> = {
  Viewer: [],
  Editor: ['GET domains', 'GET hosts', 'GET incidents', 'GET recoveries', 'GET maintenance', 'GET pause', 'GET settings', 'POST acknowledge/*'],
  Admin: ['POST actions', 'POST maintenance', 'POST pause', 'POST settings', 'POST close/*', 'DELETE maintenance/*'],
};
const APP = `/api/plugin-proxy/${APP_ID}/`;
/** In a way: a maintenance that there is when it is tried. */
const MAINTENANCE = '{maintenance}';
const MAINTENANCE_REASON = 'there for the walk';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

let daemon: SeededDaemon;
let grafana: TestGrafana;

beforeAll(async () => {
  daemon = await startSeededDaemon();
  grafana = await startGrafanaFor(daemon);
});
afterAll(async () => {
  await grafana?.stop();
  await daemon?.stop();
});

async function own<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = { authorization: `Bearer ${daemon.tokens.operate}`, 'content-type': 'application/json' };
  const answer = await fetch(`${daemon.controlUrl}${path}`, { ...init, headers });
  const text = await answer.text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

interface Snapshot {
  operator: unknown[];
  incidents: { id: string; acknowledgedBy: string | null; state: string }[];
  domains: { uuid: string; desired: string | null }[];
  recoveries: string[];
}

/** Everything that an order could change. */
async function snapshot(): Promise<Snapshot> {
  const items = async <T>(path: string): Promise<T[]> => (await own<{ items: T[] }>(path)).items;
  return {
    operator: await Promise.all(['/api/v1/pause', '/api/v1/maintenance', '/api/v1/settings'].map((path) => own(path))),
    incidents: (await items<Snapshot['incidents'][number]>('/api/v1/incidents')).map(({ id, acknowledgedBy, state }) => ({ id, acknowledgedBy, state })),
    domains: (await items<Snapshot['domains'][number]>('/api/v1/domains')).map(({ uuid, desired }) => ({ uuid, desired })),
    recoveries: (await items<{ id: string }>('/api/v1/recoveries?limit=1000')).map(({ id }) => id),
  };
}

/** Paths of the API as virtmedic documents them, with real ids in them. */
async function apiPaths(): Promise<string[]> {
  const { paths } = await own<{ paths: Record<string, object> }>('/api/v1/openapi.json');
  const [uuid = '', openId = ''] = [daemon.seeded.domains[0]?.uuid, daemon.seeded.openIds[0]];
  expect(Object.keys(paths).length).toBeGreaterThan(12);
  return Object.keys(paths).map((path) => path.replace('/maintenance/{id}', `/maintenance/${MAINTENANCE}`).replace('{uuid}', uuid).replace(/(?<!maintenance\/)\{\w+\}/, openId)).filter((path) => !path.endsWith('/events'));
}

/** Bodies that the API accepts, so that nothing is refused for its form alone. */
function bodyFor(path: string): object {
  if (path.endsWith('actions')) return { domain: daemon.seeded.domains[0]?.uuid, action: 'start' };
  if (path.endsWith('maintenance')) return { all: true, durationSeconds: 60, reason: 'walk' };
  if (path.endsWith('pause')) return { paused: true, reason: 'walk' };
  if (path.endsWith('settings')) return { samplingIntervalSeconds: 21 };
  if (path.endsWith('close')) return { reason: 'walk' };
  return {};
}

/** Every way through Grafana to the API: by the data source and by the app, by the API's own paths and by those of the routes. */
async function waysIn(): Promise<string[]> {
  const api = await apiPaths();
  const routes = readPlugins(await ensurePluginBuilt()).get(APP_ID)?.json.routes ?? [];
  expect(routes.length).toBeGreaterThan(8);
  const [openId = ''] = daemon.seeded.openIds;
  const tails = ['x', openId, `${openId}/close`, `${openId}/acknowledge`, MAINTENANCE, '../actions', '%2e%2e/pause', '..%2fpause', 'x%2F..%2F..%2Fpause', `${openId}%2Fclose`];
  return [
    ...api.flatMap((path) => [`/api/datasources/proxy/uid/virtmedic${path}`, `/api/plugin-proxy/${APP_ID}${path}`]),
    ...routes.flatMap(({ path }) => (path.endsWith('*') ? tails.map((tail) => path.replace('*', tail)) : [path])).map((path) => `/api/plugin-proxy/${APP_ID}/${path}`),
  ];
}

/** The id of a maintenance, made anew where somebody has ended the last one. */
async function maintenanceId(): Promise<string> {
  const { items } = await own<{ items: { id: string; reason: string }[] }>('/api/v1/maintenance');
  const there = items.find(({ reason }) => reason === MAINTENANCE_REASON);
  const order = { all: true, durationSeconds: 3600, reason: MAINTENANCE_REASON };
  return (there ?? (await own<{ id: string }>('/api/v1/maintenance', { method: 'POST', body: JSON.stringify(order) }))).id;
}

interface Tried {
  status: number;
  /** The proxy itself refused it: virtmedic was not asked. */
  isRefused: boolean;
}

/** Every way in with every method, by `<method> <way>`. */
async function walk(role: Role, origin = grafana.url): Promise<Map<string, Tried>> {
  const tried = new Map<string, Tried>();
  for (const way of await waysIn()) {
    for (const method of METHODS) {
      const path = way.includes(MAINTENANCE) ? way.replace(MAINTENANCE, await maintenanceId()) : way;
      const headers = { cookie: `grafana_session=${role}`, 'content-type': 'application/json', 'x-grafana-user': 'somebody-else' };
      const { status, text } = await requestExactly(origin, method, path, { headers, ...(method === 'GET' ? {} : { body: JSON.stringify(bodyFor(way)) }) });
      tried.set(`${method} ${way}`, { status, isRefused: isProxysRefusal(status, text) });
    }
  }
  return tried;
}

function isProxysRefusal(status: number, text: string): boolean {
  return (status === 403 && text.includes('"plugin proxy route access denied"')) || (status === 404 && text.includes('"plugin route match not found"'));
}

function mayPass(role: Role, method: string, way: string): boolean {
  const path = posix.join('/', way.slice(APP.length)).slice(1);
  const allowed = [...MAY.Editor, ...(role === 'Admin' ? MAY.Admin : [])];
  return role !== 'Viewer' && allowed.some((one) => (one.endsWith('*') ? `${method} ${path}`.startsWith(one.slice(0, -1)) : one === `${method} ${path}`));
}

/** Ways through the app that the proxy opens to the role although it must not, or the other way round. */
function wrong(role: Role, tried: ReadonlyMap<string, Tried>): string[] {
  return [...tried].flatMap(([key, { status, isRefused }]) => {
    const [method = '', way = ''] = key.split(' ');
    return way.startsWith(APP) && mayPass(role, method, way) === isRefused ? [`${key}: ${isRefused ? 'refused' : 'let through'}, ${status}`] : [];
  });
}

const succeeded = (tried: ReadonlyMap<string, Tried>): string[] => [...tried].filter(([, { status }]) => status < 400).map(([key]) => key);

beforeEach(async () => {
  await own('/api/v1/pause', { method: 'POST', body: '{"paused":false}' });
  await maintenanceId();
});

test('a Viewer changes nothing by any path and method, and reaches no route of the app', async () => {
  const before = await snapshot();
  const tried = await walk('Viewer');
  expect(await snapshot()).toEqual(before);
  expect(wrong('Viewer', tried)).toEqual([]);
  expect(succeeded(tried).filter((key) => !key.startsWith('GET ') || key.includes(APP))).toEqual([]);
  // They do read through the data source.
  expect(succeeded(tried).some((key) => key.endsWith('/virtmedic/api/v1/recoveries'))).toBe(true);
});

test('an Editor changes nothing but who has acknowledged an incident', async () => {
  const before = await snapshot();
  const tried = await walk('Editor');
  const after = await snapshot();
  const [openId = ''] = daemon.seeded.openIds;
  expect(after).toEqual({ ...before, incidents: before.incidents.map((incident) => (incident.id === openId ? { ...incident, acknowledgedBy: 'editor' } : incident)) });
  expect(wrong('Editor', tried)).toEqual([]);
  expect(succeeded(tried).filter((key) => !key.startsWith('GET '))).toEqual([`POST ${APP}acknowledge/${openId}/acknowledge`]);
  // The proxy lets this one through, with what it decodes to: virtmedic resolves no `..`.
  for (const rest of ['x%2F..%2F..%2Fpause', '..%2fpause', '%2e%2e/pause']) expect(tried.get(`POST ${APP}acknowledge/${rest}`)).toEqual({ status: 404, isRefused: false });
});

test('the same walk as Admin does change something: the walk would notice', async () => {
  const before = await snapshot();
  const tried = await walk('Admin');
  const after = await snapshot();
  expect(wrong('Admin', tried)).toEqual([]);
  expect(after.operator).not.toEqual(before.operator);
  expect(JSON.stringify(after.operator)).toContain('"by":"admin"');
  expect(after.incidents.length).toBeLessThan(before.incidents.length);
  expect(succeeded(tried)).toContain(`DELETE ${APP}maintenance/${MAINTENANCE}`);
});

test('a data source that is wrongly set to the control listener still orders nothing', async () => {
  const source = { uid: 'wrong', name: 'wrong', type: 'virtmedic-recovery-datasource', url: daemon.controlUrl, secureJsonData: { readToken: daemon.tokens.read } };
  grafana.setDataSource(source);
  const before = await snapshot();
  for (const path of await apiPaths()) {
    for (const method of METHODS.slice(1)) {
      const answer = await fetch(`${grafana.url}/api/datasources/proxy/uid/wrong${path.replace(MAINTENANCE, await maintenanceId())}`, { method, headers: { cookie: 'grafana_session=Viewer', 'content-type': 'application/json' }, body: JSON.stringify(bodyFor(path)) });
      expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
    }
  }
  expect(await snapshot()).toEqual(before);
});

test('nobody gets a token back', async () => {
  for (const role of ['Viewer', 'Editor', 'Admin']) {
    for (const path of ['/', `/api/plugins/${APP_ID}/settings`]) {
      const text = await (await fetch(`${grafana.url}${path}?role=${role}`, { headers: { cookie: `grafana_session=${role}` } })).text();
      for (const token of Object.values(daemon.tokens)) expect(text).not.toContain(token);
    }
  }
});

// Last: what these walks find open, they do.
test.each([...MAY.Editor.map((route) => [route, 'Viewer'] as const), ...MAY.Admin.map((route) => [route, 'Editor'] as const)])('the walk sees when the built plugin opens %s to the role %s', async (route, role) => {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-opened-'));
  try {
    cpSync(await ensurePluginBuilt(), folder, { recursive: true });
    const file = join(folder, 'plugin.json');
    const plugin = JSON.parse(readFileSync(file, 'utf8')) as { routes: Route[] };
    const changed = plugin.routes.filter(({ method, path }) => `${method} ${path}` === route);
    expect(changed).toHaveLength(1);
    for (const one of changed) one.reqRole = role;
    writeFileSync(file, JSON.stringify(plugin));
    const opened = await startGrafanaFor({ ...daemon, pluginFolder: folder });
    const found = wrong(role, await walk(role, opened.url).finally(() => opened.stop()));
    const [method = '', path = ''] = route.split(' ');
    expect(found.filter((one) => one.startsWith(`${method} ${APP}${path.replace('*', '')}`))).not.toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
