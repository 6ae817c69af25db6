/** Schemas of what the API answers. Each is held against the type of what is answered. */
import { z } from 'zod';
import {
  APP_FAULTS,
  ACTIONS, ATTEMPT_RESULTS, DOMAIN_STATE_CODES, HOLD_REASONS, INCIDENT_FAULTS, INCIDENT_STATES, OUTCOMES, SUPPRESS_REASONS,
} from '../../vocabulary.ts';
import type { DomainStateName } from '../../vocabulary.ts';
import type { AttemptRecord, DecisionRecord, MaintenanceRecord, Page, StepRecord } from '../../history/store.ts';
import { targetForecastSchema } from '../../prediction/forecast-schema.ts';
import type { TargetForecast } from '../../prediction/forecast-view.ts';
import type { AppSummary, GuestSummary } from '../app-summary.ts';
import type { Changes } from '../changes.ts';
import type { ActionResult, AlertResult } from '../control.ts';
import type { DomainSummary, HostSummary } from '../inventory.ts';
import type { ReadyCheck } from '../options.ts';
import type { ProcessListing, ShownProcess } from '../read-api.ts';
import type { AttemptSummary, RecoveryItem, ShownDetail, ShownIncident, Timings } from '../recovery-item.ts';
import type { Settings } from '../settings.ts';

/** Schemas with a name of their own in the document. */
export const named = z.registry<{ id: string }>();

function name<S extends z.ZodType>(id: string, schema: S): S {
  named.add(schema, { id });
  return schema;
}

const ms = z.int().describe('Milliseconds since the epoch.');
const durationMs = z.number().min(0).describe('Milliseconds.');

const target = name('Target', z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('domain'), uuid: z.string(), name: z.string(), host: z.string() }),
  z.object({ kind: z.literal('host'), host: z.string() }),
  z.object({ kind: z.literal('app'), uuid: z.string(), name: z.string().describe('Of its domain.'), host: z.string(), app: z.string() }),
]));

const incidentShape = {
  id: z.string().describe('UUID version 7, sortable by time of opening.'),
  target,
  targetKey: z.string(),
  fromHost: z.string().describe('Where it ran when the incident was opened.'),
  fault: z.enum(INCIDENT_FAULTS),
  state: z.enum([...INCIDENT_STATES, 'closed']),
  faultAtMs: ms.describe('When the fault began, as far as it can be known. Milliseconds since the epoch.'),
  openedAtMs: ms,
  releasedAtMs: ms.nullable(),
  releasedBy: z.enum(['alert', 'backstop', 'direct', 'operator']).nullable(),
  hold: z.object({ reason: z.enum(HOLD_REASONS), why: z.string(), retryAtMs: z.number().nullable() }).nullable().describe('Why it waits; null: it does not.'),
  closedAtMs: ms.nullable(),
  outcome: z.enum(OUTCOMES).nullable(),
  outcomeReason: z.enum(SUPPRESS_REASONS).nullable(),
  outcomeText: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAtMs: ms.nullable(),
  alerts: z.array(z.object({ fingerprint: z.string(), startsAtMs: ms, name: z.string() })),
  evidence: z.array(z.object({ atMs: ms, source: z.string(), text: z.string() })),
  owner: z.string().nullable(),
  generation: z.int(),
};

export const incident = name('Incident', z.object(incidentShape)) satisfies z.ZodType<ShownIncident>;

export const forecast = name('Forecast', targetForecastSchema) satisfies z.ZodType<TargetForecast>;

const timings = name('Timings', z.object({
  detectMs: durationMs.describe('From the fault to its record.'),
  decideMs: durationMs.nullable().describe('From the record to the first action; null: none was begun.'),
  executeMs: durationMs.nullable(),
  verifyMs: durationMs.nullable(),
  totalMs: durationMs.nullable().describe('From the fault to the end; null: it is open.'),
})) satisfies z.ZodType<Timings>;

const summaryShape = {
  action: z.enum(ACTIONS),
  host: z.string(),
  result: z.enum(ATTEMPT_RESULTS).nullable(),
  executingAtMs: ms.nullable(),
  verifyingAtMs: ms.nullable(),
  endedAtMs: ms.nullable(),
};
const attemptSummary = name('AttemptSummary', z.object(summaryShape)) satisfies z.ZodType<AttemptSummary>;

export const recovery = name('Recovery', z.object({
  ...incidentShape,
  timings,
  attempts: z.array(attemptSummary).describe('In order.'),
  toHost: z.string().describe('Where it runs at the end, or was last known.'),
  failureProbability: z.number().min(0).max(1).nullable().describe('The forecast at detection, of the horizon that alarms; null: there was none.'),
})) satisfies z.ZodType<RecoveryItem>;

export const recoveryPage = name('RecoveryPage', z.object({
  items: z.array(recovery),
  nextCursor: z.string().nullable().describe('Null: this was the last page.'),
})) satisfies z.ZodType<Page<RecoveryItem>>;

export const recoveryList = name('RecoveryList', z.object({ items: z.array(recovery) }));

const attempt = name('Attempt', z.object({
  ...summaryShape,
  id: z.string(),
  incidentId: z.string(),
  ordinal: z.int().min(1),
  state: z.enum(['planned', 'executing', 'verifying', 'ended']),
  plannedAtMs: ms,
  error: z.string().nullable(),
  actor: z.string().describe('Who ordered it: `policy`, or the acting person.'),
})) satisfies z.ZodType<AttemptRecord>;

const step = name('Step', z.object({
  attemptId: z.string(),
  ordinal: z.int().min(1),
  name: z.string(),
  state: z.enum(['started', 'succeeded', 'failed', 'unknown']),
  startedAtMs: ms,
  endedAtMs: ms.nullable(),
  detail: z.string().nullable(),
})) satisfies z.ZodType<StepRecord>;

const decision = name('Decision', z.object({
  incidentId: z.string(),
  atMs: ms,
  kind: z.enum(['wait', 'hold', 'act', 'notify', 'suppress', 'escalate', 'close']),
  reason: z.string(),
  why: z.string(),
})) satisfies z.ZodType<DecisionRecord>;

export const recoveryDetail = name('RecoveryDetail', z.object({
  incident,
  timings,
  attempts: z.array(attempt),
  steps: z.array(step),
  decisions: z.array(decision),
  forecast: forecast.nullable().describe('Of its target when the incident was opened; null: there was none.'),
})) satisfies z.ZodType<ShownDetail>;

export const changes = name('Changes', z.object({
  items: z.array(recovery).describe('Each once, in its newest state.'),
  nextCursor: z.string(),
  reset: z.boolean().describe('The cursor is too old or of another process: list anew, then go on from `nextCursor`.'),
})) satisfies z.ZodType<Changes>;

const host = name('Host', z.object({
  name: z.string(),
  uri: z.string(),
  state: z.enum(['up', 'connecting', 'unreachable']),
  heardAtMs: ms.nullable(),
  error: z.string().nullable(),
  listings: z.int(),
  domains: z.int(),
  running: z.int(),
  forecast: forecast.nullable().describe('The latest; null: there is none.'),
})) satisfies z.ZodType<HostSummary>;
export const hosts = name('HostList', z.object({ items: z.array(host) }));

const app = name('App', z.object({
  name: z.string(),
  declaredBy: z.enum(['configuration', 'metadata']),
  state: z.enum(['up', 'starting', 'off', 'doubtful', 'faulty', 'unknown', 'muted']).describe('`unknown` is never a fault: nothing is done on it.'),
  fault: z.enum(APP_FAULTS).nullable().describe('The gravest; null: none.'),
  sinceMs: ms.nullable().describe('When the fault began. Milliseconds since the epoch.'),
  basis: z.enum(['seen', 'silence']).nullable().describe('Of the fault: `seen` in the guest, or `silence`: inferred from answers over the network that are missing. Null without a fault.'),
  text: z.string().describe('The verdict in a sentence.'),
  evidence: z.array(z.string()).describe('What proves it, for people.'),
  processes: z.int().nullable().describe('Of the last list; null: not known.'),
  residentBytes: z.number().nullable(),
  cpuSeconds: z.number().nullable().describe('Of the processes that there are.'),
  backlogs: z.array(z.object({ port: z.int(), backlog: z.int() })).describe('Connections that wait to be accepted.'),
  incidentId: z.string().nullable().describe('The open incident.'),
})) satisfies z.ZodType<AppSummary>;

const guest = name('Guest', z.object({
  reading: z.enum(['ok', 'unknown']).describe('`ok`: the latest look gave a list of processes.'),
  reason: z.string().nullable().describe('Why it did not: a stable word.'),
  text: z.string().nullable().describe('The same for people.'),
  processes: z.int().nullable().describe('Kernel threads too.'),
  uptimeSeconds: z.number().nullable(),
  panicked: z.string().nullable().describe('Proof that its kernel panicked.'),
  frozen: z.string().nullable().describe('Proof that its kernel stands still.'),
})) satisfies z.ZodType<GuestSummary>;

const shownProcess = name('Process', z.object({
  pid: z.int(),
  parentPid: z.int().nullable(),
  name: z.string(),
  state: z.enum(['R', 'S', 'D', 'T', 't', 'X', 'Z', 'P', 'I']).describe('As ps prints it.'),
  threads: z.int(),
  startSeconds: z.number().describe('Since the guest\'s boot.'),
  cpuSeconds: z.number().nullable(),
  residentBytes: z.number().nullable(),
  commandLine: z.string().nullable().describe('The arguments joined by blanks, or `nginx [3 arguments]` where they are not shown.'),
  argumentCount: z.int().nullable(),
  executable: z.string().nullable(),
  uid: z.int().nullable(),
  cgroup: z.string().nullable(),
  unit: z.string().nullable().describe('Of the guest\'s systemd.'),
  userUnit: z.string().nullable(),
  kernelThread: z.boolean(),
}).describe('Texts come from the guest and may hold any character. Null: not known, or there is none.')) satisfies z.ZodType<ShownProcess>;

export const processes = name('ProcessListing', z.object({
  uuid: z.string(),
  atMs: ms,
  uptimeSeconds: z.number().nullable().describe('Since the guest\'s boot; null: not known.'),
  argumentsShown: z.boolean().describe('`guest.showArguments` of the configuration.'),
  processes: z.array(shownProcess),
})) satisfies z.ZodType<ProcessListing>;

const domain = name('Domain', z.object({
  uuid: z.string(),
  name: z.string(),
  host: z.string(),
  state: z.enum(Object.keys(DOMAIN_STATE_CODES) as [DomainStateName, ...DomainStateName[]]),
  reason: z.string().nullable(),
  sinceMs: ms.nullable(),
  duplicatedOn: z.array(z.string()).nullable(),
  managed: z.boolean(),
  dryRun: z.boolean(),
  restartPolicy: z.enum(['on-failure', 'always']),
  trigger: z.enum(['alert', 'direct']),
  desired: z.enum(['running', 'stopped']).nullable(),
  desiredSource: z.enum(['inventory', 'observed', 'operator']).nullable(),
  lastSeenMs: ms.nullable(),
  incidentId: z.string().nullable().describe('The open incident.'),
  forecast: forecast.nullable().describe('The latest; null: there is none, as of a domain that does not run.'),
  apps: z.array(app).describe('Those that are declared for it.'),
  guest: guest.nullable().describe('Whether its guest can be looked into; null: nobody does.'),
})) satisfies z.ZodType<DomainSummary>;
export const domains = name('DomainList', z.object({ items: z.array(domain) }));

const maintenanceShape = {
  id: z.string(),
  scope: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('host'), host: z.string() }),
    z.object({ kind: z.literal('domain'), uuid: z.string() }),
    z.object({ kind: z.literal('all') }),
  ]),
  fromMs: ms,
  untilMs: ms,
  reason: z.string(),
  createdBy: z.string(),
};
const maintenance = name('Maintenance', z.object(maintenanceShape)) satisfies z.ZodType<MaintenanceRecord>;
export const maintenanceList = name('MaintenanceList', z.object({ items: z.array(maintenance) }));

const pauseShape = { paused: z.object({ by: z.string(), reason: z.string(), atMs: ms }).nullable().describe('Null: recovery is not paused.') };
export const pause = name('PauseState', z.object(pauseShape));

const settingsShape = {
  samplingIntervalSeconds: z.object({ value: z.number(), default: z.number().describe('What the configuration file says.'), minimum: z.number(), maximum: z.number() }),
};
export const settings = name('Settings', z.object(settingsShape)) satisfies z.ZodType<Settings>;

const orderShape = {
  accepted: z.boolean(),
  dryRun: z.boolean(),
  explanation: z.string().describe('What is going to be done or would be, or why not.'),
};
export const orderResult = name('OrderResult', z.object(orderShape));
export const actionResult = name('ActionResult', z.object({ ...orderShape, incidentId: z.string().nullable() })) satisfies z.ZodType<ActionResult>;
export const maintenanceResult = name('MaintenanceResult', z.object({ ...maintenanceShape, ...orderShape }));
export const pauseResult = name('PauseResult', z.object({ ...pauseShape, ...orderShape }));
export const settingsResult = name('SettingsResult', z.object({ ...settingsShape, ...orderShape }));

const ALERT_RESULTS = { released: 0, opened: 0, repeated: 0, resolved: 0, ignored: 0, no_target: 0, suppressed: 0 } satisfies Record<AlertResult, 0>;
export const received = name('ReceivedAlerts', z.object({
  received: z.int(),
  truncatedAlerts: z.int(),
  results: z.partialRecord(z.enum(Object.keys(ALERT_RESULTS) as [AlertResult, ...AlertResult[]]), z.int().min(1)),
}));

export const reloaded = name('Reloaded', z.object({ reloaded: z.literal(true) }));

export const readiness = name('Readiness', z.object({
  ready: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() }) satisfies z.ZodType<ReadyCheck>),
}));

export const problem = name('Problem', z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ parameter: z.string(), detail: z.string() })).optional().describe('What is wrong with the request.'),
  problems: z
    .array(z.object({ file: z.string(), line: z.int().nullable(), column: z.int().nullable(), path: z.string(), message: z.string() }))
    .optional()
    .describe('What is wrong with the configuration file.'),
  reason: z.string().optional().describe('Why a guest was not read: a stable word.'),
  result: actionResult.optional().describe('Of an order that was refused.'),
}).describe('RFC 9457.'));

export const anyDocument = z.looseObject({ openapi: z.string() });
