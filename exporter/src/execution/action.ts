/** What an action on a domain is given, and how it fails. */
import type { DesiredState } from '../vocabulary.ts';
import type { DomainStateNow, Hypervisor } from './hypervisor.ts';

/** `unavailable`: this action can't be taken here; the ladder goes on at once. `timed_out`: begun, and ended by its limit. */
export class ActionError extends Error {
  override name = 'ActionError';
  readonly kind: 'failed' | 'unavailable' | 'timed_out';
  constructor(kind: 'failed' | 'unavailable' | 'timed_out', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Something was begun, and observation does not tell how it ended. */
export class UnknownEndError extends Error {
  override name = 'UnknownEndError';
}

/** A host to which a domain may be migrated. */
export interface Destination {
  host: string;
  /** As the source's daemon reaches it. */
  uri: string;
  hypervisor: Hypervisor;
  /** Why this one, for people. */
  why: string;
}

export interface ActionContext {
  uuid: string;
  name: string;
  host: string;
  desired: DesiredState;
  hypervisor: Hypervisor;
  /** Journals `name`, then runs it. The step is in the store before `run` is called. */
  step<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Hosts other than `host` that show the domain active now, or that are not heard and last showed it. */
  activeElsewhere(): string[];
  /** Whether every host is heard and none of them has the domain, by fresh look-ups. */
  absentEverywhere(): Promise<{ absent: boolean; why: string }>;
  savedDefinition(): Promise<string | null>;
  /** Chooses, and writes the choice down. Rejects with ActionError `unavailable` where no host may take the domain. */
  destination(): Promise<Destination>;
  /** Another host on which a fresh look shows it running; null: none is seen. */
  runsOn(): Promise<string | null>;
  /** Of the attempt, for everything that is still to be done and verified. */
  timeLeftMs(): number;
  /** How long the domain has to run to be verified. */
  verifyMs: number;
  /** Waits `delayMs`; rejects when the attempt's time is over. */
  wait(delayMs: number): Promise<void>;
}

/** @throws ActionError `unavailable` where the host has no such domain */
export async function present(context: ActionContext): Promise<DomainStateNow> {
  const now = await context.hypervisor.state(context.uuid);
  if (!now) throw new ActionError('unavailable', `host ${context.host} has no definition of this domain`);
  return now;
}

export function describe(now: DomainStateNow): string {
  return `${now.state} (${now.reason})`;
}
