import type { LifecycleChange } from './events.ts';
import { LIFECYCLE_CHANGES } from './events.ts';
import { isActive } from './states.ts';
import type { DomainSighting } from './view.ts';

/** What a lifecycle event makes of a host's sighting of the domain. */
export type Effect =
  /** The sighting stays as it is. */
  | { kind: 'none' }
  | { kind: 'put'; sighting: DomainSighting }
  /** The host has the domain no longer. */
  | { kind: 'remove'; undefinedSeen: boolean };

const SUSPENDED_REASONS: Readonly<Record<string, string>> = { paused: 'user', migrated: 'migration', restored: 'user' };

/** The lower-case name of a lifecycle event as one of those that this version knows. */
export function lifecycleChange(event: string): LifecycleChange | null {
  return LIFECYCLE_CHANGES.find((change) => change === event) ?? null;
}

/**
 * What one event changes, in the words of the states' reasons where libvirt has them. `before`: undefined where the host did
 * not show the domain until now.
 */
export function lifecycleEffect(
  change: LifecycleChange,
  detail: string,
  domain: { uuid: string; name: string; host: string },
  before: DomainSighting | undefined,
  atMs: number,
): Effect {
  const base: DomainSighting = before ?? { ...domain, state: 'shutoff', reason: 'unknown', sinceMs: atMs, persistent: false, autostart: false };
  const become = (state: DomainSighting['state'], reason: string): Effect => ({
    kind: 'put',
    sighting: { ...base, name: domain.name, state, reason, sinceMs: atMs },
  });
  switch (change) {
    case 'defined':
      return { kind: 'put', sighting: { ...base, name: domain.name, persistent: true } };
    case 'undefined':
      // A rename undefines the old name; the domain stays.
      if (detail === 'renamed' || before === undefined) return { kind: 'none' };
      return isActive(before.state) ? { kind: 'put', sighting: { ...before, persistent: false } } : { kind: 'remove', undefinedSeen: true };
    case 'started':
      // The receiving side of a migration exists, but the guest does not run there yet.
      return detail === 'migrated' ? become('paused', 'migration') : become('running', detail);
    case 'resumed':
      return become('running', detail);
    case 'suspended':
      return become('paused', SUSPENDED_REASONS[detail] ?? detail);
    case 'pmsuspended':
      return become('pmsuspended', detail);
    case 'crashed':
      return detail === 'panicked' ? become('crashed', detail) : { kind: 'none' };
    case 'stopped':
      return base.persistent ? become('shutoff', detail) : { kind: 'remove', undefinedSeen: false };
    case 'shutdown':
      return { kind: 'none' };
  }
}
