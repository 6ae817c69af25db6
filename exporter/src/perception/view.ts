import type { DomainStateName } from '../vocabulary.ts';
import type { Observed } from '../policy/types.ts';

export interface HostObservation {
  name: string;
  uri: string;
  /** `up`: connected and heard within the deadline. Anything else is unknown, never dead. */
  state: 'up' | 'connecting' | 'unreachable';
  /** Wall clock of the last answer; null: never heard. */
  heardAtMs: number | null;
  error: string | null;
  /** Complete listings since the start. */
  listings: number;
}

/** One domain as one host reports it. */
export interface DomainSighting {
  uuid: string;
  name: string;
  host: string;
  state: Exclude<DomainStateName, 'absent' | 'unknown'>;
  reason: string;
  sinceMs: number;
  persistent: boolean;
  autostart: boolean;
}

/** The latest that perception knows. Read synchronously by policy, execution, metrics and the API. */
export interface View {
  hosts(): HostObservation[];
  host(name: string): HostObservation | undefined;
  /** Every sighting of every host, stopped domains too. */
  sightings(): DomainSighting[];
  /** All hosts together for one domain. `expectedHost`: where it was last known, to name the host that is not heard. */
  observed(uuid: string, expectedHost: string | null): Observed;
}
