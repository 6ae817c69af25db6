import type { HostReading } from './observation/host-reading.ts';
import type { DomainReading } from './observation/reading.ts';

/** What one host told at one tick. */
export interface SampledHost {
  host: string;
  /** Of the host itself; null: it did not tell. */
  reading: HostReading | null;
  /**
   * Every domain that the host knows, stopped ones too, by UUID; null for one that told nothing in time. Null: no answer at all, its domains
   * miss the tick.
   */
  domains: ReadonlyMap<string, DomainReading | null> | null;
}
