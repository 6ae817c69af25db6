/** The part of Grafana's HTTP API that this product's plugins meet. Whatever else is asked is answered 404, so that a test sees it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { forward } from './forward.ts';
import { runPrometheusQuery } from './prometheus-query.ts';
import type { PrometheusQuery } from './prometheus-step.ts';
import { decodePath, encodePath, fillTemplate, joinPaths, matchAppRoute, matchDataSourceRoute } from './routes.ts';
import type { Route, TemplateData } from './routes.ts';
import { includes } from './session.ts';
import type { User } from './session.ts';
import type { DataSource, State } from './state.ts';

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  user: User;
  state: State;
}

const PROXY_TIMEOUT_MS = 30_000;
const LARGEST_BODY_BYTES = 4_000_000;

export async function handleApi(call: Call): Promise<void> {
  const { url, response } = call;
  const path = url.pathname;
  const proxied = /^\/api\/datasources\/proxy\/uid\/([^/]+)(?:\/(.*))?$/.exec(path);
  if (proxied !== null) return proxyDataSource(call, proxied[1] ?? '', proxied[2] ?? '');
  // Not from `url`: that one has resolved `..` and `%2e%2e` already.
  const app = /^\/api\/plugin-proxy\/([\w-]+)(?:\/([^?]*))?(?:\?|$)/.exec(call.request.url ?? '');
  if (app !== null) return proxyApp(call, app[1] ?? '', app[2] ?? '');
  if (path === '/api/ds/query' && call.request.method === 'POST') return query(call);
  const settings = /^\/api\/plugins\/([\w-]+)\/settings$/.exec(path);
  if (settings !== null) return pluginSettings(call, settings[1] ?? '');
  const resource = /^\/api\/datasources\/uid\/([^/]+)\/(resources|health)(?:\/(.*))?$/.exec(path);
  if (resource !== null) return dataSourceBackend(call, resource[1] ?? '', resource[2] ?? '', resource[3] ?? '');
  json(response, 404, { message: 'Not found' });
}

function proxyDataSource(call: Call, uid: string, path: string): void {
  const { state, user, request, response, url } = call;
  const source = state.dataSources.get(decodeURIComponent(uid));
  if (source === undefined) return json(response, 404, { message: 'Unable to find datasource' });
  const match = matchDataSourceRoute(state.plugins.get(source.type)?.json.routes ?? [], request.method ?? 'GET', path, user.role);
  if (match.kind === 'denied') return json(response, 403, { message: 'plugin proxy route access denied' });
  if (match.kind === 'none' && source.type === 'prometheus' && ['POST', 'PUT', 'DELETE'].includes(request.method ?? '')) {
    return json(response, 403, { message: `non allow-listed ${request.method}s not allowed on proxied Prometheus datasource` });
  }
  const data = templateData(source);
  const base = match.kind === 'route' && match.route.url ? fillTemplate(match.route.url, data) : source.url;
  const rest = match.kind === 'route' && match.route.url ? match.rest : path;
  send(call, { base, rest, isDecoded: false, route: match.kind === 'route' ? match.route : null, data, hide401: true, search: url.search });
}

function proxyApp(call: Call, id: string, path: string): void {
  const { state, user, request, response, url } = call;
  const plugin = state.plugins.get(id);
  if (plugin === undefined) return json(response, 404, { message: 'Plugin not found, no installed plugin with that id' });
  const app = state.apps.get(id);
  if (app === undefined) return json(response, 500, { message: 'Failed to fetch plugin settings' });
  const match = matchAppRoute(plugin.json.routes ?? [], request.method ?? 'GET', path, user.role);
  if (match.kind === 'denied') return json(response, 403, { message: 'plugin proxy route access denied' });
  if (match.kind === 'none') return json(response, 404, { message: 'plugin route match not found' });
  const data = { url: '', jsonData: app.jsonData, secureJsonData: app.secureJsonData };
  send(call, { base: fillTemplate(match.route.url ?? '', data), rest: match.rest, isDecoded: true, route: match.route, data, hide401: false, search: url.search });
}

interface Passage {
  base: string;
  /** Appended to the path of `base`. */
  rest: string;
  /** `rest` is as `matchAppRoute` gives it, and goes out with every `..` that is in it. */
  isDecoded: boolean;
  route: Route | null;
  data: TemplateData;
  hide401: boolean;
  search: string;
}

function send({ request, response, user, state }: Call, { base, rest, isDecoded, route, data, hide401, search }: Passage): void {
  const target = URL.parse(base);
  if (target === null || target.protocol !== 'http:') return void response.writeHead(502).end();
  const exactPath = isDecoded ? encodePath(joinPaths(decodePath(target.pathname) ?? target.pathname, rest)) : null;
  target.pathname = joinPaths(target.pathname, rest);
  target.search = search;
  for (const { name, content } of route?.urlParams ?? []) target.searchParams.append(fillTemplate(name, data), fillTemplate(content, data));
  const headers = Object.fromEntries((route?.headers ?? []).map(({ name, content }) => [name, fillTemplate(content, data)]));
  const body = route?.body === undefined ? null : fillTemplate(JSON.stringify(route.body), data);
  const path = `${exactPath ?? target.pathname}${target.search}`;
  forward(request, response, { target, path, headers, user, sendUserHeader: state.sendUserHeader, hide401, timeoutMs: PROXY_TIMEOUT_MS, body });
}

function templateData(source: DataSource): TemplateData {
  return { url: source.url, jsonData: source.jsonData ?? {}, secureJsonData: source.secureJsonData ?? {} };
}

async function query({ request, response, state }: Call): Promise<void> {
  const body = JSON.parse(await readBody(request)) as { from: string; to: string; queries: (PrometheusQuery & { datasource?: { uid?: string } })[] };
  const entries = await Promise.all(body.queries.map(async (one) => {
    const source = state.dataSources.get(one.datasource?.uid ?? '');
    if (source?.type !== 'prometheus') return [one.refId, { status: 404, error: 'data source not found', errorSource: 'downstream' }] as const;
    const place = { url: source.url, scrapeInterval: scrapeInterval(source), fromMs: Number(body.from), toMs: Number(body.to) };
    const result = await runPrometheusQuery(one, place).catch((error: unknown) => ({ status: 502, error: String(error), errorSource: 'downstream' }));
    return [one.refId, result] as const;
  }));
  json(response, entries.some(([, result]) => 'error' in result) ? 400 : 200, { results: Object.fromEntries(entries) });
}

function scrapeInterval({ jsonData }: DataSource): string {
  const own = jsonData?.['timeInterval'];
  return typeof own === 'string' ? own : '';
}

/** Everybody may read settings, without secrets; administrators may change them. */
async function pluginSettings({ request, response, state, user }: Call, id: string): Promise<void> {
  const plugin = state.plugins.get(id);
  const app = state.apps.get(id);
  if (plugin === undefined || app === undefined) return json(response, 404, { message: 'Plugin not found, no installed plugin with that id' });
  if (request.method === 'GET') return json(response, 200, settingsOf(plugin.json, app));
  if (request.method !== 'POST') return json(response, 404, { message: 'Not found' });
  if (!includes(user.role, 'Admin')) return json(response, 403, { message: "You'll need additional permissions to perform this action. Permissions needed: plugins:write" });
  const { enabled = app.enabled, jsonData = {}, secureJsonData = {} } = JSON.parse(await readBody(request)) as Partial<typeof app>;
  state.apps.set(id, { enabled, jsonData, secureJsonData: { ...app.secureJsonData, ...secureJsonData } });
  json(response, 200, { message: 'Plugin settings updated' });
}

export function settingsOf(plugin: { id: string; name: string; type: string }, app: { enabled: boolean; jsonData: object; secureJsonData: object }): object {
  const secureJsonFields = Object.fromEntries(Object.entries(app.secureJsonData).map(([name, value]) => [name, value !== '']));
  return { ...plugin, enabled: app.enabled, pinned: app.enabled, jsonData: app.jsonData, secureJsonFields, module: `public/plugins/${plugin.id}/module.js`, baseUrl: `public/plugins/${plugin.id}`, defaultNavUrl: `/a/${plugin.id}` };
}

/** What Grafana's own Prometheus back end answers beside queries: label names and values, metadata. */
function dataSourceBackend(call: Call, uid: string, kind: string, path: string): void {
  const { state, response, url } = call;
  const source = state.dataSources.get(decodeURIComponent(uid));
  if (source?.type !== 'prometheus') return json(response, 404, { message: 'Plugin not found' });
  if (kind === 'health') return json(response, 200, { status: 'OK', message: 'Successfully queried the Prometheus API.' });
  send(call, { base: source.url, rest: path, isDecoded: false, route: null, data: templateData(source), hide401: false, search: url.search });
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES) throw new Error('body too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
