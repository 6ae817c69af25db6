import type { Response } from 'express';
import { callerOf } from './auth.ts';
import type { WebOptions } from './options.ts';

/** An order that came with a token is logged with it: the actor may be whom Grafana names. */
export function note({ log }: Pick<WebOptions, 'log'>, response: Response, action: string, target: string): void {
  const { actor, token } = callerOf(response);
  if (token === null) return;
  log.info({ actor, token, action, target }, 'ordered');
}
