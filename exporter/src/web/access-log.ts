import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Caller } from './auth.ts';

/** One line for each request at level debug. Neither headers nor query nor body are logged: they may hold secrets. */
export function accessLog(log: Logger, listener: 'web' | 'control'): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    const { method, path } = request;
    const peer = request.socket.remoteAddress;
    response.once('close', () => {
      const caller = response.locals.caller as Caller | undefined;
      log.debug(
        {
          listener,
          method,
          path: path.slice(0, 200),
          status: response.writableFinished ? response.statusCode : null,
          durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
          peer,
          actor: caller?.actor ?? null,
        },
        'request',
      );
    });
    next();
  };
}
