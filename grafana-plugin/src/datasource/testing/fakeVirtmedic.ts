/** virtmedic behind Grafana's data proxy, as far as the data source sees it, for tests. */
import { setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { Observable } from 'rxjs';
import { sentProcesses } from '../../api/samples';
import type { Domain, Host, Recovery } from '../../api/types';

export const PROXY_URL = '/api/datasources/proxy/uid/u1';

export interface FakeVirtmedic {
  recoveries: Recovery[];
  hosts: Host[];
  domains: Domain[];
  /** In the guests, by the UUID of the domain. */
  processes: Map<string, unknown[]>;
  /** Answers by path that are given instead, once each or always. */
  override: Map<string, () => Response>;
  /** How long an answer takes, by path; else it comes a task later. */
  delayMs: Map<string, number>;
  /** Path and query of every request, in order. */
  requests: URL[];
  methods: Set<string>;
  /** Requests that have neither been answered nor given up. */
  running: number;
  givenUp: number;
  /** Adds or replaces a recovery, which the next poll tells. */
  change(recovery: Recovery): void;
  /** Those of before are no longer known. */
  forgetCursors(): void;
}

interface Response {
  status: number;
  body: unknown;
}

/** Becomes Grafana's backend of this test. */
export function fakeVirtmedic(
  given: Partial<Pick<FakeVirtmedic, 'recoveries' | 'hosts' | 'domains' | 'processes'>> = {}
): FakeVirtmedic {
  const log: Recovery[] = [];
  let oldest = 0;
  const fake: FakeVirtmedic = {
    recoveries: [],
    hosts: [],
    domains: [],
    processes: new Map(),
    override: new Map(),
    delayMs: new Map(),
    requests: [],
    methods: new Set(),
    running: 0,
    givenUp: 0,
    ...given,
    change(recovery) {
      fake.recoveries = [...fake.recoveries.filter(({ id }) => id !== recovery.id), recovery];
      log.push(recovery);
    },
    forgetCursors() {
      oldest = log.length + 1;
      log.push(...fake.recoveries.slice(0, 1));
    },
  };
  const events = (url: URL): Response => {
    const cursor = url.searchParams.get('cursor');
    const since = cursor === null ? log.length : Number(cursor);
    const reset = since < oldest;
    return ok({ items: reset ? [] : log.slice(since), nextCursor: String(log.length), reset });
  };
  const answer = (url: URL): Response => {
    const path = url.pathname.slice(PROXY_URL.length);
    const instead = fake.override.get(path);
    if (instead !== undefined) {
      return instead();
    }
    const uuid = /^\/api\/v1\/domains\/([^/]+)\/processes$/.exec(path)?.[1];
    if (uuid !== undefined) {
      return processesOf(fake, decodeURIComponent(uuid));
    }
    switch (path) {
      case '/api/v1/recoveries':
        return recoveriesPage(fake.recoveries, url);
      case '/api/v1/incidents':
        return ok({ items: fake.recoveries.filter(({ closedAtMs }) => closedAtMs === null) });
      case '/api/v1/hosts':
        return ok({ items: fake.hosts });
      case '/api/v1/domains':
        return ok({ items: fake.domains.filter(({ host }) => [null, host].includes(url.searchParams.get('host'))) });
      case '/api/v1/events':
        return events(url);
      case '/api/v1/openapi.json':
        return ok({ openapi: '3.1.0', info: { title: 'virtmedic', version: '0.1.0' } });
      default:
        return { status: 404, body: { status: 404, title: 'Not Found', detail: `There is nothing at ${path}.` } };
    }
  };
  setBackendSrv({ fetch: (request: BackendSrvRequest) => served(fake, request, answer) } as unknown as BackendSrv);
  return fake;
}

export function ok(body: unknown): Response {
  return { status: 200, body };
}

function processesOf({ processes }: FakeVirtmedic, uuid: string): Response {
  const items = processes.get(uuid);
  const detail = 'no guest helper is configured';
  return items === undefined
    ? { status: 409, body: { status: 409, title: 'Conflict', detail } }
    : ok(sentProcesses(items));
}

function served(fake: FakeVirtmedic, request: BackendSrvRequest, answer: (url: URL) => Response): Observable<unknown> {
  return new Observable((subscriber) => {
    const url = new URL(request.url, 'http://grafana');
    fake.requests.push(url);
    fake.methods.add(request.method ?? 'GET');
    fake.running++;
    let isOver = false;
    const timer = setTimeout(
      () => {
        isOver = true;
        fake.running--;
        const { status, body } = answer(url);
        if (status >= 400) {
          subscriber.error({ status, data: body, config: request });
          return;
        }
        subscriber.next({ status, data: typeof body === 'string' ? body : JSON.stringify(body) });
        subscriber.complete();
      },
      fake.delayMs.get(url.pathname.slice(PROXY_URL.length)) ?? 0
    );
    return () => {
      clearTimeout(timer);
      if (!isOver) {
        fake.running--;
        fake.givenUp++;
      }
    };
  });
}

/** As the API does: the newest first, overlapping the range, any of repeated values, a cursor to the next page. */
function recoveriesPage(all: readonly Recovery[], { searchParams }: URL): Response {
  const values = (name: string) => searchParams.getAll(name);
  if (values('domain').length > 100) {
    return {
      status: 400,
      body: { status: 400, title: 'Bad Request', detail: 'domain: at most 100 values are possible' },
    };
  }
  const isAny = (name: string, ...of: string[]) =>
    values(name).length === 0 || of.some((value) => values(name).includes(value));
  const from = Number(searchParams.get('from') ?? -Infinity);
  const to = Number(searchParams.get('to') ?? Infinity);
  const limit = Number(searchParams.get('limit') ?? 100);
  const start = Number(searchParams.get('cursor') ?? 0);
  const matching = all
    .filter(
      ({ openedAtMs, closedAtMs }) =>
        openedAtMs < to && (openedAtMs >= from || closedAtMs === null || closedAtMs > from)
    )
    .filter(({ target, fault, outcome }) => {
      const names = target.kind === 'host' ? [] : [target.name, target.uuid];
      return (
        isAny('host', target.host) &&
        isAny('domain', ...names) &&
        isAny('app', ...(target.kind === 'app' ? [target.app] : [])) &&
        isAny('fault', fault) &&
        isAny('outcome', outcome ?? '')
      );
    })
    .sort((left, right) => right.openedAtMs - left.openedAtMs || (right.id > left.id ? 1 : -1));
  const end = start + limit;
  return ok({ items: matching.slice(start, end), nextCursor: end < matching.length ? String(end) : null });
}
