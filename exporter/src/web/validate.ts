import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { formatPath } from '../config/errors.ts';
import type { Path } from '../config/errors.ts';
import { explainIssues } from '../config/expected.ts';
import { Problem } from './problem.ts';
import type { RequestFault } from './problem.ts';

const MAX_FAULTS = 20;

/** Checks the query or a body. Throws a 400 problem that names each parameter with what is allowed. */
export function validate<S extends z.ZodType>(schema: S, value: unknown, what: 'query' | 'body'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = explainIssues(schema, value, result.error.issues.slice(0, MAX_FAULTS)).map(
    ({ path, message }): RequestFault => ({ parameter: formatPath(what === 'query' ? asGiven(path, value) : path), detail: message }),
  );
  const [first] = errors;
  const summary = first === undefined ? '' : ` ${first.parameter === '' ? '' : `\`${first.parameter}\`: `}${first.detail}`;
  throw new Problem(400, `The ${what} is not valid:${summary}`, { members: { errors } });
}

/** A parameter that was given once is not called the first of a list. */
function asGiven(path: Path, query: unknown): Path {
  const [name = ''] = path;
  return typeof (query as Record<string, unknown>)[name] === 'string' ? [name] : path;
}

/**
 * A request that changes something carries JSON or no body at all: an HTML form of another site can send neither without the
 * browser's asking first.
 */
export const requireJson: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if ((hasBody || request.headers['content-type'] !== undefined) && !isJson(request.headers['content-type'])) {
    throw new Problem(415, 'The body must be JSON: `Content-Type: application/json`.');
  }
  next();
};

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? '');
}
