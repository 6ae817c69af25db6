/** The words of the whole project: fault classes, actions, outcomes, states. Nothing here does anything. */

export const FAULTS = [
  'domain_crashed',
  'domain_panicked',
  'domain_paused',
  'domain_stopped',
  'domain_missing',
  'domain_hung',
  'domain_failing',
  'domain_unknown',
  'domain_duplicated',
  'host_degraded',
  'app_down',
  'app_hung',
  'app_degraded',
] as const;
/** What is wrong with a target. Later parts add the classes of messages. */
export type Fault = (typeof FAULTS)[number];

export const FORECAST_FAULTS = ['domain_failing', 'host_degraded'] as const satisfies readonly Fault[];
/** Faults that are not there yet, only forecast: an incident of them lasts as long as the forecast is over its limit. */
export type ForecastFault = (typeof FORECAST_FAULTS)[number];

export function isForecast(fault: IncidentFault): fault is ForecastFault {
  return (FORECAST_FAULTS as readonly IncidentFault[]).includes(fault);
}

/** Gravest first. */
export const APP_FAULTS = ['app_down', 'app_hung', 'app_degraded'] as const satisfies readonly Fault[];
/** Faults of an app inside a guest, gravest first. */
export type AppFault = (typeof APP_FAULTS)[number];

export function isAppFault(fault: IncidentFault): fault is AppFault {
  return (APP_FAULTS as readonly IncidentFault[]).includes(fault);
}

export const INCIDENT_FAULTS = [...FAULTS, 'requested'] as const;
/** What an incident is about: a fault, or `requested`: an operator ordered an action where nothing was wrong. */
export type IncidentFault = (typeof INCIDENT_FAULTS)[number];

export const APP_ACTIONS = ['restart_app', 'start_process', 'kill_process'] as const;
/** What is done to an app inside a guest. */
export type AppAction = (typeof APP_ACTIONS)[number];

export const ACTIONS = ['notify', 'start', 'resume', 'reset', 'restart', 'rebuild', 'relocate', 'migrate', 'stop', 'destroy', ...APP_ACTIONS] as const;
export type Action = (typeof ACTIONS)[number];
/** What is done to a domain, or told of any target. */
export type DomainAction = Exclude<Action, AppAction>;

export function isAppAction(action: string): action is AppAction {
  return (APP_ACTIONS as readonly string[]).includes(action);
}

export const OUTCOMES = ['recovered', 'failed', 'escalated', 'suppressed', 'interrupted', 'dry_run'] as const;
/** How a recovery ended. */
export type Outcome = (typeof OUTCOMES)[number];

export const INCIDENT_STATES = ['open', 'executing', 'verifying', 'escalated', 'suppressed'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

export const ATTEMPT_RESULTS = ['succeeded', 'failed', 'timed_out', 'unavailable', 'interrupted'] as const;
export type AttemptResult = (typeof ATTEMPT_RESULTS)[number];

export const HOLD_REASONS = [
  'waiting_for_alert',
  'maintenance',
  'silence',
  'alertmanager_unreachable',
  'pause',
  'cooldown',
  'concurrency',
  'migrations',
  'blast_radius',
  'busy',
  'backoff',
  'unobserved',
] as const;
/** Why an open incident waits; it is decided again when the cause lifts. */
export type HoldReason = (typeof HOLD_REASONS)[number];

export const SUPPRESS_REASONS = [
  'not_managed',
  'dry_run',
  'notify_only',
  'self_recovered',
  'not_verified',
  'desired_stopped',
  'alert_resolved',
  'forgotten',
  'operator',
  'parent',
] as const;
/** Why an incident ended without an action of ours. */
export type SuppressReason = (typeof SUPPRESS_REASONS)[number];

export type DesiredState = 'running' | 'stopped';
export type RestartPolicy = 'on-failure' | 'always';
/** What releases the first rung: an alert that came back through Alertmanager, or perception itself. */
export type Trigger = 'alert' | 'direct';

/** What an incident is about. A domain is identified by its UUID wherever it runs, an app by its name in that domain. */
export type Target =
  | { kind: 'domain'; uuid: string; name: string; host: string }
  | { kind: 'host'; host: string }
  /** `name`: the domain's. */
  | { kind: 'app'; uuid: string; name: string; host: string; app: string };

/** `domain/<uuid>`, `host/<name>` or `app/<uuid>/<app>`: the key under which one target has at most one open incident. */
export function targetKey(target: Target): string {
  switch (target.kind) {
    case 'domain':
      return `domain/${target.uuid}`;
    case 'host':
      return `host/${target.host}`;
    case 'app':
      return appKey(target.uuid, target.app);
  }
}

export function appKey(uuid: string, app: string): string {
  return `app/${uuid}/${app}`;
}

/** Numbers of `virtmedic_domain_state`. */
export const DOMAIN_STATE_CODES = {
  absent: 0,
  running: 1,
  paused: 2,
  shutoff: 3,
  crashed: 4,
  pmsuspended: 5,
  unknown: 6,
} as const;
export type DomainStateName = keyof typeof DOMAIN_STATE_CODES;
