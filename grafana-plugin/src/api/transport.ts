/** The way to virtmedic through Grafana's server: reads only, cancelled by a signal, bounded in time and size. */
import { getBackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { Subscription } from 'rxjs';
import { ApiError, type ApiErrorKind } from './errors';
import { isObject, NotVirtmedicError, parseJson } from './read';
import { parseProblem } from './parse';

/** Parameters of a request; of a list, each value is one more parameter of that name. */
export type Parameters = Record<string, string | number | boolean | readonly string[] | undefined>;

export interface RequestOptions {
  signal?: AbortSignal;
  timeoutMs: number;
}

/** Asks for `path` (which begins with a slash) and gives the body of the answer. Throws ApiError, or an AbortError. */
export type Transport = (path: string, parameters: Parameters, options: RequestOptions) => Promise<string>;

/** A page of 1000 recoveries with many attempts each is far below. */
const MOST_CHARACTERS = 64 * 1024 * 1024;
const DETAIL_LENGTH = 1000;
/** What Grafana's data proxy answers, with status 400, where the data source answered 401. */
const PROXY_UNAUTHORISED = /authentication to data source failed/i;

/** `baseUrl`: of a data source as Grafana gives it, or of a route of the app plugin. */
export function grafanaTransport(baseUrl: string): Transport {
  return (path, parameters, { signal, timeoutMs }) => {
    const request = {
      url: `${baseUrl}${path}${queryOf(parameters)}`,
      method: 'GET',
      responseType: 'text',
      showErrorAlert: false,
      showSuccessAlert: false,
      hideFromInspector: path === '/api/v1/events',
    } satisfies BackendSrvRequest;
    return new Promise<string>((resolve, reject) => {
      if (signal?.aborted) {
        return reject(cancelled());
      }
      // Its own, for an answer may come before subscribe() returns.
      const subscription = new Subscription();
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        settle();
        subscription.unsubscribe();
      };
      const onAbort = () => end(() => reject(cancelled()));
      const timer = setTimeout(() => end(() => reject(new ApiError('timeout', 0, ''))), timeoutMs);
      signal?.addEventListener('abort', onAbort);
      const answer = getBackendSrv().fetch<unknown>(request);
      subscription.add(
        answer.subscribe({
          next: ({ data }) => end(() => settleWith(data, resolve, reject)),
          error: (error: unknown) => end(() => reject(toApiError(error))),
          complete: () => end(() => reject(new NotVirtmedicError('empty'))),
        })
      );
    });
  };
}

/** `?a=1&b=x&b=y`; empty where there is none. */
export function queryOf(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of value === undefined ? [] : [value].flat()) {
      query.append(name, String(one));
    }
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** True for the error of a request that was given up by its caller. */
export function isCancelled(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function cancelled(): DOMException {
  return new DOMException('The request was given up.', 'AbortError');
}

function settleWith(data: unknown, resolve: (body: string) => void, reject: (error: unknown) => void): void {
  const body = typeof data === 'string' ? data : data === null || data === undefined ? '' : JSON.stringify(data);
  return body.length > MOST_CHARACTERS ? reject(new ApiError('too_large', 0, '')) : resolve(body);
}

function toApiError(error: unknown): ApiError | DOMException {
  const { status, data, cancelled: wasCancelled } = isObject(error) ? error : {};
  if (wasCancelled === true) {
    return cancelled();
  }
  if (typeof status !== 'number' || status < 100) {
    return new ApiError('offline', 0, '');
  }
  const detail = detailOf(data);
  return new ApiError(PROXY_UNAUTHORISED.test(detail) ? 'unauthorised' : kindOf(status), status, detail);
}

function kindOf(status: number): ApiErrorKind {
  switch (status) {
    case 401:
      return 'unauthorised';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 413:
      return 'too_large';
    case 429:
      return 'too_many';
    case 502:
      return 'unreachable';
    case 408:
    case 504:
      return 'timeout';
    default:
      return status < 500 ? 'refused' : 'server';
  }
}

/** virtmedic answers with a problem document, Grafana with `{message}`, others with whatever: a page is not shown to anyone. */
function detailOf(data: unknown): string {
  if (typeof data === 'string') {
    const given = data.slice(0, DETAIL_LENGTH * 10);
    try {
      return detailOf(parseJson(given));
    } catch {
      return given.trimStart().startsWith('<') ? '' : given.slice(0, DETAIL_LENGTH);
    }
  }
  const problem = parseProblem(data);
  if (problem !== null) {
    return problem.detail || problem.title;
  }
  return isObject(data) && typeof data.message === 'string' ? detailOf(data.message) : '';
}
