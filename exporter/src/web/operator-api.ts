/** Orders that hold until they are taken back: maintenance, pause, settings. Each says what follows from it, and can be tried. */
import type { RequestHandler } from 'express';
import type { Config } from '../config/schema.ts';
import { StoreUnavailableError } from '../history/store.ts';
import type { MaintenanceRecord } from '../history/store.ts';
import { callerOf } from './auth.ts';
import type { Scope } from './auth.ts';
import { LONGEST_MAINTENANCE_SECONDS, maintenanceBody, pauseBody, settingsBody } from './bodies.ts';
import { intervalConsequences, maintenanceConsequences, pauseConsequences, unpauseConsequences } from './consequences.ts';
import type { Situation } from './consequences.ts';
import { describeDomains } from './inventory.ts';
import type { DomainSummary } from './inventory.ts';
import type { WebOptions } from './options.ts';
import { note } from './order-log.ts';
import { Problem, RETRY_AFTER_SECONDS } from './problem.ts';
import { defined, idOf } from './read-api.ts';
import type { Routes } from './routes.ts';
import { validate } from './validate.ts';

/** What goes before a handler that needs this scope; it leaves a parsed body. */
export type Guard = (scope: Scope) => RequestHandler[];

/** `config` is read at each request. */
export type OperatorOptions = Omit<Required<WebOptions>, 'config'> & { config: () => Config };

export function operatorRoutes(options: OperatorOptions, guard: Guard): Routes {
  return { ...maintenanceRoutes(options, guard), ...pauseRoutes(options, guard), ...settingsRoutes(options, guard) };
}

function maintenanceRoutes(options: OperatorOptions, guard: Guard): Routes {
  const { control, clock } = options;
  return {
    '/api/v1/maintenance': { POST: [...guard('operate'), async (request, response) => {
      const { until, durationSeconds, dryRun, ...body } = validate(maintenanceBody, request.body, 'body');
      const nowMs = clock.nowMs();
      const untilMs = until === undefined ? nowMs + (durationSeconds ?? 0) * 1000 : Date.parse(until);
      if (untilMs <= nowMs) throw new Problem(400, '`until` must be in the future.');
      if (untilMs > nowMs + LONGEST_MAINTENANCE_SECONDS * 1000) throw new Problem(400, '`until` may be at most 366 days ahead.');
      const situation = await situationNow(options);
      const explanation = maintenanceConsequences(situation, scopeOf(options, situation, body), untilMs);
      if (dryRun) return void response.json({ accepted: true, dryRun, explanation });
      const record = await control.addMaintenance({ ...defined(body), untilMs, actor: callerOf(response).actor });
      note(options, response, 'maintenance', record.id);
      response.status(201).location(`/api/v1/maintenance/${record.id}`).json({ ...record, accepted: true, dryRun, explanation });
    }] },
    '/api/v1/maintenance/:id': { DELETE: [...guard('operate'), async (request, response) => {
      const id = idOf(request.params.id);
      await control.removeMaintenance(id, callerOf(response).actor);
      note(options, response, 'end maintenance', id);
      response.status(204).end();
    }] },
  };
}

function pauseRoutes(options: OperatorOptions, guard: Guard): Routes {
  const { control } = options;
  return {
    '/api/v1/pause': { POST: [...guard('operate'), async (request, response) => {
      const { paused, reason: why, dryRun } = validate(pauseBody, request.body, 'body');
      const { actor } = callerOf(response);
      if (paused && why === '') throw new Problem(400, '`reason` is needed to pause: others want to know why nothing is recovered.');
      const before = control.paused();
      // A kill switch acts first and explains then; what it held is known only before it is let go.
      if (paused && !dryRun) await pauseNow(control, actor, why);
      const explanation = await explained(options, paused ? pauseConsequences : unpauseConsequences, before);
      if (!paused && !dryRun) await control.unpause(actor);
      if (!dryRun) note(options, response, paused ? 'pause' : 'unpause', '');
      response.json({ accepted: true, dryRun, explanation, paused: control.paused() });
    }] },
  };
}

/** A pause is in force also where it cannot be stored: the general answer to that, that nothing was done, would be wrong. */
async function pauseNow(control: OperatorOptions['control'], actor: string, why: string): Promise<void> {
  try {
    await control.pause(actor, why);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError) || control.paused() === null) throw error;
    throw new Problem(503, 'Recovery is paused, but the store cannot write: a restart of virtmedic would end the pause. Try again later.', { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } });
  }
}

function settingsRoutes(options: OperatorOptions, guard: Guard): Routes {
  const { settings, view } = options;
  return {
    '/api/v1/settings': { POST: [...guard('operate'), async (request, response) => {
      const { samplingIntervalSeconds, dryRun } = validate(settingsBody, request.body, 'body');
      const explanation = intervalConsequences(settings.read().samplingIntervalSeconds, view.hosts().length, samplingIntervalSeconds);
      if (!dryRun) {
        await settings.setSamplingInterval(samplingIntervalSeconds, callerOf(response).actor);
        note(options, response, 'settings', 'samplingIntervalSeconds');
      }
      response.json({ accepted: true, dryRun, explanation, ...settings.read() });
    }] },
  };
}

/** The kill switch works also where the store can't be read. */
async function explained(options: OperatorOptions, consequences: typeof pauseConsequences, before: Parameters<typeof pauseConsequences>[1]): Promise<string> {
  try {
    return consequences(await situationNow(options), before);
  } catch {
    return 'What is concerned is not known: the store cannot be read.';
  }
}

async function situationNow({ store, view, forecasts, apps, clock, config }: OperatorOptions): Promise<Situation> {
  const incidents = await store.openIncidents();
  return { domains: describeDomains({ view, forecasts, apps, clock, records: await store.domains(), incidents, config: config() }), incidents };
}

/** Throws a problem for what is not known, as the order itself would be answered. */
function scopeOf({ view }: OperatorOptions, { domains }: Situation, { host, domain }: { host?: string | undefined; domain?: string | undefined }): MaintenanceRecord['scope'] {
  if (domain !== undefined) return { kind: 'domain', uuid: findDomain(domains, domain).uuid };
  if (host === undefined) return { kind: 'all' };
  if (view.host(host) === undefined) throw new Problem(404, `no host ${host} is configured`);
  return { kind: 'host', host };
}

function findDomain(domains: readonly DomainSummary[], nameOrUuid: string): DomainSummary {
  const byUuid = domains.find(({ uuid }) => uuid === nameOrUuid.toLowerCase());
  if (byUuid !== undefined) return byUuid;
  const named = domains.filter(({ name }) => name === nameOrUuid);
  const [found] = named;
  if (found === undefined) throw new Problem(404, `no domain ${nameOrUuid} is known`);
  if (named.length > 1) throw new Problem(409, `${named.length} domains are named ${nameOrUuid}, on ${named.map(({ host }) => host).join(', ')}; give the UUID`);
  return found;
}
