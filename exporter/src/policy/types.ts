import type { Action, DesiredState, DomainStateName, Fault, HoldReason, RestartPolicy, SuppressReason } from '../vocabulary.ts';

/** How a domain last stopped, in libvirt's words (virDomainEventStoppedDetailType / shut-off reasons). */
export interface Stop {
  atMs: number;
  reason: 'failed' | 'crashed' | 'panicked' | 'destroyed' | 'shutdown' | 'migrated' | 'saved' | 'from_snapshot' | 'daemon' | 'unknown';
}

/** `failing`: nothing is wrong yet, but the forecast says that it will be; from prediction, all else from perception. */
export type Health = 'healthy' | 'failing' | 'hung' | 'panicked';

/**
 * What perception knows of one domain, over all hosts (VM_State of EDR's table).
 * `unknown` is never `absent` and never dead.
 */
export type Observed =
  | { kind: 'unknown'; host: string | null }
  | { kind: 'duplicated'; hosts: string[] }
  | {
      kind: 'absent';
      lastHost: string | null;
      /** Consecutive complete listings of every host without it, no host unknown. */
      completeListings: number;
      /** UNDEFINED was seen on its last host after a stop. */
      undefinedSeen: boolean;
      lastStop: Stop | null;
    }
  | {
      kind: 'present';
      host: string;
      state: Exclude<DomainStateName, 'absent' | 'unknown'>;
      /** libvirt's reason for the state in lower case, e.g. `crashed`, `user`, `ioerror`, `watchdog`, `from_snapshot`. */
      reason: string;
      sinceMs: number;
      persistent: boolean;
      health: Health;
      /** What proves the health; a text's first word names the proof: `watchdog`, `panic event`, `probe http … failed 3 times; counters still for 12 s`, `forecast 0.93 within 60 s`. */
      evidence: string[];
      lastStop: Stop | null;
    };

/** What is wanted of one domain (Instance_Info of EDR's table), with the policy that configuration selects for it. */
export interface DomainPolicy {
  managed: boolean;
  dryRun: boolean;
  restartPolicy: RestartPolicy;
  relocate: boolean;
  restartPaused: boolean;
  /** Null: not in the inventory although one is configured. */
  desired: DesiredState | null;
}

/** Execution_State of EDR's table. */
export type Executing = 'none' | 'busy';

/**
 * Only `incident` permits an action; anything else also stops the rungs of an open incident that have not begun.
 * `ends`: an open incident of the target, if there is one, has lost its ground and ends suppressed with this reason.
 */
export type Decision =
  | { kind: 'nothing'; why: string; ends?: SuppressReason }
  /** Closes an open incident of the target, if there is one: it is as it should be. */
  | { kind: 'healthy'; why: string }
  /** Told once (per `key`), nothing done. */
  | { kind: 'notify'; fault: Fault; key: string; why: string; ends?: SuppressReason }
  | { kind: 'incident'; fault: Fault; why: string };

export interface Rung {
  action: Action;
  /** Limit of the attempt with its verification. */
  timeoutSeconds: number;
  /** Wait before the rung, counted from the end of the one before. */
  delaySeconds?: number;
}

export interface Ladder {
  rungs: Rung[];
  budget: { recoveries: number; windowSeconds: number } | null;
  cooldownSeconds: number;
}

export type GuardVerdict =
  /** `notes`: what stood in the way and was passed over on purpose; for the record. */
  | { kind: 'allow'; notes: string[] }
  | { kind: 'suppress'; reason: SuppressReason; why: string }
  /** `retryAtMs`: wall clock at which the cause may have lifted; null: an event will tell. */
  | { kind: 'hold'; reason: HoldReason; why: string; retryAtMs: number | null }
  | { kind: 'escalate'; why: string };
