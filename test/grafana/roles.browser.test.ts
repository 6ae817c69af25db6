/** What each role can reach through Grafana, by every path and method: asked of the real virtmedic behind the server's stub, without a browser. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readPlugins } from './proxy/plugins.ts';
import { ensurePluginBuilt } from './build-plugin.ts';
import { startSeededDaemon } from './daemon.ts';
import type { SeededDaemon } from './daemon.ts';
import type { TestGrafana } from './proxy.ts';
import type { Role } from './proxy/session.ts';
import { APP_ID, startGrafanaFor } from './setting.ts';

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
  return Object.keys(paths).map((path) => path.replace('{uuid}', uuid).replace(/\{\w+\}/, openId)).filter((path) => !path.endsWith('/events'));
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
  const tails = ['x', openId, `${openId}/close`, `${openId}/acknowledge`, `../actions`, `%2e%2e/pause`, `..%2fpause`];
  return [
    ...api.flatMap((path) => [`/api/datasources/proxy/uid/virtmedic${path}`, `/api/plugin-proxy/${APP_ID}${path}`]),
    ...routes.flatMap(({ path }) => (path.endsWith('*') ? tails.map((tail) => path.replace('*', tail)) : [path])).map((path) => `/api/plugin-proxy/${APP_ID}/${path}`),
  ];
}

/** Status of every way in with every method. */
async function walk(role: Role): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  for (const way of await waysIn()) {
    for (const method of METHODS) {
      const body = method === 'GET' ? {} : { body: JSON.stringify(bodyFor(way)) };
      const headers = { cookie: `grafana_session=${role}`, 'content-type': 'application/json', 'x-grafana-user': 'somebody-else' };
      const answer = await fetch(`${grafana.url}${way}`, { method, headers, ...body });
      await answer.body?.cancel();
      statuses.set(`${method} ${way}`, answer.status);
    }
  }
  return statuses;
}

beforeEach(async () => {
  await own('/api/v1/pause', { method: 'POST', body: '{"paused":false}' });
});

test('a Viewer changes nothing by any path and method, and reaches no route of the app', async () => {
  const before = await snapshot();
  const statuses = await walk('Viewer');
  expect(await snapshot()).toEqual(before);
  const reached = [...statuses].filter(([, status]) => status < 400);
  expect(reached.filter(([way]) => way.includes('/plugin-proxy/'))).toEqual([]);
  expect(reached.filter(([way]) => !way.startsWith('GET '))).toEqual([]);
  // They do read through the data source.
  expect(reached.some(([way]) => way.endsWith('/virtmedic/api/v1/recoveries'))).toBe(true);
});

test('an Editor changes nothing but who has acknowledged an incident', async () => {
  const before = await snapshot();
  const statuses = await walk('Editor');
  const after = await snapshot();
  const [openId = ''] = daemon.seeded.openIds;
  expect(after).toEqual({ ...before, incidents: before.incidents.map((incident) => (incident.id === openId ? { ...incident, acknowledgedBy: 'editor' } : incident)) });
  const changed = [...statuses].filter(([way, status]) => status < 400 && !way.startsWith('GET ')).map(([way]) => way);
  expect(changed).toEqual([`POST /api/plugin-proxy/${APP_ID}/acknowledge/${openId}/acknowledge`]);
});

test('the same walk as Admin does change something: the walk would notice', async () => {
  const before = await snapshot();
  await walk('Admin');
  const after = await snapshot();
  expect(after.operator).not.toEqual(before.operator);
  expect(JSON.stringify(after.operator)).toContain('"by":"admin"');
  expect(after.incidents.length).toBeLessThan(before.incidents.length);
});

test('a data source that is wrongly set to the control listener still orders nothing', async () => {
  const source = { uid: 'wrong', name: 'wrong', type: 'virtmedic-recovery-datasource', url: daemon.controlUrl, secureJsonData: { readToken: daemon.tokens.read } };
  grafana.setDataSource(source);
  const before = await snapshot();
  for (const path of await apiPaths()) {
    for (const method of METHODS.slice(1)) {
      const answer = await fetch(`${grafana.url}/api/datasources/proxy/uid/wrong${path}`, { method, headers: { cookie: 'grafana_session=Viewer', 'content-type': 'application/json' }, body: JSON.stringify(bodyFor(path)) });
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
