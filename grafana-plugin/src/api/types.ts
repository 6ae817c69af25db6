/**
 * What virtmedic's API answers, as far as this plugin reads it. Times are milliseconds since the epoch. Nothing here is trusted:
 * answers go through `parse.ts`. A test of the whole repository holds these types against those of the daemon.
 */
export type Outcome = 'recovered' | 'failed' | 'escalated' | 'suppressed' | 'interrupted' | 'dry_run';
export type RecoveryState = 'open' | 'executing' | 'verifying' | 'escalated' | 'suppressed' | 'closed';

export type Target =
  | { kind: 'domain'; uuid: string; name: string; host: string }
  | { kind: 'host'; host: string }
  /** `name`: its domain's. */
  | { kind: 'app'; uuid: string; name: string; host: string; app: string };

export interface AlertReference {
  fingerprint: string;
  startsAtMs: number;
  name: string;
}

export interface Timings {
  /** From the fault to its record. */
  detectMs: number;
  /** From the record to the first action; null: none was begun. */
  decideMs: number | null;
  executeMs: number | null;
  verifyMs: number | null;
  /** From the fault to the end; null: not over. */
  totalMs: number | null;
}

/** One attempt in a listing: what was tried, where, how it went, and when. */
export interface AttemptSummary {
  action: string;
  host: string;
  result: string | null;
  executingAtMs: number | null;
  verifyingAtMs: number | null;
  endedAtMs: number | null;
}

/** An item of `GET /api/v1/recoveries`; `GET /api/v1/incidents` lists those with `closedAtMs` null. */
export interface Recovery {
  id: string;
  target: Target;
  fault: string;
  state: RecoveryState;
  faultAtMs: number;
  openedAtMs: number;
  releasedAtMs: number | null;
  releasedBy: string | null;
  hold: { reason: string; why: string; retryAtMs: number | null } | null;
  closedAtMs: number | null;
  outcome: Outcome | null;
  outcomeReason: string | null;
  outcomeText: string | null;
  acknowledgedBy: string | null;
  acknowledgedAtMs: number | null;
  alerts: AlertReference[];
  timings: Timings;
  attempts: AttemptSummary[];
  /** Where it ran when the fault began, and where it runs at the end. */
  fromHost: string;
  toHost: string;
  /** The forecast at detection, 0 to 1; null: there was none. */
  failureProbability: number | null;
}

/** What is forecast of one domain or host at one moment. Probabilities and shares are 0 to 1. */
export interface Forecast {
  atMs: number;
  /** That it is abnormal or failed at some time within the horizon; the first is the one that alarms. Never empty. */
  failureProbability: Array<{ horizonSeconds: number; probability: number }>;
  /** Null: not told. */
  health: Record<'normal' | 'abnormal' | 'failed', number> | null;
  load: Record<'low' | 'medium' | 'high', number> | null;
  /** What it is used to is still being learnt. */
  coldStart: boolean;
  /** What could not be seen, and why; without a signal: nothing could. */
  missing: Array<{ signal: string | null; why: string }>;
  /** It is so likely to fail, and for so long, that it is a fault. */
  failing: boolean;
  failingSinceMs: number | null;
  /** `prior`: not trained yet; `pooled`: on all targets together; `own`. Another word is of a younger daemon, empty: not told. */
  model: { source: string; trainedAtMs: number | null };
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface Attempt extends AttemptSummary {
  id: string;
  ordinal: number;
  state: string;
  plannedAtMs: number;
  error: string | null;
  actor: string;
}

export interface Step {
  attemptId: string;
  ordinal: number;
  name: string;
  state: string;
  startedAtMs: number;
  endedAtMs: number | null;
  detail: string | null;
}

export interface Decision {
  atMs: number;
  kind: string;
  reason: string;
  why: string;
}

/** `GET /api/v1/recoveries/{id}` */
export interface RecoveryDetail {
  incident: Omit<Recovery, 'timings' | 'attempts' | 'fromHost' | 'toHost' | 'failureProbability'> & {
    evidence: Array<{ atMs: number; source: string; text: string }>;
  };
  timings: Timings;
  attempts: Attempt[];
  steps: Step[];
  decisions: Decision[];
  /** At detection; null: there was none. */
  forecast: Forecast | null;
}

/** An item of `GET /api/v1/hosts` */
export interface Host {
  name: string;
  uri: string;
  state: 'up' | 'connecting' | 'unreachable';
  heardAtMs: number | null;
  error: string | null;
  domains: number;
  running: number;
  /** The latest; null: there is none. */
  forecast: Forecast | null;
}

/** What is concluded about an application in a guest. A state or fault that this version does not know is of a younger daemon. */
export interface App {
  name: string;
  /** `configuration`, or the domain's own `metadata`. */
  declaredBy: string;
  /** up, starting, off, doubtful, faulty, unknown, muted: unknown is never a fault. */
  state: string;
  fault: string | null;
  /** When the fault began. */
  sinceMs: number | null;
  /** What proves it, for people. */
  evidence: string[];
  /** Of the last list; null: not known. */
  processes: number | null;
  residentBytes: number | null;
  cpuSeconds: number | null;
  /** Connections that wait to be accepted, by port. */
  backlogs: Array<{ port: number; backlog: number }>;
  /** The open incident. */
  incidentId: string | null;
}

/** Whether a guest can be looked into. */
export interface Guest {
  /** `ok`: the latest look gave a list of processes. */
  reading: 'ok' | 'unknown';
  /** Why it did not: a stable word, and the same for people. */
  reason: string | null;
  text: string | null;
}

/** A process in a guest. Null: not known. */
export interface GuestProcess {
  pid: number;
  parentPid: number | null;
  name: string;
  /** As ps prints it. */
  state: string;
  threads: number | null;
  /** As exact as the guest's uptime is known. */
  startedAtMs: number | null;
  cpuSeconds: number | null;
  residentBytes: number | null;
  /** Its arguments joined by blanks, or only how many there are, where virtmedic does not show them. */
  commandLine: string | null;
  executable: string | null;
  uid: number | null;
  cgroup: string | null;
  /** Of systemd, of a user's own one where it is in such. */
  unit: string | null;
  kernelThread: boolean;
}

/** An item of `GET /api/v1/domains` */
export interface Domain {
  uuid: string;
  name: string;
  host: string;
  state: string;
  reason: string | null;
  sinceMs: number | null;
  managed: boolean;
  dryRun: boolean;
  restartPolicy: string;
  trigger: string;
  desired: string | null;
  incidentId: string | null;
  /** The latest; null: there is none, as of one that does not run. */
  forecast: Forecast | null;
  /** Those that are declared for it. */
  apps: App[];
  /** Null: nobody looks into it. */
  guest: Guest | null;
}

/** An item of `GET /api/v1/maintenance` */
export interface Maintenance {
  id: string;
  scope: { kind: 'host'; host: string } | { kind: 'domain'; uuid: string } | { kind: 'all' };
  fromMs: number;
  untilMs: number;
  reason: string;
  createdBy: string;
}

/** `GET /api/v1/pause` */
export interface PauseState {
  paused: { by: string; reason: string; atMs: number } | null;
}

/** `GET /api/v1/settings`: what may be changed while it runs; `default` is what the configuration file says. */
export interface Settings {
  samplingIntervalSeconds: { value: number; default: number; minimum: number; maximum: number };
}

/**
 * `GET /api/v1/events?cursor`: recoveries that changed since the cursor, the newest state of each once. Without a cursor: nothing but
 * the cursor of now. `reset`: the cursor is too old or of another process; list anew.
 */
export interface Changes {
  items: Recovery[];
  nextCursor: string;
  reset: boolean;
}

/** Answer to an order: `POST /api/v1/actions`, `/maintenance`, `/pause`, `/settings`, each with `dryRun`. */
export interface OrderResult {
  accepted: boolean;
  dryRun: boolean;
  /** What is going to be done or would be, or why not. */
  explanation: string;
}

/** RFC 9457 */
export interface ProblemDetails {
  status: number;
  title: string;
  detail: string;
}
