/** The two applications: what the public listener serves, and what the control listener serves. */
import express from 'express';
import type { Express, Request, RequestHandler } from 'express';
import { parseListen } from '../config/address.ts';
import type { Config } from '../config/schema.ts';
import { accessLog } from './access-log.ts';
import { requireScope, tokenFinder } from './auth.ts';
import type { AccessRules, Scope } from './auth.ts';
import { readChanges } from './changes.ts';
import { controlRoutes } from './control-api.ts';
import { createEventStreams } from './event-streams.ts';
import type { EventStreams } from './event-streams.ts';
import { healthRoutes } from './health.ts';
import { failingTargets } from './inventory.ts';
import { landingPage } from './landing.ts';
import type { WebOptions } from './options.ts';
import { notFound, Problem, problemHandler } from './problem.ts';
import { readRoutes } from './read-api.ts';
import { router } from './routes.ts';
import type { Routes } from './routes.ts';
import { createUnsentAnswers } from './unsent-answers.ts';
import { requireJson } from './validate.ts';

/** What follows from the configuration and is replaced with it. */
interface Settings {
  config: Config;
  web: AccessRules;
  control: AccessRules;
  readBody: RequestHandler;
}

export interface Applications {
  web: Express;
  control: Express;
  reconfigure(config: Config): void;
  /** Ends what would last for ever. */
  stop(): void;
}

export function applications(options: Required<WebOptions>): Applications {
  let settings = settingsOf(options.config);
  const { changes, log } = options;
  const streams = createEventStreams({ read: (cursor, limit) => readChanges(options, cursor, limit), subscribe: changes.subscribe, log });
  const { web, control, orders } = routesOf(options, () => settings, streams);
  return {
    web: application(options, 'web', [router(web), pointTo(Object.keys(orders))]),
    control: application(options, 'control', [router(control)]),
    reconfigure(config) {
      settings = settingsOf(config);
      // Whoever still may read connects again.
      streams.endAll();
    },
    stop: () => streams.stop(),
  };
}

/** All that the two listeners serve; `orders`: what only the control listener has. `settings` is read at each request. */
function routesOf(options: Required<WebOptions>, settings: () => Settings, streams: EventStreams): { web: Routes; control: Routes; orders: Routes } {
  const config = (): Config => settings().config;
  const answers = createUnsentAnswers();
  const readAt = (listener: 'web' | 'control'): Routes => readRoutes(options, { config, access: requireScope('read', () => settings()[listener]), streams, answers });
  const readBody: RequestHandler = (request, response, next) => settings().readBody(request, response, next);
  const guard = (scope: Scope): RequestHandler[] => [requireScope(scope, () => settings().control), requireJson, readBody];
  const orders = controlRoutes(options, config, guard);
  return {
    web: merged(publicRoutes(options), healthRoutes(options), readAt('web')),
    control: merged(healthRoutes(options), readAt('control'), orders),
    orders,
  };
}

/** For tests and the API's document: every path and its methods, by listener. */
export function servedRoutes(options: Required<WebOptions>): Record<'web' | 'control', Routes> {
  const streams: EventStreams = { open: () => Promise.resolve(), endAll: () => undefined, stop: () => undefined };
  return routesOf(options, () => settingsOf(options.config), streams);
}

function settingsOf(config: Config): Settings {
  const { tokens, maxBodyBytes } = config.control;
  const findToken = tokenFinder(tokens);
  const hostNames = (listen: string): string[] => {
    const host = parseListen(listen)?.host ?? null;
    return host === null ? [] : [host.toLowerCase()];
  };
  return {
    config,
    web: { findToken, withoutToken: ['read'], hostNames: hostNames(config.web.listen) },
    control: {
      findToken,
      withoutToken: tokens.length > 0 ? [] : ['admin', 'operate', 'webhook', 'read'],
      hostNames: hostNames(config.control.listen),
    },
    readBody: express.json({ limit: maxBodyBytes, inflate: false, strict: true, type: () => true }),
  };
}

function application(options: Required<WebOptions>, listener: 'web' | 'control', handlers: RequestHandler[]): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(accessLog(options.log, listener), secureHeaders, ...handlers, notFound, problemHandler(options.log));
  return app;
}

const secureHeaders: RequestHandler = (_request, response, next) => {
  response.set({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" });
  next();
};

/** Prometheus sends its `scrape_timeout` with every scrape. */
function patienceSeconds(request: Request): number | undefined {
  const seconds = Number(request.get('x-prometheus-scrape-timeout-seconds'));
  return seconds > 0 ? seconds : undefined;
}

function publicRoutes({ metricsText, version, view, forecasts }: Required<WebOptions>): Routes {
  return {
    '/': { GET: [(_request, response) => void response.type('html').send(landingPage(version, view.hosts(), failingTargets(view, forecasts)))] },
    '/metrics': { GET: [async (request, response) => {
      response.set('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(await metricsText(patienceSeconds(request)));
    }] },
  };
}

/** Whoever sends orders or alerts to the public listener is told where they belong. */
function pointTo(paths: readonly string[]): RequestHandler {
  const known = paths.map((path) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`));
  return (request, _response, next) => {
    if (known.some((path) => path.test(request.path))) throw new Problem(404, 'This is served by the control listener (`control.listen` in the configuration), not here.');
    next();
  };
}

/** Routes of several parts; where two have the same path, each with methods of its own. */
function merged(...parts: Routes[]): Routes {
  const all: Routes = {};
  for (const part of parts) for (const [path, methods] of Object.entries(part)) all[path] = { ...all[path], ...methods };
  return all;
}
