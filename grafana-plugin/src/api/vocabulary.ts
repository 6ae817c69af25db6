/** Words of virtmedic that queries may be filtered by. The daemon may know more of them; they are taken as they come. */
import type { Outcome } from './types';

export const OUTCOMES: readonly Outcome[] = [
  'recovered',
  'failed',
  'escalated',
  'suppressed',
  'interrupted',
  'dry_run',
];

/** Fault classes of incidents, and `requested`: an operator ordered an action where nothing was wrong. */
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
  'requested',
] as const;

/** What may be tried to recover. */
export const ACTIONS = [
  'notify',
  'start',
  'resume',
  'reset',
  'restart',
  'rebuild',
  'relocate',
  'migrate',
  'stop',
  'destroy',
  'restart_app',
  'start_process',
  'kill_process',
] as const;
