/** The part of the API that changes something: only on the control listener. */
import type { Config } from '../config/schema.ts';
import { callerOf } from './auth.ts';
import { actionBody, closeBody, nothing } from './bodies.ts';
import { operatorRoutes } from './operator-api.ts';
import type { Guard } from './operator-api.ts';
import type { WebOptions } from './options.ts';
import { note } from './order-log.ts';
import { Problem } from './problem.ts';
import { defined, idOf } from './read-api.ts';
import { shown } from './recovery-item.ts';
import type { Routes } from './routes.ts';
import { validate } from './validate.ts';
import { webhookHandler } from './webhook.ts';

/** `config` is read at each request. */
export function controlRoutes(options: Required<WebOptions>, config: () => Config, guard: Guard): Routes {
  const { control } = options;
  return {
    '/api/v1/alerts': { POST: [...guard('webhook'), webhookHandler(control)] },
    '/api/v1/actions': { POST: [...guard('operate'), async (request, response) => {
      const { host, app, ...order } = validate(actionBody, request.body, 'body');
      const result = await control.act({ ...order, ...defined({ host, app }), actor: callerOf(response).actor });
      if (!result.accepted && !result.dryRun) throw new Problem(409, result.explanation, { members: { result } });
      if (!result.dryRun) note(options, response, order.action, app === undefined ? order.domain : `${app} in ${order.domain}`);
      response.status(result.dryRun ? 200 : 202).json(result);
    }] },
    '/api/v1/incidents/:id/acknowledge': { POST: [...guard('operate'), async (request, response) => {
      validate(nothing, request.body, 'body');
      const id = idOf(request.params.id);
      const incident = await control.acknowledge(id, callerOf(response).actor);
      note(options, response, 'acknowledge', id);
      response.json(shown(incident));
    }] },
    '/api/v1/incidents/:id/close': { POST: [...guard('operate'), async (request, response) => {
      const body = validate(closeBody, request.body, 'body');
      const id = idOf(request.params.id);
      const incident = await control.close(id, callerOf(response).actor, body.reason);
      note(options, response, 'close', id);
      response.json(shown(incident));
    }] },
    '/api/v1/domains/:uuid': { DELETE: [...guard('admin'), async (request, response) => {
      const uuid = idOf(request.params.uuid).toLowerCase();
      await control.forget(uuid, callerOf(response).actor);
      note(options, response, 'forget', uuid);
      response.status(204).end();
    }] },
    '/-/reload': { POST: [...guard('admin'), async (request, response) => {
      validate(nothing, request.body, 'body');
      await control.reload(callerOf(response).actor);
      note(options, response, 'reload', '');
      response.json({ reloaded: true });
    }] },
    ...operatorRoutes({ ...options, config }, guard),
  };
}
