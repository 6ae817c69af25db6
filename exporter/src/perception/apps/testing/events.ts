/** What perception tells, for tests. */
import type { DomainLifecycleEvent, DomainRebootedEvent, LifecycleChange } from '../../events.ts';

export function lifecycle(uuid: string, change: LifecycleChange, detail = ''): DomainLifecycleEvent {
  return { kind: 'domain_lifecycle', host: 'h1', uuid, name: 'vm', atMs: 0, change, detail, stop: null };
}

export function rebooted(uuid: string): DomainRebootedEvent {
  return { kind: 'domain_rebooted', host: 'h1', uuid, name: 'vm', atMs: 0 };
}
