/** The part of the API that only reads: the same on both listeners. */
import type { RequestHandler, Response } from 'express';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { RecoveryQuery } from '../history/store.ts';
import type { AppsView } from '../perception/apps/view.ts';
import { changesHandler } from './changes.ts';
import type { EventStreams } from './event-streams.ts';
import { describeDomains, describeHosts } from './inventory.ts';
import { openApiDocument } from './openapi/document.ts';
import type { WebOptions } from './options.ts';
import { Problem } from './problem.ts';
import { createProcessLists } from './process-lists.ts';
import { hostQuery, noQuery, recoveriesQuery } from './query.ts';
import { recoveryItems, shownDetail } from './recovery-item.ts';
import type { Routes } from './routes.ts';
import { shownProcess } from './shown-process.ts';
import type { ShownProcess } from './shown-process.ts';
import type { UnsentAnswers } from './unsent-answers.ts';
import { validate } from './validate.ts';

export type { DomainSummary, HostSummary } from './inventory.ts';
export type { ShownProcess } from './shown-process.ts';
export type { ShownIncident, Timings } from './recovery-item.ts';

/** Answer of `GET /api/v1/domains/{uuid}/processes`. */
export interface ProcessListing {
  uuid: string;
  /** When it was read, milliseconds since the epoch. */
  atMs: number;
  /** Time since the guest's boot, when it was read; null: not known. */
  uptimeSeconds: number | null;
  /** Whether command lines are whole: `guest.showArguments` of the configuration. */
  argumentsShown: boolean;
  processes: ShownProcess[];
}

interface Reading {
  /** Read at each request. */
  config: () => Config;
  /** Goes before every handler. */
  access: RequestHandler;
  streams: EventStreams;
  answers: UnsentAnswers;
}

export function readRoutes(options: Required<WebOptions>, { config, access, streams, answers }: Reading): Routes {
  const { store, view, forecasts, apps, control, clock, settings, version } = options;
  const lists = createProcessLists(apps);
  /** A handler that answers JSON and takes no parameters. */
  const plain = (answer: (response: Response) => unknown): { GET: RequestHandler[] } => ({
    GET: [access, async (request, response) => {
      validate(noQuery, request.query, 'query');
      answers.json(response, await answer(response));
    }],
  });
  return {
    '/api/v1/recoveries': { GET: [access, async (request, response) => {
      const query = storeQuery(request.query);
      answers.json(response, await answers.read(response, async () => {
        const page = await store.recoveries(query);
        return { ...page, items: await recoveryItems(store, page.items) };
      }));
    }] },
    '/api/v1/recoveries/:id': { GET: [access, async (request, response) => {
      validate(noQuery, request.query, 'query');
      const id = idOf(request.params.id);
      const detail = await answers.read(response, () => store.recovery(id));
      if (detail === null) throw new Problem(404, 'There is no recovery with this id.');
      answers.json(response, shownDetail(detail));
    }] },
    '/api/v1/incidents': plain((response) => answers.read(response, async () => ({ items: await recoveryItems(store, await store.openIncidents()) }))),
    '/api/v1/events': { GET: [access, changesHandler(options, streams, answers)] },
    '/api/v1/hosts': plain(() => ({ items: describeHosts(view, forecasts) })),
    '/api/v1/domains': { GET: [access, async (request, response) => {
      const { host } = validate(hostQuery, request.query, 'query');
      const all = await answers.read(response, async () => describeDomains({ view, forecasts, apps, clock, records: await store.domains(), incidents: await store.openIncidents(), config: config() }));
      answers.json(response, { items: host === undefined ? all : all.filter((domain) => domain.host === host) });
    }] },
    '/api/v1/domains/:uuid/processes': { GET: [access, async (request, response) => {
      validate(noQuery, request.query, 'query');
      const uuid = idOf(request.params.uuid).toLowerCase();
      const processes = await lists.list(uuid);
      const argumentsShown = config().guest.showArguments;
      const listing: ProcessListing = { uuid, atMs: clock.nowMs(), uptimeSeconds: uptimeOf(apps, clock, uuid), argumentsShown, processes: processes.map((process) => shownProcess(process, argumentsShown)) };
      answers.json(response, listing);
    }] },
    '/api/v1/maintenance': plain(async () => ({ items: await store.maintenance(clock.nowMs()) })),
    '/api/v1/pause': plain(() => ({ paused: control.paused() })),
    '/api/v1/settings': plain(() => settings.read()),
    '/api/v1/openapi.json': plain(() => openApiDocument(version)),
  };
}

/** The guest's own time of now, from the latest look that told it. */
function uptimeOf(apps: AppsView, clock: Clock, uuid: string): number | null {
  const guest = apps.guest(uuid);
  const seconds = guest?.liveness?.uptimeSeconds ?? null;
  return guest === null || seconds === null || guest.lastListAtMs === null || guest.reading !== 'ok' ? null : seconds + Math.max(0, clock.monotonicMs() - guest.lastListAtMs) / 1000;
}

function storeQuery(given: unknown): RecoveryQuery {
  const { from, to, ...rest } = validate(recoveriesQuery, given, 'query');
  return defined({ ...rest, fromMs: from, toMs: to });
}

/** An id from the path, checked only for its shape: anything else is simply not found. */
export function idOf(text: unknown): string {
  if (typeof text !== 'string' || !/^[0-9A-Za-z_-]{1,64}$/.test(text)) throw new Problem(404, 'There is nothing with this id.');
  return text;
}

/** Without the members that are undefined. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
