import { DomainState, reasonName } from '../libvirt/index.ts';
import type { Stop } from '../policy/types.ts';
import type { DomainSighting } from './view.ts';

const STATES: Readonly<Record<number, DomainSighting['state']>> = {
  [DomainState.RUNNING]: 'running',
  // A blocked domain waits for a resource and one that shuts down still has its QEMU: both run.
  [DomainState.BLOCKED]: 'running',
  [DomainState.SHUTDOWN]: 'running',
  [DomainState.PAUSED]: 'paused',
  [DomainState.SHUTOFF]: 'shutoff',
  [DomainState.CRASHED]: 'crashed',
  [DomainState.PMSUSPENDED]: 'pmsuspended',
};

/**
 * libvirt's state and reason codes (virDomainState and the reasons that belong to it) in words. A state that this version
 * does not know counts as running: the one state in which nothing is done to a domain.
 */
export function domainState(state: number, reason: number): { state: DomainSighting['state']; reason: string } {
  const known = STATES[state];
  if (known === undefined) return { state: 'running', reason: `state ${state}` };
  return { state: known, reason: reasonName(state, reason).toLowerCase() };
}

const STOP_REASONS: ReadonlySet<string> = new Set<Stop['reason']>([
  'failed',
  'crashed',
  'panicked',
  'destroyed',
  'shutdown',
  'migrated',
  'saved',
  'from_snapshot',
  'daemon',
]);

/** The word of a shut-off reason or of a STOPPED event's detail as a stop reason; anything else is `unknown`. */
export function stopReason(word: string): Stop['reason'] {
  return STOP_REASONS.has(word) ? (word as Stop['reason']) : 'unknown';
}

/** QEMU exists: the domain runs or is held in some way, here. */
export function isActive(state: DomainSighting['state']): boolean {
  return state !== 'shutoff';
}
