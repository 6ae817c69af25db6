/** Errors of the API as problem details (RFC 9457). */
import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { ConfigError } from '../config/errors.ts';
import { StoreRequestError, StoreUnavailableError } from '../history/store.ts';
import { ControlError } from './control.ts';

/** How long a client should wait while the store cannot write. */
export const RETRY_AFTER_SECONDS = 5;

/** One thing that is wrong with the request. */
export interface RequestFault {
  /** Where in the query, or in the body: `limit`, `alerts[3].startsAt`. */
  parameter: string;
  detail: string;
}

/** Thrown by a handler to answer with this status and text. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the document. */
  readonly members: Readonly<Record<string, unknown>>;
  constructor(status: number, detail: string, { headers = {}, members = {} }: { headers?: Record<string, string>; members?: Record<string, unknown> } = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
    this.members = members;
  }
}

export function sendProblem(response: Response, problem: Problem): void {
  const { status, message, headers, members } = problem;
  const document = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message, ...members };
  response.status(status).set(headers).type('application/problem+json').send(JSON.stringify(document));
}

export const notFound: RequestHandler = (request) => {
  throw new Problem(404, `There is nothing at ${request.path.slice(0, 200)}.`);
};

/** The last handler of an application: turns every error into a problem document. What nobody foresaw is logged and not shown. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const problem = toProblem(error);
    if (problem.status >= 500) log.error({ err: error as unknown, method: request.method, path: request.path.slice(0, 200) }, 'request failed');
    sendProblem(response, problem);
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ControlError) return new Problem(error.status, error.message);
  if (error instanceof StoreRequestError) return new Problem(400, error.message);
  if (error instanceof StoreUnavailableError) {
    return new Problem(503, 'The store cannot write, so nothing was done. Try again later.', { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
  }
  if (error instanceof ConfigError) {
    return new Problem(422, 'The configuration file has errors; the old configuration stays in force.', { members: { problems: error.problems } });
  }
  return fromBodyParser(error) ?? new Problem(500, 'An internal error; the log of virtmedic says more.');
}

/** Errors of express and its body parser carry a status and a type. */
function fromBodyParser(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const { status, type, limit } = error as Error & { status?: unknown; type?: unknown; limit?: unknown };
  if (type === 'entity.too.large') return new Problem(413, `The body is larger than ${String(limit)} bytes.`);
  if (type === 'entity.parse.failed') return new Problem(400, 'The body is not valid JSON.');
  if (type === 'encoding.unsupported') return new Problem(415, 'A compressed body is not accepted.');
  if (type === 'charset.unsupported') return new Problem(415, 'The body must be JSON in UTF-8.');
  if (typeof status === 'number' && status >= 400 && status < 500) return new Problem(status, 'The request cannot be read.');
  return null;
}
