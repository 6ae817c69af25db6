/** What is concluded about an app, and what proves it. Numbers are measured; texts for people are made of them in `describe.ts`. */
import type { AppFault } from '../../vocabulary.ts';

export type Evidence =
  | { kind: 'absent'; lists: number; forMs: number }
  | { kind: 'stopped' | 'uninterruptible'; processes: number; forMs: number }
  /** Connections that nobody accepted meanwhile, beside `stopped`. */
  | { kind: 'waiting'; address: string; port: number; connections: number; forMs: number }
  | { kind: 'backlog'; address: string; port: number; from: number; to: number; isFull: boolean; forMs: number }
  | { kind: 'probe'; probe: string; failures: number; error: string }
  | { kind: 'too_few'; processes: number; minimum: number; lists: number }
  | { kind: 'too_many'; processes: number; maximum: number; lists: number }
  | { kind: 'memory'; bytes: number; limitBytes: number; lists: number }
  | { kind: 'port'; port: number; lists: number }
  /** Processes of which it cannot be told whether they are the app. */
  | { kind: 'undecided'; processes: number }
  | { kind: 'booting'; upMs: number }
  | { kind: 'unknown'; reason: string; text: string; forMs: number }
  | { kind: 'muted'; why: string };

export interface Finding {
  fault: AppFault;
  evidence: Evidence;
  /** `silence`: inferred from missing answers over the network, which many apps may owe to one cause; `seen`: read in the guest. */
  basis: 'seen' | 'silence';
}

export interface AppVerdict {
  /**
   * `starting`: absent, as long as the guest may take to bring it up. `off`: absent, as it may be. `doubtful`: absent, or all of it stopped, not yet proven.
   * `unknown` is never dead: nothing is done on it, and no incident of the app ends by it.
   */
  state: 'up' | 'starting' | 'off' | 'doubtful' | 'faulty' | 'unknown' | 'muted';
  /** The gravest of what was found; null: nothing. */
  fault: AppFault | null;
  /** Monotonic time from which on this fault was found at every look; null without one. */
  sinceMs: number | null;
  /** Of the fault: `silence` only where nothing was seen; null without one. */
  basis: Finding['basis'] | null;
  evidence: Evidence[];
  /** Of the last list; null while it is not known. */
  figures: AppFigures | null;
}

export interface AppFigures {
  processes: number;
  /** Null: not known of all. */
  residentBytes: number | null;
  /** User and system time of the processes there are; null: not known of all. */
  cpuNanoseconds: number | null;
  /** Of all processes that it has had, as far as looks saw them; never falls while it is declared as it is. Null: not known of all that there are. */
  cpuTotalNanoseconds: number | null;
  /** By port, the longest; empty where sockets are not known. */
  backlogs: { port: number; backlog: number }[];
}
