/** A stub of the Grafana server, on loopback only: what is real in it and what is not is in README.md. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleApi, json } from './proxy/api.ts';
import { serveFile } from './proxy/files.ts';
import { indexPage, pageSettings, pageUser } from './proxy/index-page.ts';
import { createLog } from './proxy/log.ts';
import type { Passed } from './proxy/log.ts';
import { readPlugins } from './proxy/plugins.ts';
import { ROLE_COOKIE, userOf } from './proxy/session.ts';
import type { AppSettings, DataSource, State } from './proxy/state.ts';

export interface GrafanaOptions {
  /** Built plugins, see `ensurePluginBuilt`. */
  pluginFolder: string;
  /** The built page, see `ensurePageBuilt`; empty: the API alone. */
  pageFolder: string;
  dataSources: readonly DataSource[];
  apps?: Readonly<Record<string, AppSettings>>;
  /** Grafana's option `send_user_header` of `[dataproxy]`. Default: true. */
  sendUserHeader?: boolean;
  /** Default: a free one. */
  port?: number;
}

export interface TestGrafana {
  readonly url: string;
  /** Requests to the API since the start or the last `clearLog`. */
  passed(): readonly Passed[];
  clearLog(): void;
  /** Replaces or adds a data source, as an administrator would. */
  setDataSource(source: DataSource): void;
  setApp(id: string, settings: AppSettings): void;
  stop(): Promise<void>;
}

export async function startGrafana(options: GrafanaOptions): Promise<TestGrafana> {
  const state: State = {
    plugins: readPlugins(options.pluginFolder),
    dataSources: new Map(options.dataSources.map((source) => [source.uid, source])),
    apps: new Map(Object.entries(options.apps ?? {})),
    sendUserHeader: options.sendUserHeader ?? true,
    log: createLog(),
  };
  const server = createServer((request, response) => {
    handle(request, response, state, options.pageFolder).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else json(response, 500, { message: String(error) });
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed: () => state.log.all(),
    clearLog: () => state.log.clear(),
    setDataSource: (source) => void state.dataSources.set(source.uid, source),
    setApp: (id, settings) => void state.apps.set(id, settings),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, state: State, pageFolder: string): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
  if (url === null) return void response.writeHead(400).end();
  if (request.url?.startsWith('/api/')) {
    const user = userOf(request);
    response.on('finish', () => state.log.add({ method: request.method ?? '', path: request.url ?? '', role: user?.role ?? '', status: response.statusCode, atMs: Date.now() }));
    if (user === null) return json(response, 401, { message: 'Unauthorized' });
    return handleApi({ request, response, url, user, state });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
  if (url.pathname.startsWith('/public/')) {
    if (!serveFile(response, url.pathname, { page: pageFolder, plugins: state.plugins })) response.writeHead(404).end();
    return;
  }
  // Every other path is one of the front end's.
  const user = pageUser(url.searchParams, userOf(request));
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'set-cookie': `${ROLE_COOKIE}=${user.role}; Path=/; HttpOnly; SameSite=Lax` });
  response.end(indexPage(state, user, pageSettings(url.searchParams)));
}
