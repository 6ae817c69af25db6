/** Grafana's backend service: requests to the own origin, errors in Grafana's shape. A stub of core's, which is not published. */
import { defer, lastValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import type { BackendSrv, BackendSrvRequest, FetchResponse } from '@grafana/runtime';

const FORM = 'application/x-www-form-urlencoded';

function send<T>(options: BackendSrvRequest): Observable<FetchResponse<T>> {
  return defer(async () => {
    const url = new URL(options.url, `${location.origin}/`);
    for (const [name, value] of Object.entries(options.params ?? {})) appendParameter(url.searchParams, name, value);
    const method = options.method ?? 'GET';
    const { headers, body } = bodyOf(options, method);
    const request = { method, headers, ...(body === undefined ? {} : { body }), ...(options.abortSignal ? { signal: options.abortSignal } : {}) };
    const answer = await fetch(url, request).catch((error: unknown) => {
      // Core reports a broken connection so.
      throw { status: undefined, statusText: undefined, data: { message: 'Unexpected error', error: String(error) }, config: options, message: String(error), isHandled: false };
    });
    const data = read(await answer.text(), options.responseType);
    if (!answer.ok) throw { status: answer.status, statusText: answer.statusText, data: errorData(data, answer), config: options, isHandled: false };
    return { data, status: answer.status, statusText: answer.statusText, ok: true, headers: answer.headers, redirected: answer.redirected, type: answer.type, url: answer.url, config: options } as FetchResponse<T>;
  });
}

function appendParameter(parameters: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
}

function bodyOf({ data, headers: own = {} }: BackendSrvRequest, method: string): { headers: Record<string, string>; body?: string } {
  const headers: Record<string, string> = { Accept: 'application/json, text/plain, */*', ...(own as Record<string, string>) };
  if (data === undefined || data === null || method === 'GET') return { headers };
  const isForm = Object.entries(headers).some(([name, value]) => name.toLowerCase() === 'content-type' && value === FORM);
  if (isForm) return { headers, body: new URLSearchParams(data as Record<string, string>).toString() };
  return { headers: { 'Content-Type': 'application/json', ...headers }, body: typeof data === 'string' ? data : JSON.stringify(data) };
}

function read(text: string, type: BackendSrvRequest['responseType']): unknown {
  if (type === 'text') return text;
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Core makes an object of an answer that is no JSON. */
function errorData(data: unknown, answer: Response): unknown {
  if (data === null) return { message: 'Unexpected error' };
  if (typeof data === 'string') return { message: data, error: answer.statusText, response: data };
  const known = data as { message?: unknown; error?: unknown };
  return !known.message && typeof known.error === 'string' ? { ...known, message: known.error } : data;
}

const json = <T>(options: BackendSrvRequest): Promise<T> => lastValueFrom(send<T>(options)).then(({ data }) => data);

export const backendSrv = {
  fetch: send,
  chunked: () => { throw new Error('not in this host'); },
  request: <T>(options: BackendSrvRequest) => json<T>(options),
  datasourceRequest: <T>(options: BackendSrvRequest) => lastValueFrom(send<T>(options)),
  get: <T>(url: string, params?: Record<string, unknown>, _requestId?: string, options?: Partial<BackendSrvRequest>) => json<T>({ ...options, url, params: params as never, method: 'GET' }),
  post: <T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) => json<T>({ ...options, url, data, method: 'POST' }),
  put: <T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) => json<T>({ ...options, url, data, method: 'PUT' }),
  patch: <T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) => json<T>({ ...options, url, data, method: 'PATCH' }),
  delete: <T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) => json<T>({ ...options, url, data, method: 'DELETE' }),
  search: () => Promise.resolve([]),
  getDashboardByUid: () => Promise.reject(new Error('not in this host')),
  getFolderByUid: () => Promise.reject(new Error('not in this host')),
} as unknown as BackendSrv;
