/** What the web listeners ask of the recovery loop. The listeners hold no state of their own. */
import type { Action } from '../vocabulary.ts';
import type { IncidentRecord, MaintenanceRecord } from '../history/store.ts';

/** One alert of an Alertmanager webhook (version 4), already validated. */
export interface ReceivedAlert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAtMs: number;
  endsAtMs: number | null;
  fingerprint: string;
}

/** Label of `virtmedic_webhook_alerts_total`. */
export type AlertResult = 'released' | 'opened' | 'repeated' | 'resolved' | 'ignored' | 'no_target' | 'suppressed';

export interface ActionRequest {
  /** UUID or name of a domain that virtmedic knows. */
  domain: string;
  /** Name of an app in it: the order is for that. Given with the actions on apps and, where that is wanted, with `recover`. */
  app?: string;
  /** Needed only where the name is not unique. */
  host?: string;
  /** `recover`: what policy would do now. */
  action: Exclude<Action, 'notify' | 'relocate'> | 'recover';
  dryRun: boolean;
  actor: string;
  reason: string;
}

export interface ActionResult {
  accepted: boolean;
  dryRun: boolean;
  incidentId: string | null;
  /** What is going to be done, or why not. */
  explanation: string;
}

/** Errors that the API turns into problem details. */
export class ControlError extends Error {
  override name = 'ControlError';
  readonly status: 400 | 404 | 409;
  constructor(status: 400 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

/** All methods reject with StoreUnavailableError when the store cannot write; then nothing was done, but that a pause is in force. */
export interface Control {
  /** Resolves when all that follows is stored. One result per alert, same order. */
  receiveAlerts(alerts: ReceivedAlert[], options: { truncated: number }): Promise<AlertResult[]>;
  act(request: ActionRequest): Promise<ActionResult>;
  acknowledge(incidentId: string, actor: string): Promise<IncidentRecord>;
  /** Ends an open incident by a person's word; refuses (409) while an attempt runs. */
  close(incidentId: string, actor: string, reason: string): Promise<IncidentRecord>;
  addMaintenance(request: { host?: string; domain?: string; all?: boolean; untilMs: number; reason: string; actor: string }): Promise<MaintenanceRecord>;
  removeMaintenance(id: string, actor: string): Promise<void>;
  pause(actor: string, reason: string): Promise<void>;
  unpause(actor: string): Promise<void>;
  paused(): { by: string; reason: string; atMs: number } | null;
  forget(domainUuid: string, actor: string): Promise<void>;
  /** Reads the configuration again. Rejects with ConfigError; the old configuration then stays in force. */
  reload(actor: string): Promise<void>;
}
