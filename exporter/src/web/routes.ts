import { Router } from 'express';
import type { RequestHandler } from 'express';
import { Problem } from './problem.ts';

export type Method = 'GET' | 'POST' | 'DELETE';

/** Path -> method -> handlers, in order. */
export type Routes = Record<string, Partial<Record<Method, RequestHandler[]>>>;

/** A router for `routes`; another method on a known path is answered 405 with what is allowed. */
export function router(routes: Routes): Router {
  const made = Router({ strict: true, caseSensitive: true });
  for (const [path, methods] of Object.entries(routes)) {
    const route = made.route(path);
    for (const [method, handlers] of Object.entries(methods)) route[method.toLowerCase() as 'get' | 'post' | 'delete'](...handlers);
    const allowed = Object.keys(methods).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    route.all((request) => {
      throw new Problem(405, `${request.method} is not possible here; possible: ${allowed.join(', ')}.`, { headers: { allow: allowed.join(', ') } });
    });
  }
  return made;
}
