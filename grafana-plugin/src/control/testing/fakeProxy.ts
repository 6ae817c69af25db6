/**
 * For tests: Grafana's plugin proxy as far as `control/README.md` tells how it behaves, with the routes of plugin.json, and behind it
 * answers that a test gives in place of virtmedic. It is no proof of how Grafana or virtmedic behave.
 */
import type { OrgRole as GrafanaRole } from '@grafana/data';
import { config, setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { defer } from 'rxjs';
import { APP_ID } from '../../constants';
import plugin from '../../plugin.json';

interface Received {
  method: string;
  path: string;
  body: unknown;
}

export type Answer = { status?: number; body?: unknown };
/** `METHOD path-behind-api/v1` to its answer; a promise that never ends: no answer. */
export type Answers = Record<string, (body: unknown) => Answer | Promise<Answer>>;

export interface FakeProxy {
  answers: Answers;
  /** What reached virtmedic. */
  received: Received[];
  /** All but reading. */
  orders(): Received[];
}

const RANK = { Viewer: 0, Editor: 1, Admin: 2 };
type OrgRole = keyof typeof RANK;

/** From now on the app talks to this, as a person with this role. */
export function installFakeProxy(role: OrgRole, answers: Answers = {}): FakeProxy {
  config.bootData.user.orgRole = role as GrafanaRole;
  config.bootData.user.isGrafanaAdmin = false;
  const proxy: FakeProxy = { answers, received: [], orders: () => proxy.received.filter(({ method }) => method !== 'GET') };
  const fetch = (request: BackendSrvRequest) => defer(() => answer(proxy, role, request));
  setBackendSrv({ fetch } as unknown as BackendSrv);
  return proxy;
}

async function answer(proxy: FakeProxy, role: OrgRole, { method = 'GET', url, data }: BackendSrvRequest) {
  const path = url.replace(`/api/plugin-proxy/${APP_ID}/`, '');
  const route = plugin.routes.find((candidate) => candidate.method === method && matches(candidate.path, path));
  if (route === undefined) {
    throw { status: 404, data: { message: 'plugin route match not found' }, config: {} };
  }
  if (RANK[role] < RANK[route.reqRole as OrgRole]) {
    throw { status: 403, data: { message: 'plugin proxy route access denied' }, config: {} };
  }
  const target = route.url.replace('{{ .JsonData.controlUrl }}/api/v1/', '');
  const rest = route.path.endsWith('/*') ? `/${decodeURIComponent(path.slice(route.path.length - 1))}` : '';
  const received = { method, path: `${target}${rest}`, body: 'body' in route ? route.body : data };
  proxy.received.push(received);
  const given = proxy.answers[`${method} ${received.path}`];
  const { status = 200, body } = given ? await given(received.body) : problem(404, 'There is nothing here.');
  if (status >= 400) {
    throw { status, data: body, config: {} };
  }
  return { status, data: body };
}

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) && path.length >= pattern.length : pattern === path;
}

/** An error as virtmedic gives it. */
export function problem(status: number, detail: string): Answer {
  return { status, body: { type: 'about:blank', title: 'Error', status, detail } };
}
