/** Stands in front of the real API and spoils its answers: what a broken proxy, another version or somebody hostile would send. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Spoil =
  | { kind: 'none' }
  /** Answers are changed by this before they are handed on. */
  | { kind: 'items'; change: (item: Record<string, unknown>, index: number) => unknown }
  /** The same for answers that are no list. */
  | { kind: 'details'; change: (body: Record<string, unknown>) => unknown }
  /** An answer of its own where the path is like this; elsewhere items are changed as by `items`. */
  | { kind: 'path'; path: RegExp; status: number; body: unknown; change: (item: Record<string, unknown>, index: number) => unknown }
  | { kind: 'body'; status: number; type: string; body: string }
  /** No answer at all for this long. */
  | { kind: 'slow'; delayMs: number }
  | { kind: 'hang up' };

export interface Mangler {
  readonly url: string;
  spoil(how: Spoil): void;
  stop(): Promise<void>;
}

export async function startMangler(apiUrl: string): Promise<Mangler> {
  let how: Spoil = { kind: 'none' };
  const server = createServer((request, response) => {
    answer(apiUrl, request.url ?? '/', request.headers.authorization, how, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil: (next) => void (how = next),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(apiUrl: string, path: string, authorization: string | undefined, how: Spoil, response: ServerResponse): Promise<void> {
  if (how.kind === 'hang up') return void response.destroy();
  if (how.kind === 'body') return void response.writeHead(how.status, { 'content-type': how.type }).end(how.body);
  if (how.kind === 'path' && how.path.test(path)) return void response.writeHead(how.status, { 'content-type': 'application/json' }).end(JSON.stringify(how.body));
  if (how.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, how.delayMs));
  const real = await fetch(`${apiUrl}${path}`, { headers: authorization === undefined ? {} : { authorization } });
  const text = await real.text();
  response.writeHead(real.status, { 'content-type': real.headers.get('content-type') ?? 'application/json' });
  response.end(how.kind === 'items' || how.kind === 'details' || how.kind === 'path' ? JSON.stringify(changed(JSON.parse(text) as Body, how)) : text);
}

type Body = Record<string, unknown> & { items?: Record<string, unknown>[] };

function changed(body: Body, how: Spoil): unknown {
  if (how.kind === 'details') return body.items === undefined ? how.change(body) : body;
  return (how.kind === 'items' || how.kind === 'path') && body.items !== undefined ? { ...body, items: body.items.map(how.change) } : body;
}
