/** Every operation of both listeners, as the document describes it. */
import type { z } from 'zod';
import type { Scope } from '../auth.ts';
import { actionBody, closeBody, maintenanceBody, nothing, pauseBody, settingsBody } from '../bodies.ts';
import { changesQuery, hostQuery, recoveriesQuery } from '../query.ts';
import type { Method } from '../routes.ts';
import { notification } from '../webhook.ts';
import * as answers from './answers.ts';

export interface Answer {
  description: string;
  /** JSON of this schema; none: no body, or `type`. */
  schema?: z.ZodType;
  /** A media type that is not JSON, instead of `schema` or beside it. */
  type?: string;
}

export interface Operation {
  id: string;
  summary: string;
  description?: string;
  /** Null: everybody. */
  scope: Scope | null;
  listeners: readonly ('web' | 'control')[];
  query?: z.ZodObject;
  body?: z.ZodType;
  /** By status, besides problems. */
  answers: Readonly<Record<number, Answer>>;
  /** Statuses of problems of its own, with what they mean. */
  problems?: Readonly<Record<number, string>>;
}

const BOTH = ['web', 'control'] as const;
const reading = { scope: 'read' as const, listeners: BOTH };
const ordering = { scope: 'operate' as const, listeners: ['control'] as const };
const administering = { scope: 'admin' as const, listeners: ['control'] as const };
const open = { scope: null, listeners: BOTH };

const json = (description: string, schema: z.ZodType): Answer => ({ description, schema });
const text = (description: string, type: string): Answer => ({ description, type });

const READING: Record<string, Partial<Record<Method, Operation>>> = {
  '/api/v1/recoveries': { GET: {
    ...reading, id: 'listRecoveries', summary: 'Recoveries, the newest first; open incidents are among them', query: recoveriesQuery,
    answers: { 200: json('One page.', answers.recoveryPage) },
  } },
  '/api/v1/recoveries/:id': { GET: {
    ...reading, id: 'getRecovery', summary: 'One recovery with all that was seen, decided and done',
    answers: { 200: json('The recovery.', answers.recoveryDetail) }, problems: { 404: 'There is no such recovery.' },
  } },
  '/api/v1/incidents': { GET: {
    ...reading, id: 'listIncidents', summary: 'Open incidents, the oldest first', answers: { 200: json('All of them.', answers.recoveryList) },
  } },
  '/api/v1/events': { GET: {
    ...reading, id: 'listChanges', summary: 'Recoveries that changed since a cursor', query: changesQuery,
    description: 'Polling by cursor, or, with `Accept: text/event-stream`, server-sent events: `changes` and `reset`, the data as in the JSON answer, the id a cursor, which `Last-Event-ID` takes up again.',
    answers: { 200: { ...json('Since the cursor; without one nothing but the cursor of now.', answers.changes), type: 'text/event-stream' } },
    problems: { 503: 'The store cannot be read, or as many streams as possible are open.' },
  } },
  '/api/v1/hosts': { GET: { ...reading, id: 'listHosts', summary: 'Hosts that are watched', answers: { 200: json('All of them.', answers.hosts) } } },
  '/api/v1/domains': { GET: {
    ...reading, id: 'listDomains', summary: 'Domains that are known', query: hostQuery, answers: { 200: json('By host and name.', answers.domains) },
  } },
  '/api/v1/domains/:uuid/processes': { GET: {
    ...reading, id: 'listProcesses', summary: 'Processes of a domain\'s guest, read from outside now',
    description: 'By the guest helper of the domain\'s machine, which has to be opted in for the domain. Command lines hold the executable\'s name and the number of arguments only, unless `guest.showArguments` is set. Errors have a stable word in `reason`. It never says anything about an app.',
    answers: { 200: json('Kernel threads too.', answers.processes) },
    problems: {
      404: 'The domain is not known.',
      409: 'The guest cannot be read as it is: not opted in, paused, not Linux, of an unknown kernel, no helper on its machine.',
      502: 'virtmedic and the guest helper do not understand each other; they may be of different versions.',
      503: 'The guest helper is not reached or busy, or many guests are being looked into.',
      504: 'The guest was not read in time.',
    },
  } },
  '/api/v1/maintenance': { GET: { ...reading, id: 'listMaintenance', summary: 'Maintenance that has not ended', answers: { 200: json('All of it.', answers.maintenanceList) } } },
  '/api/v1/pause': { GET: { ...reading, id: 'getPause', summary: 'Whether recovery is paused', answers: { 200: json('Who paused it, or null.', answers.pause) } } },
  '/api/v1/settings': { GET: { ...reading, id: 'getSettings', summary: 'What may be changed while virtmedic runs', answers: { 200: json('With bounds.', answers.settings) } } },
  '/api/v1/openapi.json': { GET: { ...reading, id: 'getDocument', summary: 'This document', answers: { 200: json('OpenAPI 3.1.', answers.anyDocument) } } },
};

const ORDERS: Record<string, Partial<Record<Method, Operation>>> = {
  '/api/v1/alerts': { POST: {
    scope: 'webhook', listeners: ['control'], id: 'receiveAlerts', summary: 'Receiver of Alertmanager\'s webhook, version 4', body: notification,
    answers: { 200: json('The alerts are stored.', answers.received) },
    problems: { 413: 'The body, or the number of alerts, is too large.', 422: 'Another version of the webhook.' },
  } },
  '/api/v1/actions': { POST: {
    ...ordering, id: 'order', summary: 'Recover a domain or an app in it now, or do one action', body: actionBody,
    answers: { 200: json('A dry run: nothing is done.', answers.actionResult), 202: json('Stored, and carried out in its turn.', answers.actionResult) },
    problems: { 404: 'The domain, or the app in it, is not known.', 409: 'Refused; the detail says why.' },
  } },
  '/api/v1/incidents/:id/acknowledge': { POST: {
    ...ordering, id: 'acknowledgeIncident', summary: 'Tell others that you look after an incident', body: nothing,
    answers: { 200: json('The incident.', answers.incident) }, problems: { 404: 'There is no such open incident.' },
  } },
  '/api/v1/incidents/:id/close': { POST: {
    ...ordering, id: 'closeIncident', summary: 'End an incident by a person\'s word', body: closeBody,
    answers: { 200: json('The incident.', answers.incident) }, problems: { 404: 'There is no such open incident.', 409: 'An attempt is under way.' },
  } },
  '/api/v1/maintenance': { POST: {
    ...ordering, id: 'addMaintenance', summary: 'Begin a window in which nothing is recovered', body: maintenanceBody,
    answers: { 200: json('A dry run: nothing is changed.', answers.orderResult), 201: json('It has begun.', answers.maintenanceResult) },
    problems: { 404: 'The host or domain is not known.', 409: 'The name of the domain is not unique.' },
  } },
  '/api/v1/maintenance/:id': { DELETE: {
    ...ordering, id: 'endMaintenance', summary: 'End a window now', answers: { 204: { description: 'It has ended.' } }, problems: { 404: 'There is no such window.' },
  } },
  '/api/v1/pause': { POST: {
    ...ordering, id: 'setPause', summary: 'Stop all recovery, or let it go on', body: pauseBody, answers: { 200: json('How it stands now.', answers.pauseResult) },
    problems: { 503: 'The store cannot write. Recovery is paused all the same, until virtmedic is restarted; nothing else was done.' },
  } },
  '/api/v1/settings': { POST: {
    ...ordering, id: 'changeSettings', summary: 'Change a setting, at once and over restarts', body: settingsBody, answers: { 200: json('How they stand now.', answers.settingsResult) },
  } },
  '/api/v1/domains/:uuid': { DELETE: {
    ...administering, id: 'forgetDomain', summary: 'Forget a domain that was deleted on purpose, with its saved definition',
    answers: { 204: { description: 'It is forgotten.' } }, problems: { 404: 'The domain is not known.', 409: 'It is being worked on.' },
  } },
  '/-/reload': { POST: {
    ...administering, id: 'reload', summary: 'Read the configuration file again', body: nothing,
    answers: { 200: json('It is in force.', answers.reloaded) }, problems: { 422: 'The file has errors; the old configuration stays in force.' },
  } },
};

const OPEN: Record<string, Partial<Record<Method, Operation>>> = {
  '/': { GET: { ...open, listeners: ['web'], id: 'getLandingPage', summary: 'What this is, for people', answers: { 200: text('A page.', 'text/html') } } },
  '/metrics': { GET: { ...open, listeners: ['web'], id: 'getMetrics', summary: 'Metrics in Prometheus\' text format', answers: { 200: text('The exposition.', 'text/plain') } } },
  '/-/healthy': { GET: { ...open, id: 'getHealth', summary: 'The process serves', answers: { 200: text('It does.', 'text/plain') } } },
  '/-/ready': { GET: {
    ...open, id: 'getReadiness', summary: 'Everything that virtmedic depends on works',
    answers: { 200: json('It does.', answers.readiness), 503: json('Something does not.', answers.readiness) },
  } },
};

/** By the path as the router has it, and method. */
export const OPERATIONS: Readonly<Record<string, Partial<Record<Method, Operation>>>> = joined(OPEN, READING, ORDERS);

function joined(...parts: (typeof OPEN)[]): typeof OPEN {
  const all: typeof OPEN = {};
  for (const part of parts) for (const [path, methods] of Object.entries(part)) all[path] = { ...all[path], ...methods };
  return all;
}
