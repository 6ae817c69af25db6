/** The part of the API that changes something: only on the control listener. */
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { ACTIONS } from '../vocabulary.ts';
import { callerOf } from './auth.ts';
import type { Scope } from './auth.ts';
import type { ActionRequest } from './control.ts';
import type { WebOptions } from './options.ts';
import { Problem } from './problem.ts';
import { defined, idOf, shown } from './read-api.ts';
import type { Routes } from './routes.ts';
import { validate } from './validate.ts';
import { webhookHandler } from './webhook.ts';

const LONGEST_MAINTENANCE_SECONDS = 366 * 86_400;
type Orderable = ActionRequest['action'];
const ORDERABLE = ['recover', ...ACTIONS.filter((action) => action !== 'notify' && action !== 'relocate')] as [Orderable, ...Orderable[]];

const name = z.string().min(1).max(256);
const reason = z.string().trim().max(1000);

const actionBody = z.strictObject({
  domain: name,
  host: name.optional(),
  action: z.enum(ORDERABLE),
  dryRun: z.boolean().default(false),
  reason: reason.default(''),
});

const closeBody = z.strictObject({ reason: reason.min(1) });
const pauseBody = z.strictObject({ paused: z.boolean(), reason: reason.default('') });
const nothing = z.strictObject({}).default({});

const maintenanceBody = z
  .strictObject({
    host: name.optional(),
    domain: name.optional(),
    all: z.literal(true).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
    durationSeconds: z.number().positive().max(LONGEST_MAINTENANCE_SECONDS).optional(),
    reason: reason.min(1),
  })
  .refine(({ host, domain, all }) => [host, domain, all].filter((scope) => scope !== undefined).length === 1, 'exactly one of `host`, `domain` and `all` is needed')
  .refine(({ until, durationSeconds }) => (until === undefined) !== (durationSeconds === undefined), 'exactly one of `until` and `durationSeconds` is needed');

type Guard = (scope: Scope) => RequestHandler[];

/** `guard`: what goes before a handler that needs this scope; it leaves a parsed body. */
export function controlRoutes(options: Required<WebOptions>, guard: Guard): Routes {
  const { control } = options;
  return {
    '/api/v1/alerts': { POST: [...guard('webhook'), webhookHandler(control)] },
    '/api/v1/actions': { POST: [...guard('operate'), async (request, response) => {
      const { host, ...order } = validate(actionBody, request.body, 'body');
      const result = await control.act({ ...order, ...(host === undefined ? {} : { host }), actor: callerOf(response).actor });
      note(options, response, order.action, order.domain);
      if (!result.accepted && !result.dryRun) throw new Problem(409, result.explanation, { members: { result } });
      response.status(result.dryRun ? 200 : 202).json(result);
    }] },
    '/api/v1/incidents/:id/acknowledge': { POST: [...guard('operate'), async (request, response) => {
      validate(nothing, request.body, 'body');
      const id = idOf(request.params.id);
      const incident = await control.acknowledge(id, callerOf(response).actor);
      note(options, response, 'acknowledge', id);
      response.json(incident);
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
    ...maintenanceRoutes(options, guard),
    ...pauseRoutes(options, guard),
  };
}

function maintenanceRoutes(options: Required<WebOptions>, guard: Guard): Routes {
  const { control, clock } = options;
  return {
    '/api/v1/maintenance': { POST: [...guard('operate'), async (request, response) => {
      const { until, durationSeconds, ...body } = validate(maintenanceBody, request.body, 'body');
      const nowMs = clock.nowMs();
      const untilMs = until === undefined ? nowMs + (durationSeconds ?? 0) * 1000 : Date.parse(until);
      if (untilMs <= nowMs) throw new Problem(400, '`until` must be in the future.');
      if (untilMs > nowMs + LONGEST_MAINTENANCE_SECONDS * 1000) throw new Problem(400, '`until` may be at most 366 days ahead.');
      const record = await control.addMaintenance({ ...defined(body), untilMs, actor: callerOf(response).actor });
      note(options, response, 'maintenance', record.id);
      response.status(201).location(`/api/v1/maintenance/${record.id}`).json(record);
    }] },
    '/api/v1/maintenance/:id': { DELETE: [...guard('operate'), async (request, response) => {
      const id = idOf(request.params.id);
      await control.removeMaintenance(id, callerOf(response).actor);
      note(options, response, 'end maintenance', id);
      response.status(204).end();
    }] },
  };
}

function pauseRoutes(options: Required<WebOptions>, guard: Guard): Routes {
  const { control } = options;
  return {
    '/api/v1/pause': { POST: [...guard('operate'), async (request, response) => {
      const { paused, reason: why } = validate(pauseBody, request.body, 'body');
      const { actor } = callerOf(response);
      if (paused && why === '') throw new Problem(400, '`reason` is needed to pause: others want to know why nothing is recovered.');
      await (paused ? control.pause(actor, why) : control.unpause(actor));
      note(options, response, paused ? 'pause' : 'unpause', '');
      response.json({ paused: control.paused() });
    }] },
  };
}

/** An order that came with a token is logged with it: the actor may be whom Grafana names. */
function note({ log }: Required<WebOptions>, response: Response, action: string, target: string): void {
  const { actor, token } = callerOf(response);
  if (token === null) return;
  log.info({ actor, token, action, target }, 'ordered');
}
