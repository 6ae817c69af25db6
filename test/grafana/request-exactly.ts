/** One request with its path as it is written: `fetch` would resolve `..` and `%2e%2e` before it sends them. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export async function requestExactly(origin: string, method: string, path: string, { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  const asking = request(origin, { method, path, agent: false, headers: body === '' ? headers : { ...headers, 'content-length': Buffer.byteLength(body) } });
  asking.end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}
