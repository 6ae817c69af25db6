/** A small client for the tests of the listeners, and the listeners that they started. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { emptyRecord, startFakeWeb } from './fakes.ts';
import type { Recorded } from './fakes.ts';
import { expectDocumented } from './conformance.ts';

export const TOKENS = {
  read: 'read-token-0123456789',
  webhook: 'webhook-token-0123456789',
  operate: 'operate-token-0123456789',
  admin: 'admin-token-0123456789',
};
export const tokens = Object.entries(TOKENS).map(([scope, token]) => ({ name: `${scope}er`, token, scopes: [scope as keyof typeof TOKENS] }));

type Fake = Awaited<ReturnType<typeof startFakeWeb>>;
const running: Fake[] = [];

export async function start(recorded: Recorded = emptyRecord(), changes: Parameters<typeof startFakeWeb>[1] = {}): Promise<Fake> {
  const fake = await startFakeWeb(recorded, changes);
  running.push(fake);
  return fake;
}

/** For `afterEach`. */
export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((fake) => fake.stop()));
}

export interface Answer {
  status: number;
  headers: Headers;
  body: { detail?: string; status?: number; title?: string; errors?: { parameter: string; detail: string }[]; items?: unknown[] } & Record<string, unknown>;
}

/** Every answer is held against the API's document. */
export async function call(url: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  if (response.status >= 400) expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : { text };
  const type = response.headers.get('content-type');
  if (method !== 'HEAD') expectDocumented({ method, path: new URL(url).pathname }, { status: response.status, type, body: parsed });
  return { status: response.status, headers: response.headers, body: parsed as Answer['body'] };
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Sends bytes as they are, for what a well-behaved client would never send. */
export async function raw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

