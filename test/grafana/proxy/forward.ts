/** Hands a request on to another server and its answer back, with what Grafana's reverse proxy changes on the way. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { User } from './session.ts';
import { ROLE_HEADER } from './session.ts';

export interface ForwardOptions {
  /** Scheme, host and port. */
  target: URL;
  /** Path and query, to be sent as they are: a URL would resolve `..`. */
  path: string;
  /** Set on the way, over what the client sent. */
  headers: Record<string, string>;
  user: User;
  sendUserHeader: boolean;
  /** A data source's 401 becomes 400: to the browser a 401 would mean that the session is over. */
  hide401: boolean;
  timeoutMs: number;
  /** Sent instead of the client's body. */
  body: string | null;
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy-connection'];
/** Headers by which a client signs in at Grafana, or that only Grafana may set. */
const REMOVED = [...HOP_BY_HOP, 'cookie', 'authorization', 'origin', 'referer', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-grafana-user', ROLE_HEADER, 'host'];

export function forward(request: IncomingMessage, response: ServerResponse, options: ForwardOptions): void {
  const { target, path, timeoutMs } = options;
  const upstream = httpRequest(target, { path, method: request.method ?? 'GET', headers: requestHeaders(request, options), timeout: timeoutMs, agent: false });
  upstream.on('response', (answer) => give(answer, response, options.hide401));
  upstream.on('timeout', () => upstream.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
  upstream.on('error', (error: NodeJS.ErrnoException) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(error.code === 'TIMEOUT' ? 504 : 502).end();
  });
  response.on('close', () => upstream.destroy());
  if (options.body === null) return void request.pipe(upstream);
  request.resume();
  upstream.end(options.body);
}

function requestHeaders(request: IncomingMessage, { headers, user, sendUserHeader, body }: ForwardOptions): OutgoingHttpHeaders {
  const own = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !REMOVED.includes(name)));
  const delegated = own['x-ds-authorization'];
  delete own['x-ds-authorization'];
  const set: OutgoingHttpHeaders = {
    'user-agent': 'Grafana/test',
    via: '1.1 grafana',
    'x-grafana-referer': request.headers.referer ?? '',
    'x-forwarded-for': [request.headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', '),
    ...(typeof delegated === 'string' ? { authorization: delegated } : {}),
    ...(sendUserHeader ? { 'x-grafana-user': user.login } : {}),
    ...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }),
  };
  for (const [name, value] of Object.entries(headers)) set[name.toLowerCase()] = value;
  return { ...own, ...set };
}

function give(answer: IncomingMessage, response: ServerResponse, hide401: boolean): void {
  if (hide401 && answer.statusCode === 401) {
    answer.resume();
    response.writeHead(400, { 'content-security-policy': 'sandbox' }).end('Authentication to data source failed');
    return;
  }
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'set-cookie' && !HOP_BY_HOP.includes(name)));
  response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-security-policy': 'sandbox' });
  answer.on('error', () => response.destroy());
  answer.pipe(response);
}
