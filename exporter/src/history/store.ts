/**
 * The Store contract: everything that must survive a crash. Every mutating method is one transaction, durable when its
 * promise resolves, and safe to repeat. Times are wall-clock milliseconds since the epoch. A store that cannot write
 * rejects with StoreUnavailableError; nothing may be acted on then.
 */
import type { TargetForecast } from '../prediction/forecast-view.ts';
import type { Action, AttemptResult, DesiredState, HoldReason, IncidentFault, IncidentState, Outcome, SuppressReason, Target } from '../vocabulary.ts';

export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}

/** The request does not fit what is stored: an unknown or ended record, a value outside its limits. Repeating it does not help. */
export class StoreRequestError extends Error {
  override name = 'StoreRequestError';
}

/** A stored record cannot be read; the message names it. Listings leave such a record out and report it. */
export class CorruptRecordError extends Error {
  override name = 'CorruptRecordError';
}

/** A domain that virtmedic has seen, and what is wanted of it. */
export interface DomainRecord {
  uuid: string;
  name: string;
  /** Where it was last seen. */
  host: string;
  desired: DesiredState;
  /** Who says so: the inventory file, or virtmedic's own rule of first listing and observed stops. */
  desiredSource: 'inventory' | 'observed' | 'operator';
  firstSeenMs: number;
  lastSeenMs: number;
  /** Key of the last notification, so that it is given once. */
  lastNotification: string | null;
  /** UNDEFINED was seen on `host` after a stop, at this time; cleared when the domain is seen again. */
  undefinedAtMs: number | null;
}

export type ReleasedBy = 'alert' | 'backstop' | 'direct' | 'operator';

export interface AlertReference {
  /** Identity of an alert is fingerprint + startsAt. */
  fingerprint: string;
  startsAtMs: number;
  name: string;
}

export interface Evidence {
  atMs: number;
  /** `event`, `listing`, `probe`, `alert`, `operator`, `restart`. */
  source: string;
  text: string;
}

/** An incident and the recovery that is the work on it share one record and one id. */
export interface IncidentRecord {
  /** UUID, sortable by time of opening (version 7). */
  id: string;
  target: Target;
  targetKey: string;
  /** Where it was when the incident was opened; `target.host` follows it. */
  fromHost: string;
  fault: IncidentFault;
  state: IncidentState;
  /** When the fault began, as far as it can be known (event time). */
  faultAtMs: number;
  /** When it was detected and stored. */
  openedAtMs: number;
  releasedAtMs: number | null;
  releasedBy: ReleasedBy | null;
  /** Why it waits now; null: it doesn't. */
  hold: { reason: HoldReason; why: string; retryAtMs: number | null } | null;
  closedAtMs: number | null;
  outcome: Outcome | null;
  outcomeReason: SuppressReason | null;
  /** For people: why it ended as it did, or why it was escalated. */
  outcomeText: string | null;
  acknowledgedBy: string | null;
  acknowledgedAtMs: number | null;
  alerts: AlertReference[];
  evidence: Evidence[];
  /** What was forecast of the target when the incident was opened; null: nothing. */
  forecast: TargetForecast | null;
  /** Executor that works on it, and its generation: for the leases of several executors. */
  owner: string | null;
  generation: number;
}

export type NewIncident = Pick<IncidentRecord, 'target' | 'fault' | 'faultAtMs' | 'openedAtMs'> & {
  evidence: Evidence[];
  alerts?: AlertReference[];
  /** Default: null. */
  forecast?: TargetForecast | null;
};

/** Fields of an open incident that may change; `addEvidence` and `addAlert` append (an alert only once). */
export type IncidentPatch = Partial<
  Pick<IncidentRecord, 'fault' | 'state' | 'releasedAtMs' | 'releasedBy' | 'hold' | 'acknowledgedBy' | 'acknowledgedAtMs' | 'outcomeText'>
> & { addEvidence?: Evidence[]; addAlert?: AlertReference; host?: string };

export interface AttemptRecord {
  id: string;
  incidentId: string;
  /** 1, 2, … within the incident. */
  ordinal: number;
  action: Action;
  /** Host on which it acts. */
  host: string;
  state: 'planned' | 'executing' | 'verifying' | 'ended';
  plannedAtMs: number;
  /** When the first side effect was begun. */
  executingAtMs: number | null;
  verifyingAtMs: number | null;
  endedAtMs: number | null;
  result: AttemptResult | null;
  error: string | null;
  /** Who ordered it: `policy`, or the acting person. */
  actor: string;
}

export interface StepRecord {
  attemptId: string;
  ordinal: number;
  /** What is done, e.g. `destroy`, `create`, `define`, `verify running`. */
  name: string;
  state: 'started' | 'succeeded' | 'failed' | 'unknown';
  startedAtMs: number;
  endedAtMs: number | null;
  detail: string | null;
}

/** A change of mind about an incident: one row each time kind or reason differ from the row before. */
export interface DecisionRecord {
  incidentId: string;
  atMs: number;
  kind: 'wait' | 'hold' | 'act' | 'notify' | 'suppress' | 'escalate' | 'close';
  reason: string;
  why: string;
}

export interface RecoveryDetail {
  incident: IncidentRecord;
  attempts: AttemptRecord[];
  steps: StepRecord[];
  decisions: DecisionRecord[];
}

export interface MaintenanceRecord {
  id: string;
  scope: { kind: 'host'; host: string } | { kind: 'domain'; uuid: string } | { kind: 'all' };
  fromMs: number;
  untilMs: number;
  reason: string;
  createdBy: string;
}

export interface RecoveryQuery {
  /** Opened at or after / before. */
  fromMs?: number;
  toMs?: number;
  /** With `fromMs`: also those that were opened before and had not ended by then. */
  overlapping?: boolean;
  /** Of several values any. */
  host?: string | readonly string[];
  /** UUID or name; those of its apps too. */
  domain?: string | readonly string[];
  /** Name of an app; of any domain where none is named. */
  app?: string | readonly string[];
  fault?: IncidentFault | readonly IncidentFault[];
  outcome?: Outcome | readonly Outcome[];
  /** 1 … 1000, default 100. */
  limit?: number;
  /** From the answer before. */
  cursor?: string;
}

export interface Page<T> {
  items: T[];
  /** Null: this was the last page. */
  nextCursor: string | null;
}

export interface Store {
  // Domains and their saved definitions (which hold secrets: never in API, logs or history).
  domains(): Promise<DomainRecord[]>;
  putDomain(record: DomainRecord): Promise<void>;
  /** Removes record and definition. False: there was none. */
  forgetDomain(uuid: string): Promise<boolean>;
  saveDefinition(uuid: string, host: string, xml: string, savedAtMs: number): Promise<void>;
  definition(uuid: string): Promise<{ host: string; xml: string; savedAtMs: number } | null>;

  // Incidents. One open per target: a second opening returns the first with `created: false` and adds evidence and alerts that are new.
  openIncident(incident: NewIncident): Promise<{ incident: IncidentRecord; created: boolean }>;
  /** Rejects when the incident is closed or unknown. */
  patchIncident(id: string, patch: IncidentPatch): Promise<IncidentRecord>;
  /** Ends it; closing a closed one changes nothing and returns it as it is. */
  closeIncident(
    id: string,
    end: { atMs: number; outcome: Outcome; reason?: SuppressReason | null; text?: string | null },
  ): Promise<IncidentRecord>;
  openIncidents(): Promise<IncidentRecord[]>;
  incident(id: string): Promise<IncidentRecord | null>;
  /** Those of them that there are, in the order of `ids`. */
  incidents(ids: readonly string[]): Promise<IncidentRecord[]>;
  addDecision(decision: DecisionRecord): Promise<void>;
  /**
   * For budget and cooldown, over the target's incidents of these faults: in how many an action was begun at or after `sinceMs`, and
   * when the last begun attempt ended, at whatever time. Notifying is no action here, nor is migrating before the fault came.
   */
  recentRecoveries(targetKey: string, faults: readonly IncidentFault[], sinceMs: number): Promise<{ count: number; lastEndedAtMs: number | null }>;

  // Attempts and steps: written before they are done. An incident has one attempt at a time, and an attempt's state only goes forward.
  planAttempt(attempt: Pick<AttemptRecord, 'incidentId' | 'action' | 'host' | 'plannedAtMs' | 'actor'>): Promise<AttemptRecord>;
  patchAttempt(
    id: string,
    patch: Partial<Pick<AttemptRecord, 'state' | 'executingAtMs' | 'verifyingAtMs' | 'endedAtMs' | 'result' | 'error'>>,
  ): Promise<AttemptRecord>;
  beginStep(step: Pick<StepRecord, 'attemptId' | 'name' | 'startedAtMs'> & { detail?: string }): Promise<StepRecord>;
  endStep(
    attemptId: string,
    ordinal: number,
    end: { state: 'succeeded' | 'failed' | 'unknown'; endedAtMs: number; detail?: string | null },
  ): Promise<void>;
  /** Attempts that have not ended, oldest first: what a restart has to look at. */
  unfinishedAttempts(): Promise<AttemptRecord[]>;
  attempts(incidentId: string): Promise<AttemptRecord[]>;
  /** Of many incidents at once: by incident, each in order. */
  attemptsOf(incidentIds: readonly string[]): Promise<AttemptRecord[]>;

  // One operation at a time per domain.
  /** True: taken, or already held by the same owner. */
  acquireLock(domainUuid: string, owner: string, operation: string, atMs: number): Promise<boolean>;
  releaseLock(domainUuid: string, owner: string): Promise<void>;
  /** At start of a single executor: frees what a crashed predecessor held. Returns how many. */
  releaseAllLocks(): Promise<number>;

  // Alerts: delivered at least once, remembered by identity.
  /** `first` false: this identity was received before. An incident given later is remembered where none was; the one remembered is returned. */
  recordAlert(alert: AlertReference & { receivedAtMs: number; incidentId: string | null }): Promise<{ first: boolean; incidentId: string | null }>;

  // Operator state.
  /** Not yet ended, planned ones too: compare `fromMs`. */
  maintenance(nowMs: number): Promise<MaintenanceRecord[]>;
  addMaintenance(record: Omit<MaintenanceRecord, 'id'>): Promise<MaintenanceRecord>;
  removeMaintenance(id: string): Promise<boolean>;
  /** Null: never set. */
  setting(key: string): Promise<unknown>;
  putSetting(key: string, value: unknown): Promise<void>;
  recordAudit(entry: { atMs: number; actor: string; action: string; target: string; detail: string }): Promise<void>;

  // Reading history, the newest first; incidents that are still open are in it.
  recoveries(query: RecoveryQuery): Promise<Page<IncidentRecord>>;
  recovery(id: string): Promise<RecoveryDetail | null>;

  /** Removes closed incidents (with all that belongs to them), old alerts, ended maintenance and audit rows. Returns incidents removed. */
  prune(closedBeforeMs: number): Promise<number>;
  close(): Promise<void>;
}
