import { readSecretFile } from '../config/secret-file.ts';
import { CommandError, EXIT } from './errors.ts';

export const DEFAULT_URL = 'http://127.0.0.1:9178';
const TIMEOUT_MS = 60_000;

export interface Client {
  url: string;
  /** `accept`: statuses whose JSON is an answer too, besides the successful ones. */
  get<T>(path: string, accept?: readonly number[]): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
}

/** A client of the control listener. Its methods throw CommandError. */
export async function createClient(options: { url: string; tokenFile?: string }): Promise<Client> {
  const base = baseUrl(options.url);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.tokenFile !== undefined) headers.authorization = `Bearer ${await readToken(options.tokenFile)}`;
  const call = async (method: string, path: string, body: unknown, accept: readonly number[]): Promise<unknown> => {
    const request = { method, redirect: 'error' as const, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const withBody = body === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(new URL(path, base), { ...request, ...withBody }).catch((error: Error) => {
      throw unreachable(base, error);
    });
    const text = await response.text().catch((error: Error) => {
      throw unreachable(base, error);
    });
    if (response.status === 204) return undefined;
    const answer = parse(text, response, base);
    if (!response.ok && !accept.includes(response.status)) throw refused(response.status, answer);
    return answer;
  };
  return {
    url: base.href.replace(/\/$/, ''),
    get: async <T>(path: string, accept: readonly number[] = []) => (await call('GET', path, undefined, accept)) as T,
    post: async <T>(path: string, body: unknown) => (await call('POST', path, body, [])) as T,
    delete: async (path) => void (await call('DELETE', path, undefined, [])),
  };
}

function baseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new CommandError(EXIT.usage, `--url ${text}: expected an http:// or https:// URL, e.g. ${DEFAULT_URL}`);
  return url;
}

async function readToken(file: string): Promise<string> {
  const token = await readSecretFile(file).catch((error: Error) => {
    throw new CommandError(EXIT.usage, `token file ${file} ${error.message}`);
  });
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CommandError(EXIT.usage, `token file ${file} does not hold one token`);
  return token;
}

function parse(text: string, response: Response, base: URL): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CommandError(EXIT.unreachable, `what answers at ${base.origin} (${response.status} ${response.statusText}) is not virtmedic's control listener. Give its address with --url.`);
  }
}

function unreachable(base: URL, error: Error): CommandError {
  const cause = error.cause as (Error & { code?: string }) | undefined;
  const why = error.name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1000} s` : cause?.code === 'ECONNREFUSED' ? 'connection refused' : (cause?.message ?? error.message);
  return new CommandError(EXIT.unreachable, `cannot reach virtmedic at ${base.origin}: ${why}.\nIs it running? Start it with: virtmedic serve --config FILE. Is it elsewhere? Give --url.`);
}

interface ProblemDocument {
  title?: string;
  detail?: string;
  errors?: { parameter: string; detail: string }[];
  problems?: { file: string; line: number | null; column: number | null; path: string; message: string }[];
}

function refused(status: number, answer: unknown): CommandError {
  const { title, detail, problems } = (answer ?? {}) as ProblemDocument;
  const message = detail ?? title ?? `answered ${status}`;
  if (status === 401) return new CommandError(EXIT.failed, `${message}\nGive a token with --token-file FILE or VIRTMEDIC_TOKEN_FILE.`);
  if (problems === undefined) return new CommandError(EXIT.failed, message);
  const lines = problems.map((problem) => `${problem.file}:${problem.line ?? ''}:${problem.column ?? ''}: ${problem.path}: ${problem.message}`);
  return new CommandError(EXIT.usage, [message, ...lines].join('\n'));
}
