import type { Lab } from '../lab/lab.ts';
import type { LinuxGuest } from '../lab/lab.ts';
import type { MatrixEntry } from './matrix.ts';

/** Numbers that a check found, by name with the unit in it, for example `coldStartMilliseconds`. They are shown and kept, never judged. Of several parts: their sum, of names that end with `Most` the largest. */
export type Figures = Readonly<Record<string, number>>;

export interface CheckContext {
  /** Booted, serving, its agent answers. Checks of one guest run one after another: each leaves it serving. */
  guest: LinuxGuest;
  entry: MatrixEntry;
  lab: Lab;
  /** Of `parts`, from 0. */
  part: number;
  /** Aborted when the run is interrupted or the check's time is over; whatever waits longer than a second listens to it. */
  signal: AbortSignal;
  /** A line of progress. */
  note(text: string): void;
}

/** Something that must hold in every guest of the matrix. To add one, export it from a file of `checks/` and list it in `registry.ts`. */
export interface GuestCheck {
  /** Lower-case letters, digits and `-`. */
  name: string;
  /** What holds if it passes, in one line. */
  what: string;
  /** For one part, on a machine that is busy otherwise. */
  timeoutSeconds: number;
  /** It is done in so many parts, one `run` each, and what is through is kept: a run that is cut goes on with the next part. Default: 1. */
  parts?: number;
  /** Takes so long that it is done only where `--check` names it, or with `--all`. */
  onlyByName?: true;
  /** Default: every guest. */
  appliesTo?(entry: MatrixEntry): boolean;
  /** Passes where it does not throw. */
  run(context: CheckContext): Promise<Figures | undefined>;
}
