import type { WebOptions } from './options.ts';
import type { Routes } from './routes.ts';

/** `healthy`: the process serves. `ready`: everything it depends on works. Neither asks for a token. */
export function healthRoutes({ ready }: Pick<WebOptions, 'ready'>): Routes {
  return {
    '/-/healthy': { GET: [(_request, response) => void response.type('text/plain').send('virtmedic is healthy.\n')] },
    '/-/ready': { GET: [async (_request, response) => {
      const checks = await ready();
      const isReady = checks.every((check) => check.ok);
      response.status(isReady ? 200 : 503).json({ ready: isReady, checks });
    }] },
  };
}
