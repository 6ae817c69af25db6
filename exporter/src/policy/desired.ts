import type { DesiredState, DomainStateName, RestartPolicy } from '../vocabulary.ts';
import type { Stop } from './types.ts';

/** Who brought a change about. `recovery`: an action of ours within a recovery; `operator`: an order given to virtmedic; `other`: anybody else. */
export type ChangedBy = 'recovery' | 'operator' | 'other';

export type DesiredEvent =
  /** It was seen starting, or seen active where it was known to be off. */
  | { kind: 'started'; by: ChangedBy }
  | { kind: 'stopped'; by: ChangedBy; reason: Stop['reason'] }
  /** Its definition was removed. `active`: it still runs somewhere (undefined while running, or its old definition after a migration). */
  | { kind: 'undefined'; by: ChangedBy; active: boolean; lastStop: Stop['reason'] | null };

const OFF: ReadonlySet<DomainStateName> = new Set(['shutoff', 'absent', 'unknown']);

/**
 * Desired state at the first listing that shows a domain: running if QEMU runs (paused, suspended and panicked too), or if
 * libvirt would start it with the host. Autostart says nothing where the domain may be relocated: it has to be off there.
 */
export function firstDesired(domain: { state: DomainStateName; autostart: boolean; relocate: boolean }): DesiredState {
  return !OFF.has(domain.state) || (domain.autostart && !domain.relocate) ? 'running' : 'stopped';
}

/**
 * Desired state after an event. A fault never changes it, nor does an action of a recovery; an operator's order always
 * does. Call `decide` with the state from before the event, so that the notification of an ordered stop is given.
 */
export function nextDesired(current: DesiredState, event: DesiredEvent, restartPolicy: RestartPolicy): DesiredState {
  if (event.by === 'recovery') return current;
  if (event.kind === 'started') return 'running';
  if (event.by === 'operator') return 'stopped';
  return restartPolicy === 'on-failure' && isWishToStop(event) ? 'stopped' : current;
}

function isWishToStop(event: Exclude<DesiredEvent, { kind: 'started' }>): boolean {
  if (event.kind === 'undefined') return !event.active && event.lastStop !== 'migrated';
  return event.reason === 'shutdown' || event.reason === 'destroyed';
}

/**
 * What is wanted now: the inventory's word where one is configured (null: it does not name the domain), else what
 * virtmedic keeps. `inventory` undefined: none is configured.
 */
export function effectiveDesired(inventory: DesiredState | null | undefined, kept: DesiredState): DesiredState | null {
  return inventory === undefined ? kept : inventory;
}
