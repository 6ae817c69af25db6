import type { Action, Fault, IncidentFault } from '../vocabulary.ts';
import { isAppAction, isAppFault } from '../vocabulary.ts';
import type { DomainPolicy, Ladder, Rung } from './types.ts';

const rung = (action: Action, timeoutSeconds: number, delaySeconds?: number): Rung =>
  delaySeconds === undefined ? { action, timeoutSeconds } : { action, timeoutSeconds, delaySeconds };

const START_AGAIN = [rung('start', 60), rung('restart', 90), rung('relocate', 120)];
const RESET_FIRST = [rung('reset', 90), rung('restart', 90), rung('relocate', 120)];
/** Storage comes back or it doesn't: doubling from 15 s to 5 min gives it 13 minutes in all. */
const RESUME_BACKOFF_SECONDS = [15, 30, 60, 120, 240, 300];
const RESUME = [rung('resume', 30), ...RESUME_BACKOFF_SECONDS.map((delay) => rung('resume', 30, delay)), rung('restart', 90)];

/** systemd gives a unit up after five starts within ten seconds: after this pause the second attempt is no part of the first one's ten. */
const APP_PAUSE_SECONDS = 10;
const RESTART_APP = [rung('restart_app', 30), rung('restart_app', 30, APP_PAUSE_SECONDS)];

const FIVE_IN_HALF_AN_HOUR = { recoveries: 5, windowSeconds: 1800 };
const THREE_IN_HALF_AN_HOUR = { recoveries: 3, windowSeconds: 1800 };
const NOTIFY: Ladder = { rungs: [rung('notify', 30)], budget: null, cooldownSeconds: 0 };

/** The ladders that hold where configuration says nothing else (DESIGN, section 5). */
export const DEFAULT_LADDERS: Readonly<Record<Fault, Ladder>> = {
  domain_crashed: { rungs: START_AGAIN, budget: THREE_IN_HALF_AN_HOUR, cooldownSeconds: 30 },
  domain_stopped: { rungs: START_AGAIN, budget: THREE_IN_HALF_AN_HOUR, cooldownSeconds: 30 },
  domain_panicked: { rungs: RESET_FIRST, budget: THREE_IN_HALF_AN_HOUR, cooldownSeconds: 0 },
  domain_hung: { rungs: RESET_FIRST, budget: THREE_IN_HALF_AN_HOUR, cooldownSeconds: 0 },
  domain_paused: { rungs: RESUME, budget: null, cooldownSeconds: 0 },
  domain_missing: { rungs: [rung('rebuild', 120)], budget: { recoveries: 2, windowSeconds: 3600 }, cooldownSeconds: 0 },
  domain_failing: NOTIFY,
  domain_unknown: NOTIFY,
  domain_duplicated: NOTIFY,
  host_degraded: NOTIFY,
  app_down: { rungs: RESTART_APP, budget: FIVE_IN_HALF_AN_HOUR, cooldownSeconds: 0 },
  app_hung: { rungs: RESTART_APP, budget: FIVE_IN_HALF_AN_HOUR, cooldownSeconds: 0 },
  app_degraded: NOTIFY,
};

const NOTIFY_ONLY: ReadonlySet<IncidentFault> = new Set<Fault>(['domain_unknown', 'domain_duplicated', 'host_degraded']);
/** They end the memory of a guest that is paused yet intact. */
const ENDS_A_PAUSED_GUEST: ReadonlySet<Action> = new Set<Action>(['reset', 'restart', 'rebuild', 'relocate', 'stop', 'destroy']);

/** Why policy forbids the action here, for people; null: it may be tried. */
export function unavailable(action: Action, fault: IncidentFault, policy: Pick<DomainPolicy, 'relocate' | 'restartPaused'>): string | null {
  if (action === 'notify') return null;
  if (NOTIFY_ONLY.has(fault)) return `${fault} is never acted on`;
  if (isAppAction(action)) return isAppFault(fault) || fault === 'requested' ? null : `${action} is done to apps, and ${fault} is not a fault of one`;
  if (isAppFault(fault)) return action === 'reset' ? null : `${action} is done to domains; of these only reset mends an app`;
  if (fault === 'domain_paused' && ENDS_A_PAUSED_GUEST.has(action) && !policy.restartPaused) {
    return `${action} would end the paused guest, and restartPaused is off`;
  }
  if (fault === 'domain_failing' && action !== 'migrate') return `a forecast is no reason to ${action} a guest that runs`;
  if (action === 'migrate' && fault !== 'domain_failing' && fault !== 'requested') return `${fault} is not mended by moving the domain`;
  if (action !== 'relocate' && action !== 'migrate') return null;
  if (!policy.relocate) return 'relocate is off for this domain';
  return action === 'relocate' ? 'relocation to another host is not available' : null;
}
