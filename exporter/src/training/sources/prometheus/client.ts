/** Questions to a Prometheus: bounded in size and time, asked again when it is only busy. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface ClientOptions {
  /** User and password in it are sent, never shown. */
  url: string;
  /** Value of the header. */
  authorization?: string | undefined;
  signal: AbortSignal;
  onRetry?: (text: string) => void;
  /** For tests. */
  timeoutMs?: number | undefined;
  wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

export interface PrometheusClient {
  /** Without user and password. */
  readonly shownUrl: string;
  /** The `data` of an answer. @throws PrometheusError; what the signal was aborted with */
  ask(path: 'query' | 'query_range' | 'series', parameters: readonly (readonly [string, string])[]): Promise<unknown>;
}

/** It answered, but not what was asked for. */
export class PrometheusError extends Error {
  override name = 'PrometheusError';
  /** Less at once could be answered. */
  readonly tooMuch: boolean;
  constructor(message: string, tooMuch = false) {
    super(message);
    this.tooMuch = tooMuch;
  }
}

/** Nobody answered, or only to say that it cannot now, as often as it was asked. */
export class PrometheusUnreachableError extends PrometheusError {
  override name = 'PrometheusUnreachableError';
}

export const MOST_ANSWER_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
const ATTEMPTS = 6;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Longer questions are posted: not every proxy takes long addresses. */
const LONGEST_ADDRESS = 4000;
const MOST_SHOWN = 300;

/** @throws PrometheusError when the address is none */
export function createPrometheusClient({ url, authorization, signal, onRetry = () => undefined, timeoutMs = TIMEOUT_MS, wait = defaultWait }: ClientOptions): PrometheusClient {
  const { base, header, shownUrl } = readUrl(url, authorization);

  async function once(path: string, form: URLSearchParams): Promise<unknown> {
    const address = new URL(`api/v1/${path}`, base);
    const posted = form.size > 0 && address.href.length + form.toString().length > LONGEST_ADDRESS;
    if (!posted) address.search = form.toString();
    const headers: Record<string, string> = { accept: 'application/json', ...(header === undefined ? {} : { authorization: header }) };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    // A redirect could lead the credentials elsewhere.
    const response = await fetch(address, { method: posted ? 'POST' : 'GET', headers, ...(posted ? { body: form } : {}), signal: limit, redirect: 'error' });
    return readAnswer(response.status, response.headers.get('retry-after'), await readBounded(response));
  }

  return {
    shownUrl,
    async ask(path, parameters) {
      const form = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value]));
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(path, form);
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof PrometheusError) throw error;
          const why = reason(error as Error, timeoutMs);
          if (attempt >= ATTEMPTS) throw new PrometheusUnreachableError(`${shownUrl}: ${why}; asked ${ATTEMPTS} times`);
          const asked = error instanceof BusyError ? error.retryAfterMs : 0;
          const delayMs = Math.min(LONGEST_DELAY_MS, Math.max(asked, FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.75 + 0.5 * Math.random())));
          onRetry(`${shownUrl}: ${why}; asked again in ${(delayMs / 1000).toFixed(1)} s`);
          await wait(delayMs, signal);
        }
      }
    },
  };
}

class BusyError extends Error {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

async function defaultWait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}

function readUrl(text: string, authorization: string | undefined): { base: URL; header: string | undefined; shownUrl: string } {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new PrometheusError('expected an http:// or https:// URL, such as http://127.0.0.1:9090');
  const pair = url.username === '' ? undefined : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
  Object.assign(url, { username: '', password: '', search: '', hash: '' });
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { base: url, header: authorization ?? pair, shownUrl: url.href.replace(/\/$/, '') };
}

function readAnswer(status: number, retryAfter: string | null, text: string): unknown {
  const answer = parse(text);
  const message = typeof answer?.['error'] === 'string' ? answer['error'].slice(0, MOST_SHOWN) : `answered ${status}`;
  if (status === 503 && message.includes('timed out in')) throw new PrometheusError(message, true);
  if (status === 429 || status >= 500) {
    const seconds = Number(retryAfter ?? 0);
    throw new BusyError(message, seconds > 0 && seconds < Infinity ? seconds * 1000 : 0);
  }
  if (status === 401 || status === 403) throw new PrometheusError(`refused (${status}): give --token-file, or --user and --password-file`);
  if (status === 404 && answer === null) throw new PrometheusError('answered 404; is this the URL of a Prometheus?');
  if (status !== 200) throw new PrometheusError(`${message} (${status})`, /too many samples|exceeded maximum|limit/i.test(message));
  if (answer === null || answer['status'] !== 'success' || !('data' in answer)) throw new PrometheusError('answered something else than Prometheus does; is this its URL?');
  return answer['data'];
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).byteLength;
    if (size > MOST_ANSWER_BYTES) throw new PrometheusError(`answered more than ${MOST_ANSWER_BYTES} bytes`, true);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reason(error: Error, timeoutMs: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.code === 'ECONNREFUSED' ? 'connection refused' : (cause?.message ?? error.message).slice(0, MOST_SHOWN);
}
