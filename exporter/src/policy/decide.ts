import type { Fault, IncidentFault, IncidentState, SuppressReason } from '../vocabulary.ts';
import { isForecast } from '../vocabulary.ts';
import type { Decision, DomainPolicy, Executing, Observed } from './types.ts';

export interface DecideInput {
  policy: DomainPolicy;
  observed: Observed;
  executing: Executing;
  /** The open incident of the domain. */
  incident: { fault: IncidentFault; state: IncidentState } | null;
  /**
   * The domain is off because an action of ours left it so: it destroyed or defined the domain and did not get it started,
   * and nothing else has happened to it since. Such a stop is nobody's wish.
   */
  leftOffByUs?: boolean;
  /** It was undefined while it ran: it is transient now, and would be gone for good after its next stop. */
  definitionRemoved?: boolean;
  nowMs: number;
}

type Present = Extract<Observed, { kind: 'present' }>;
type Absent = Extract<Observed, { kind: 'absent' }>;

/** A domain may be gone from every host because one listing met it between two hosts; the second settles it. */
export const LISTINGS_FOR_ABSENCE = 2;
/** After a migration the source says so before the destination is seen running. */
export const MIGRATION_SETTLE_MS = 60_000;

/**
 * What to do about one domain: EDR's table of desired state, observed state and execution state (EDR, section 4.2,
 * Table 1), made total. Never throws. The table with all its rows: README.md beside this file.
 * Whether the domain is managed is the guards' matter: a fault is named either way.
 */
export function decide(input: DecideInput): Decision {
  const { policy, observed } = input;
  if (observed.kind === 'unknown') {
    return nothing(`host ${observed.host ?? '(not known)'} is not heard, so nothing is known of the domain`);
  }
  if (observed.kind === 'duplicated') {
    const hosts = observed.hosts.toSorted();
    return notify('domain_duplicated', hosts.join(','), `runs on ${hosts.join(' and ')} at once; a person has to decide which one is right`);
  }
  if (input.executing === 'busy') return nothing('an operation on the domain is under way');
  if (policy.desired === null) return decideUnlisted(observed);
  if (policy.desired === 'stopped') return decideStopped(input, observed);
  return observed.kind === 'absent' ? decideAbsent(policy, observed) : decidePresent(input, observed);
}

/** An inventory is configured and does not name the domain. */
function decideUnlisted(observed: Present | Absent): Decision {
  if (observed.kind === 'absent') return nothing('in no inventory and on no host', 'notify_only');
  return notify('domain_unknown', observed.host, `on host ${observed.host}, but in no inventory`, 'notify_only');
}

function decideStopped({ policy, incident }: DecideInput, observed: Present | Absent): Decision {
  if (observed.kind === 'absent') {
    if (observed.completeListings < LISTINGS_FOR_ABSENCE) return nothing(seenAbsent(observed));
    if (policy.restartPolicy === 'always' && removedByUndefine(observed)) {
      return faulty('domain_missing', 'it was undefined; it has to exist, though stopped');
    }
    return nothing('to be stopped, and on no host', 'desired_stopped');
  }
  if (observed.state !== 'shutoff') return nothing(`to be stopped, but ${observed.state}; left to a person`, 'desired_stopped');
  if (incident?.fault === 'domain_missing') return { kind: 'healthy', why: 'defined again and stopped, as wanted' };
  return nothing('stopped, as wanted', 'desired_stopped');
}

function decideAbsent(policy: DomainPolicy, observed: Absent): Decision {
  if (observed.completeListings < LISTINGS_FOR_ABSENCE) return nothing(seenAbsent(observed));
  const last = observed.lastHost ?? 'no host';
  const stopped = observed.lastStop ? String(observed.lastStop.atMs) : 'unseen';
  if (observed.lastStop?.reason === 'migrated') {
    return notify('domain_missing', `migrated/${stopped}`, `gone from ${last} by migration; it may run on a host that is not watched`, 'notify_only');
  }
  if (!removedByUndefine(observed)) {
    return notify(
      'domain_missing',
      `gone/${stopped}`,
      `on no host (last seen on ${last}), and it was not seen being undefined; it may run on a host that is not watched`,
      'notify_only',
    );
  }
  if (policy.restartPolicy === 'always') return faulty('domain_missing', `it was undefined on ${last} and is on no host`);
  return notify('domain_missing', `undefined/${stopped}`, `undefined on ${last} by a person; it is not expected any more`, 'notify_only');
}

function decidePresent(input: DecideInput, observed: Present): Decision {
  switch (observed.state) {
    case 'running':
      return decideRunning(input, observed);
    case 'paused':
      return decidePaused(observed);
    case 'shutoff':
      return decideShutOff(input, observed);
    case 'crashed':
      return observed.reason === 'panicked'
        ? faulty('domain_panicked', 'the guest kernel panicked')
        : faulty('domain_crashed', `crashed (${observed.reason})`);
    case 'pmsuspended':
      return nothing('the guest has suspended itself', 'self_recovered');
  }
}

function decideRunning({ policy, definitionRemoved, incident }: DecideInput, observed: Present): Decision {
  const proof = observed.evidence.join('; ');
  const isWell = observed.health === 'healthy' || observed.health === 'failing';
  if (observed.health === 'panicked') return faulty('domain_panicked', `runs, but its kernel panicked: ${proof || 'panic event'}`);
  if (isWell && definitionRemoved === true && policy.restartPolicy === 'always') {
    return faulty('domain_missing', `runs on ${observed.host}, but it was undefined: its definition is missing`);
  }
  // What is forecast must not keep the incident of a fault open that has ended, nor hide the recovery from it.
  const isForemost = incident === null || incident.fault === 'domain_failing';
  if (observed.health === 'failing' && isForemost && proof !== '') return faulty('domain_failing', `runs, but is going to fail: ${proof}`);
  if (isWell) return { kind: 'healthy', why: `running on ${observed.host}` };
  // A hang is believed on positive proof only: an idle guest stands as still as a hung one.
  if (proof === '') return nothing('thought to hang, but nothing proves it');
  return faulty('domain_hung', `runs, but hangs: ${proof}`);
}

/** Paused for a while as part of an operation, or put by for good: not a fault, and it ends without us. */
const PAUSED_IN_PASSING = new Set(['migration', 'save', 'dump', 'from_snapshot', 'shutting_down', 'snapshot', 'starting_up', 'postcopy']);

function decidePaused(observed: Present): Decision {
  const { reason } = observed;
  if (reason === 'ioerror') return faulty('domain_paused', 'paused by an I/O error');
  if (reason === 'watchdog') return faulty('domain_hung', 'paused by its watchdog: the guest stopped feeding it');
  if (reason === 'crashed') return faulty('domain_panicked', 'paused after its kernel panicked');
  if (reason === 'user') return nothing('paused by a person', 'operator');
  if (PAUSED_IN_PASSING.has(reason)) return nothing(`paused in passing (${reason})`);
  return notify('domain_paused', reason, `paused (${reason}); not resumed, because the cause is not known to be harmless`);
}

/** QEMU ended by itself, failed to start, or was killed by libvirtd when it could not be taken over again (`daemon`). */
const FAILED_STOPS = new Set(['crashed', 'failed', 'daemon']);
const ORDERED_STOPS = new Set(['shutdown', 'destroyed']);

function decideShutOff(input: DecideInput, observed: Present): Decision {
  const { reason, host } = observed;
  const stopped = observed.lastStop ? String(observed.lastStop.atMs) : 'unseen';
  if (FAILED_STOPS.has(reason)) return faulty('domain_crashed', `shut off (${reason}) on ${host}`);
  if (reason === 'saved') return nothing('saved to disk by a person', 'operator');
  if (reason === 'from_snapshot') return nothing('reverted to a snapshot of the stopped domain by a person', 'operator');
  if (reason === 'migrated') return decideMigratedAway(observed, input.nowMs, stopped);
  if (input.leftOffByUs === true) {
    return faulty(faultOfOurStop(input.incident?.fault), `shut off (${reason}) on ${host} by a recovery that did not get it started again`);
  }
  if (!ORDERED_STOPS.has(reason)) {
    return notify('domain_stopped', `unknown/${stopped}`, `shut off on ${host} for a reason that is not known (${reason}); not started, because it may have been wanted`, 'notify_only');
  }
  if (input.policy.restartPolicy === 'always') return faulty('domain_stopped', `shut off (${reason}) on ${host} without virtmedic being told`);
  return notify('domain_stopped', `${reason}/${stopped}`, `shut off (${reason}) on ${host} by a person or the guest; respected under on-failure`, 'notify_only');
}

/** Its definition stayed behind, and no watched host shows it running: else it would be observed there. */
function decideMigratedAway(observed: Present, nowMs: number, stopped: string): Decision {
  if (nowMs - observed.sinceMs < MIGRATION_SETTLE_MS) return nothing('migrated away; its destination has yet to report it');
  return notify('domain_missing', `migrated/${stopped}`, `migrated away from ${observed.host}, and seen running on no watched host; never started here`, 'notify_only');
}

/** The incident goes on under its own name; only what is present again is missing no more, and what is off fails no more. */
function faultOfOurStop(fault: IncidentFault | undefined): Fault {
  return fault === undefined || fault === 'requested' || fault === 'domain_missing' || isForecast(fault) ? 'domain_stopped' : fault;
}

function removedByUndefine(observed: Absent): boolean {
  return observed.undefinedSeen && observed.lastStop?.reason !== 'migrated';
}

function seenAbsent(observed: Absent): string {
  return `absent from ${observed.completeListings} of the ${LISTINGS_FOR_ABSENCE} complete listings that prove it`;
}

function nothing(why: string, ends?: SuppressReason): Decision {
  return ends === undefined ? { kind: 'nothing', why } : { kind: 'nothing', why, ends };
}

function notify(fault: Fault, detail: string, why: string, ends?: SuppressReason): Decision {
  const decision = { kind: 'notify', fault, key: `${fault}/${detail}`, why } as const;
  return ends === undefined ? decision : { ...decision, ends };
}

function faulty(fault: Fault, why: string): Decision {
  return { kind: 'incident', fault, why };
}
