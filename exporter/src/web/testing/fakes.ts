/** Stand-ins for what is behind the listeners, for tests of the listeners and of the command line. */
import pino from 'pino';
import { configSchema } from '../../config/schema.ts';
import type { Config } from '../../config/schema.ts';
import { systemClock } from '../../events/clock.ts';
import { createChangeFeed } from '../../history/changes.ts';
import type { ChangeFeed } from '../../history/changes.ts';
import type { AttemptRecord, DecisionRecord, DomainRecord, IncidentRecord, MaintenanceRecord, RecoveryQuery, StepRecord } from '../../history/store.ts';
import type { DomainSighting, HostObservation } from '../../perception/view.ts';
import type { TargetForecast } from '../../prediction/forecast-view.ts';
import { ControlError } from '../control.ts';
import type { Control, ReceivedAlert } from '../control.ts';
import type { Web, WebOptions } from '../options.ts';
import { startWeb } from '../server.ts';
import { openSettings } from '../settings.ts';

export const UUID = '11111111-2222-4333-8444-555555555555';

export function sampleIncident(more: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    id: '01890000-0000-7000-8000-000000000001',
    target: { kind: 'domain', uuid: UUID, name: 'web-1', host: 'h1' },
    targetKey: `domain/${UUID}`,
    fromHost: 'h1',
    fault: 'domain_crashed',
    state: 'open',
    faultAtMs: 1_000_000,
    openedAtMs: 1_000_250,
    releasedAtMs: 1_002_000,
    releasedBy: 'alert',
    hold: null,
    closedAtMs: null,
    outcome: null,
    outcomeReason: null,
    outcomeText: null,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    alerts: [{ fingerprint: 'f1', startsAtMs: 1_000_500, name: 'VirtmedicDomainCrashed' }],
    evidence: [{ atMs: 1_000_000, source: 'event', text: 'STOPPED/FAILED' }],
    forecast: null,
    owner: null,
    generation: 0,
    ...more,
  };
}

export function sampleAttempt(more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    id: 'a1',
    incidentId: sampleIncident().id,
    ordinal: 1,
    action: 'start',
    host: 'h1',
    state: 'ended',
    plannedAtMs: 1_002_000,
    executingAtMs: 1_002_100,
    verifyingAtMs: 1_002_900,
    endedAtMs: 1_007_900,
    result: 'succeeded',
    error: null,
    actor: 'policy',
    ...more,
  };
}

export function sampleForecast(more: Partial<TargetForecast> = {}): TargetForecast {
  return {
    atMs: 1_000_000,
    failureProbability: [{ horizonSeconds: 60, probability: 0.125 }, { horizonSeconds: 300, probability: 0.25 }],
    health: { normal: 0.75, abnormal: 0.125, failed: 0.125 },
    load: { low: 0.5, medium: 0.25, high: 0.25 },
    coldStart: false,
    missing: [{ signal: 'diskFillRatio', why: 'preallocated' }],
    failing: false,
    failingSinceMs: null,
    model: { source: 'prior', trainedAtMs: null },
    ...more,
  };
}

/** One alert as Alertmanager sends it. */
export const sampleAlert = {
  status: 'firing',
  labels: { alertname: 'A', virtmedic_fault: 'domain_crashed' },
  annotations: {},
  startsAt: '2026-01-31T12:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'abc',
  generatorURL: 'http://p',
};

export function sampleNotification(more: object = {}): object {
  return {
    version: '4',
    groupKey: '{}',
    status: 'firing',
    receiver: 'virtmedic',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
    truncatedAlerts: 0,
    alerts: [sampleAlert],
    ...more,
  };
}

export interface Recorded {
  /** Orders, in the order of their arrival: name of the method and its arguments. */
  calls: [string, ...unknown[]][];
  alerts: ReceivedAlert[];
  queries: RecoveryQuery[];
  /** How often attempts of many recoveries were read. */
  attemptReads: number;
  incidents: IncidentRecord[];
  closed: IncidentRecord[];
  attempts: AttemptRecord[];
  steps: StepRecord[];
  decisions: DecisionRecord[];
  domains: DomainRecord[];
  settings: Map<string, unknown>;
  audit: unknown[];
  /** Sampling intervals that were put in force. */
  intervals: number[];
  maintenance: MaintenanceRecord[];
  hosts: HostObservation[];
  sightings: DomainSighting[];
  /** By UUID of a domain, or name of a host. */
  forecasts: Map<string, TargetForecast>;
  paused: ReturnType<Control['paused']>;
  /** Thrown by every method of Control instead of doing anything. */
  failure: Error | null;
}

export function emptyRecord(): Recorded {
  return { calls: [], alerts: [], queries: [], attemptReads: 0, incidents: [], closed: [], attempts: [], steps: [], decisions: [], domains: [], settings: new Map(), audit: [], intervals: [], maintenance: [], hosts: [], sightings: [], forecasts: new Map(), paused: null, failure: null };
}

function fakeControl(recorded: Recorded): Control {
  const order = (...call: [string, ...unknown[]]): void => {
    if (recorded.failure !== null) throw recorded.failure;
    recorded.calls.push(call);
  };
  const incident = (id: string): IncidentRecord => {
    const found = recorded.incidents.find((one) => one.id === id);
    if (found === undefined) throw new ControlError(404, `There is no open incident ${id}.`);
    return found;
  };
  return {
    receiveAlerts: async (alerts, options) => {
      order('receiveAlerts', alerts.length, options);
      recorded.alerts.push(...alerts);
      return alerts.map(() => 'released');
    },
    act: async (request) => {
      order('act', request);
      const known = recorded.domains.some(({ uuid, name }) => uuid === request.domain || name === request.domain);
      if (!known) throw new ControlError(404, `There is no domain ${request.domain}.`);
      return { accepted: request.action !== 'destroy', dryRun: request.dryRun, incidentId: null, explanation: `${request.action} on h1` };
    },
    acknowledge: async (id, actor) => {
      order('acknowledge', id, actor);
      return { ...incident(id), acknowledgedBy: actor };
    },
    close: async (id, actor, reason) => {
      order('close', id, actor, reason);
      return { ...incident(id), outcome: 'suppressed', outcomeText: reason };
    },
    addMaintenance: async (request) => {
      order('addMaintenance', request);
      const scope: MaintenanceRecord['scope'] = request.host !== undefined ? { kind: 'host', host: request.host } : request.domain !== undefined ? { kind: 'domain', uuid: UUID } : { kind: 'all' };
      const record = { id: `m${recorded.maintenance.length + 1}`, scope, fromMs: 0, untilMs: request.untilMs, reason: request.reason, createdBy: request.actor };
      recorded.maintenance.push(record);
      return record;
    },
    removeMaintenance: async (id, actor) => {
      order('removeMaintenance', id, actor);
      if (!recorded.maintenance.some((record) => record.id === id)) throw new ControlError(404, `There is no maintenance ${id}.`);
    },
    pause: async (by, reason) => {
      order('pause', by, reason);
      recorded.paused = { by, reason, atMs: 1_000_000 };
    },
    unpause: async (actor) => {
      order('unpause', actor);
      recorded.paused = null;
    },
    paused: () => recorded.paused,
    forget: async (uuid, actor) => order('forget', uuid, actor),
    reload: async (actor) => order('reload', actor),
  };
}

/** The real listeners on free ports of loopback, in front of stand-ins. */
export async function startFakeWeb(
  recorded: Recorded,
  given: { control?: Partial<Config['control']>; web?: Partial<Config['web']>; domains?: unknown; metricsText?: WebOptions['metricsText']; ready?: WebOptions['ready']; log?: WebOptions['log']; openIncidents?: WebOptions['store']['openIncidents']; apps?: WebOptions['apps']; guest?: unknown; held?: WebOptions['held']; controlWith?: Partial<Control> } = {},
): Promise<Web & { config: Config; changes: ChangeFeed; webUrl: string; controlUrl: string }> {
  const config = configSchema.parse({
    hosts: [{ name: 'h1', uri: 'test:///h1' }],
    web: { listen: '127.0.0.1:0', ...given.web },
    control: { listen: '127.0.0.1:0', ...given.control },
    guest: given.guest ?? {},
    domains: given.domains ?? [{ match: { name: 'web-*' }, managed: true }],
  });
  const changes = createChangeFeed();
  const settings = await openSettings({
    store: {
      setting: async (key) => recorded.settings.get(key) ?? null,
      putSetting: async (key, value) => void recorded.settings.set(key, value),
      recordAudit: async (entry) => void recorded.audit.push(entry),
    },
    clock: systemClock,
    configured: () => config.sampling.intervalSeconds,
    apply: (seconds) => void recorded.intervals.push(seconds),
    onWarning: () => undefined,
  });
  const web = await startWeb({
    config,
    store: {
      domains: async () => recorded.domains,
      openIncidents: given.openIncidents ?? (async () => recorded.incidents),
      recoveries: async (query) => {
        recorded.queries.push(query);
        return { items: [...recorded.closed, ...recorded.incidents].slice(0, query.limit ?? 100), nextCursor: null };
      },
      recovery: async (id) => {
        const incident = [...recorded.closed, ...recorded.incidents].find((one) => one.id === id);
        return incident === undefined ? null : { incident, attempts: recorded.attempts, steps: recorded.steps, decisions: recorded.decisions };
      },
      maintenance: async () => recorded.maintenance,
      incidents: async (ids) => ids.flatMap((id) => [...recorded.closed, ...recorded.incidents].filter((incident) => incident.id === id)),
      attemptsOf: async (ids) => {
        recorded.attemptReads += 1;
        return recorded.attempts.filter(({ incidentId }) => ids.includes(incidentId));
      },
    },
    view: {
      hosts: () => recorded.hosts,
      host: (name) => recorded.hosts.find((host) => host.name === name),
      sightings: () => recorded.sightings,
      observed: (uuid) => {
        const sighting = recorded.sightings.find((one) => one.uuid === uuid);
        if (sighting === undefined) return { kind: 'unknown', host: null };
        const { host, state, reason, sinceMs, persistent } = sighting;
        return { kind: 'present', host, state, reason, sinceMs, persistent, health: 'healthy', evidence: [], lastStop: null };
      },
    },
    forecasts: { domain: (uuid) => recorded.forecasts.get(uuid) ?? null, host: (name) => recorded.forecasts.get(name) ?? null },
    ...(given.apps && { apps: given.apps }),
    control: { ...fakeControl(recorded), ...given.controlWith },
    settings,
    changes,
    metricsText: given.metricsText ?? (() => Promise.resolve('virtmedic_build_info 1\n')),
    ready: given.ready ?? (() => [{ name: 'store', ok: true, detail: 'writable' }]),
    log: given.log ?? pino({ level: 'silent' }),
    version: '0.1.0',
    ...(given.held && { held: given.held }),
  });
  const url = (address: { host: string; port: number }): string => `http://127.0.0.1:${address.port}`;
  return { ...web, config, changes, webUrl: url(web.addresses.web), controlUrl: url(web.addresses.control) };
}
