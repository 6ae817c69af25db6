/** The part of the API that only reads: the same on both listeners. */
import type { RequestHandler } from 'express';
import type { Config } from '../config/schema.ts';
import type { AttemptRecord, DomainRecord, IncidentRecord } from '../history/store.ts';
import type { DomainSighting, HostObservation, View } from '../perception/view.ts';
import { selectPolicy } from '../policy/selectors.ts';
import type { Observed } from '../policy/types.ts';
import type { DomainStateName, IncidentState, Trigger, RestartPolicy } from '../vocabulary.ts';
import type { WebOptions } from './options.ts';
import { Problem } from './problem.ts';
import { hostQuery, noQuery, recoveriesQuery } from './query.ts';
import type { Routes } from './routes.ts';
import { validate } from './validate.ts';

/** `config` is read at each request. `access` goes before every handler. */
export function readRoutes({ store, view, control, clock }: Required<WebOptions>, config: () => Config, access: RequestHandler): Routes {
  return {
    '/api/v1/recoveries': { GET: [access, async (request, response) => {
      const { from, to, ...rest } = validate(recoveriesQuery, request.query, 'query');
      const query = { ...rest, ...(from === undefined ? {} : { fromMs: from }), ...(to === undefined ? {} : { toMs: to }) };
      const page = await store.recoveries(defined(query));
      response.json({ ...page, items: page.items.map(shown) });
    }] },
    '/api/v1/recoveries/:id': { GET: [access, async (request, response) => {
      validate(noQuery, request.query, 'query');
      const detail = await store.recovery(idOf(request.params.id));
      if (detail === null) throw new Problem(404, 'There is no recovery with this id.');
      response.json({ ...detail, incident: shown(detail.incident), timings: timings(detail.incident, detail.attempts) });
    }] },
    '/api/v1/incidents': { GET: [access, async (request, response) => {
      validate(noQuery, request.query, 'query');
      response.json({ items: await store.openIncidents() });
    }] },
    '/api/v1/hosts': { GET: [access, (request, response) => {
      validate(noQuery, request.query, 'query');
      const sightings = view.sightings();
      response.json({ items: view.hosts().map((host) => describeHost(host, sightings)) });
    }] },
    '/api/v1/domains': { GET: [access, async (request, response) => {
      const { host } = validate(hostQuery, request.query, 'query');
      const all = describeDomains(view, await store.domains(), await store.openIncidents(), config());
      response.json({ items: host === undefined ? all : all.filter((domain) => domain.host === host) });
    }] },
    '/api/v1/maintenance': { GET: [access, async (request, response) => {
      validate(noQuery, request.query, 'query');
      response.json({ items: await store.maintenance(clock.nowMs()) });
    }] },
    '/api/v1/pause': { GET: [access, (request, response) => {
      validate(noQuery, request.query, 'query');
      response.json({ paused: control.paused() });
    }] },
  };
}

/** An incident as the API shows it. `closed`: `outcome` says how it ended; what was done last is in its attempts. */
export type ShownIncident = Omit<IncidentRecord, 'state'> & { state: IncidentState | 'closed' };

export function shown(incident: IncidentRecord): ShownIncident {
  return { ...incident, state: incident.closedAtMs === null ? incident.state : 'closed' };
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

export interface Timings {
  /** From the fault to its record. */
  detectMs: number;
  /** From the record to the beginning of the first action; null: none was begun. */
  decideMs: number | null;
  /** In actions, all attempts together. */
  executeMs: number | null;
  /** In verification, all attempts together. */
  verifyMs: number | null;
  /** From the fault to the end of the incident; null: it is open. */
  totalMs: number | null;
}

export function timings(incident: IncidentRecord, attempts: readonly AttemptRecord[]): Timings {
  const begun = attempts.flatMap((attempt) => (attempt.executingAtMs === null ? [] : [{ ...attempt, executingAtMs: attempt.executingAtMs }]));
  const spent = (span: (attempt: (typeof begun)[number]) => number | null): number | null =>
    begun.length === 0 ? null : begun.reduce((sum, attempt) => sum + Math.max(0, span(attempt) ?? 0), 0);
  const first = Math.min(...begun.map((attempt) => attempt.executingAtMs));
  return {
    detectMs: Math.max(0, incident.openedAtMs - incident.faultAtMs),
    decideMs: begun.length === 0 ? null : Math.max(0, first - incident.openedAtMs),
    executeMs: spent((attempt) => (attempt.verifyingAtMs ?? attempt.endedAtMs ?? attempt.executingAtMs) - attempt.executingAtMs),
    verifyMs: spent((attempt) => (attempt.verifyingAtMs === null || attempt.endedAtMs === null ? null : attempt.endedAtMs - attempt.verifyingAtMs)),
    totalMs: incident.closedAtMs === null ? null : Math.max(0, incident.closedAtMs - incident.faultAtMs),
  };
}

export interface HostSummary extends HostObservation {
  domains: number;
  running: number;
}

function describeHost(host: HostObservation, sightings: readonly DomainSighting[]): HostSummary {
  const own = sightings.filter((sighting) => sighting.host === host.name);
  return { ...host, uri: withoutPassword(host.uri), domains: own.length, running: own.filter((sighting) => sighting.state === 'running').length };
}

function withoutPassword(uri: string): string {
  return uri.replace(/^([a-z0-9+.-]+:\/\/[^/@:]*):[^/@]*@/i, '$1:***@');
}

export interface DomainSummary {
  uuid: string;
  name: string;
  host: string;
  state: DomainStateName;
  reason: string | null;
  sinceMs: number | null;
  /** On more than one host at once; null: it isn't. */
  duplicatedOn: string[] | null;
  managed: boolean;
  dryRun: boolean;
  restartPolicy: RestartPolicy;
  trigger: Trigger;
  desired: DomainRecord['desired'] | null;
  desiredSource: DomainRecord['desiredSource'] | null;
  lastSeenMs: number | null;
  /** The open incident. */
  incidentId: string | null;
}

function describeDomains(view: View, records: readonly DomainRecord[], incidents: readonly IncidentRecord[], config: Config): DomainSummary[] {
  const incidentOf = new Map(incidents.map((incident) => [incident.targetKey, incident.id]));
  const known = new Map<string, { uuid: string; name: string; host: string; record: DomainRecord | null }>();
  for (const { uuid, name, host } of view.sightings()) known.set(uuid, { uuid, name, host, record: null });
  for (const record of records) known.set(record.uuid, { uuid: record.uuid, name: record.name, host: record.host, record });
  return [...known.values()]
    .map(({ record, ...identity }): DomainSummary => {
      const observed = view.observed(identity.uuid, identity.host);
      const domain = { ...identity, host: hostOf(observed) ?? identity.host };
      const { policy, trigger } = selectPolicy(config, domain, record?.desired ?? null);
      return {
        ...domain,
        ...stateOf(observed),
        managed: policy.managed,
        dryRun: policy.dryRun,
        restartPolicy: policy.restartPolicy,
        trigger,
        desired: record?.desired ?? null,
        desiredSource: record?.desiredSource ?? null,
        lastSeenMs: record?.lastSeenMs ?? null,
        incidentId: incidentOf.get(`domain/${domain.uuid}`) ?? null,
      };
    })
    .sort((left, right) => left.host.localeCompare(right.host) || left.name.localeCompare(right.name));
}

function hostOf(observed: Observed): string | null {
  return observed.kind === 'present' || observed.kind === 'unknown' ? observed.host : null;
}

function stateOf(observed: Observed): Pick<DomainSummary, 'state' | 'reason' | 'sinceMs' | 'duplicatedOn'> {
  switch (observed.kind) {
    case 'present':
      return { state: observed.state, reason: observed.health === 'healthy' ? observed.reason : observed.health, sinceMs: observed.sinceMs, duplicatedOn: null };
    case 'duplicated':
      return { state: 'running', reason: 'duplicated', sinceMs: null, duplicatedOn: observed.hosts };
    case 'absent':
    case 'unknown':
      return { state: observed.kind, reason: null, sinceMs: null, duplicatedOn: null };
  }
}
