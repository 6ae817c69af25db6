/** What the parts of the recovery loop share: what they need from outside, and what they remember. */
import type { Logger } from 'pino';
import type { AlertmanagerClient } from '../alertmanager/client.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../events/clock.ts';
import type { NewEvent } from '../events/event.ts';
import type { GuestActions } from '../execution/guest-actions.ts';
import type { GuestAgentActions } from '../execution/guest-agent-actions.ts';
import type { Hypervisor } from '../execution/hypervisor.ts';
import type { AlertReference, DomainRecord, IncidentRecord, MaintenanceRecord, Store } from '../history/store.ts';
import type { AppsView } from '../perception/apps/view.ts';
import type { View } from '../perception/view.ts';
import type { Inventory } from '../policy/inventory.ts';
import type { ForecastView } from '../prediction/forecast-view.ts';
import type { RecoveryMetrics } from './metrics.ts';
import type { Migration } from './migrations.ts';
import type { OwnAction } from './own-actions.ts';

/** What the declared probes of a domain say together; `pending`: none has answered or failed often enough yet. */
export type ProbeState = 'none' | 'pending' | 'answering' | 'failed';

/** Told around our own operations, so that what they do to guests and apps is not taken for a fault. `app` null: the guest and all apps in it. */
export interface Supervision {
  /** `untilMs`, monotonic: it is over by then in any case. */
  mute(uuid: string, app: string | null, untilMs: number, why: string): void;
  unmute(uuid: string, app: string | null): void;
}

export interface RecoveryDependencies {
  store: Store;
  view: View;
  clock: Clock;
  push(event: NewEvent): void;
  config(): Config;
  /** Null where none is configured. */
  inventory(): Inventory | null;
  /** Null: the host is not connected. */
  hypervisor(host: string): Hypervisor | null;
  probeState(uuid: string): ProbeState;
  /** Every declared probe answered at or after this wall clock; true where none is declared. */
  probesAnsweredSince(uuid: string, sinceMs: number): boolean;
  /** The latest forecasts. Default: none. */
  forecasts?: ForecastView;
  /** What is known of apps. Default: none are supervised. */
  apps?: AppsView;
  /** Default: nobody is told. */
  supervision?: Supervision;
  /** Changes something inside guests. Null, the default: nothing does, so that what apps need is not available. */
  guestActions?: GuestActions | null;
  /** The same by the QEMU guest agent, for domains that it is allowed in. Default: null. */
  guestAgent?: GuestAgentActions | null;
  /** Lists a host (all without a name) anew, soon. */
  sampleNow(host?: string): void;
  /** Perception forgets what it remembers of the domain. */
  forgetInView(uuid: string): void;
  /** Null where no Alertmanager is configured. */
  alertmanager: AlertmanagerClient | null;
  metrics: RecoveryMetrics;
  log: Logger;
  /** Name of this executor: holder of operation locks. */
  owner: string;
  /** Reads the configuration file again and puts it in force. Rejects with ConfigError. */
  reloadConfig(): Promise<void>;
}

export interface Pause {
  by: string;
  reason: string;
  atMs: number;
}

export interface RecoveryState {
  domains: Map<string, DomainRecord>;
  /** Domains that an operator has told us to forget, while they are still defined somewhere. UUID -> since. */
  forgotten: Map<string, number>;
  /** Open incidents by target key, as the store has them. */
  open: Map<string, IncidentRecord>;
  /** Attempts under way: target key -> host. */
  executing: Map<string, string>;
  /** Our last action on each domain, by UUID. */
  ownActions: Map<string, OwnAction>;
  /** Our last operation on any app of each domain, by UUID. Wall clock; `toMs` null: under way. */
  appOperations: Map<string, { fromMs: number; toMs: number | null }>;
  /** Target key of an app -> what was told of it, or closed by a person, and is not begun anew until it was well: `closed:app_down`. */
  toldApps: Map<string, string>;
  /** Of our lease: the guest helper refuses what comes with an older one. */
  generation: number;
  /** Target keys of operators' orders that were accepted and have not ended; nothing else is done to these targets. */
  ordered: Set<string>;
  /** Domains that were undefined while they ran, and run on as transient ones. UUID -> since. */
  definitionRemoved: Map<string, number>;
  /** Live migrations under way: target key -> the host that they leave. */
  migrating: Map<string, string>;
  /** Begun lately, the oldest first. */
  migrations: Set<Migration>;
  /** Hosts whose present forecast was told, or closed by a person. Name -> since. */
  toldHosts: Map<string, number>;
  /** Incident id -> an alert of a fault that perception has not seen yet, while only a forecast is. */
  earlyAlerts: Map<string, { fault: string; alert: AlertReference }>;
  /** Wall clock of this process's start. */
  startedAtMs: number;
  /** Targets whose attempts in the store have no known end: looked at before anything else. */
  unsettled: Set<string>;
  /** Incident id -> its first attempts, so many, don't count, because a person ordered to begin anew. */
  ladderFrom: Map<string, number>;
  /** Incident id -> id of the attempt after which its domain was given time once more to be verified. */
  lookedAgain: Map<string, string>;
  /** Incident id -> last `kind/reason` written as a decision. */
  lastDecision: Map<string, string>;
  /** Target key -> when its last incident was closed; for alerts that come late. */
  lastClosed: Map<string, { incidentId: string; closedAtMs: number }>;
  /** Identities of alerts that were resolved. */
  resolvedAlerts: Set<string>;
  paused: Pause | null;
  maintenance: MaintenanceRecord[];
  stopping: boolean;
  /** Aborted when the process ends before its attempts: they are left in the store as they are, for the next start. */
  abandoned: AbortController;
}

export interface RecoveryContext extends RecoveryDependencies {
  forecasts: ForecastView;
  apps: AppsView;
  supervision: Supervision;
  guestActions: GuestActions | null;
  guestAgent: GuestAgentActions | null;
  state: RecoveryState;
}

export function emptyState(startedAtMs: number): RecoveryState {
  return {
    domains: new Map(),
    forgotten: new Map(),
    open: new Map(),
    executing: new Map(),
    ownActions: new Map(),
    appOperations: new Map(),
    toldApps: new Map(),
    generation: 0,
    ordered: new Set(),
    definitionRemoved: new Map(),
    migrating: new Map(),
    migrations: new Set(),
    toldHosts: new Map(),
    earlyAlerts: new Map(),
    startedAtMs,
    unsettled: new Set(),
    ladderFrom: new Map(),
    lookedAgain: new Map(),
    lastDecision: new Map(),
    lastClosed: new Map(),
    resolvedAlerts: new Set(),
    paused: null,
    maintenance: [],
    stopping: false,
    abandoned: new AbortController(),
  };
}

/** Forgets the oldest entries of an insertion-ordered map or set beyond `most`. */
export function trim(collection: Map<string, unknown> | Set<unknown>, most: number): void {
  for (const key of collection.keys()) {
    if (collection.size <= most) return;
    collection.delete(key as string);
  }
}
