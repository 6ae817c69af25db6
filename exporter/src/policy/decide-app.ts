import type { AppFault, DesiredState, IncidentFault, SuppressReason } from '../vocabulary.ts';
import { isForecast } from '../vocabulary.ts';
import { LISTINGS_FOR_ABSENCE } from './decide.ts';
import type { Observed } from './types.ts';

/** What perception concludes about one app, as far as policy asks. */
export interface ObservedApp {
  state: 'up' | 'starting' | 'off' | 'doubtful' | 'faulty' | 'unknown' | 'muted';
  /** Null: nothing is wrong, or nothing is known. */
  fault: AppFault | null;
  /** In words, what proves it; empty: nothing does. */
  proof: string;
}

export interface DecideAppInput {
  /** Of its domain. Null: that is not in the inventory although one is configured. */
  desired: DesiredState | null;
  /** Its domain, over all hosts. */
  domain: Observed;
  /** The open incident of its domain. */
  domainIncident: { fault: IncidentFault } | null;
  /** An operation of ours on the domain, or on another app in it, is under way. */
  domainBusy: boolean;
  /** Null: no such app is declared, or it is not known yet which are (`declaredKnown`). */
  app: ObservedApp | null;
  declaredKnown: boolean;
}

/** As of a domain (`Decision`): only `incident` permits an action; `nothing` without `ends` holds an open incident as it is. */
export type AppDecision =
  | { kind: 'nothing'; why: string; ends?: SuppressReason }
  | { kind: 'healthy'; why: string }
  | { kind: 'incident'; fault: AppFault; why: string };

/**
 * What to do about one app in a guest. Its domain goes first: whatever is the matter with that, or not known of it, is none of the
 * app's. Total: never throws. Unknown is never dead: it neither opens, nor ends, nor goes on with an incident.
 */
export function decideApp(input: DecideAppInput): AppDecision {
  return ofDomain(input) ?? ofApp(input);
}

/** Null: the domain runs and is well, so that the app itself decides. */
function ofDomain({ desired, domain, domainIncident, domainBusy }: DecideAppInput): AppDecision | null {
  if (domain.kind === 'unknown') return nothing(`host ${domain.host ?? '(not known)'} of its domain is not heard`);
  if (domain.kind === 'duplicated') return nothing('its domain runs on two hosts at once; a person has to decide which one is right');
  if (domainIncident !== null && domainIncident.fault !== 'requested' && !isForecast(domainIncident.fault)) {
    return nothing(`its domain has an open incident itself: ${domainIncident.fault}`, 'parent');
  }
  if (domainBusy || domainIncident?.fault === 'requested') return nothing('an operation on its domain is under way');
  if (desired === null) return nothing('its domain is in no inventory', 'not_managed');
  if (domain.kind === 'absent') {
    return domain.completeListings < LISTINGS_FOR_ABSENCE ? nothing('its domain was absent from a listing; a second one proves it') : nothing('its domain is on no host', off(desired));
  }
  if (domain.state === 'shutoff') return nothing(`its domain is shut off (${domain.reason})`, off(desired));
  if (domain.state !== 'running') return nothing(`its domain is ${domain.state} (${domain.reason})`);
  if (domain.health === 'hung' || domain.health === 'panicked') return nothing(`its domain itself is ${domain.health}`);
  return desired === 'stopped' ? nothing('its domain is to be stopped, but runs; left to a person', 'desired_stopped') : null;
}

function off(desired: DesiredState): SuppressReason {
  return desired === 'stopped' ? 'desired_stopped' : 'parent';
}

function ofApp({ app, declaredKnown }: DecideAppInput): AppDecision {
  if (app === null) return declaredKnown ? nothing('no app of this name is declared any more', 'forgotten') : nothing('which apps are declared is not known yet');
  const { state, fault, proof } = app;
  switch (state) {
    case 'up':
      return { kind: 'healthy', why: proof || 'runs' };
    case 'off':
      return { kind: 'healthy', why: proof || 'does not run, as it may' };
    case 'starting':
    case 'doubtful':
    case 'unknown':
    case 'muted':
      return nothing(proof || `its state is ${state}`);
    case 'faulty':
      return fault === null || proof === '' ? nothing('thought to be faulty, but nothing proves it') : { kind: 'incident', fault, why: proof };
  }
}

function nothing(why: string, ends?: SuppressReason): AppDecision {
  return ends === undefined ? { kind: 'nothing', why } : { kind: 'nothing', why, ends };
}
