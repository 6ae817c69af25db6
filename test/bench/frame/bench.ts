import type { Kept } from './kept.ts';

/** A figure: a number, null where it could not be measured, or figures of its own by name. */
export type Figure = number | null | { [name: string]: Figure };

export interface Goal {
  op: '<=' | '>=' | '<' | '>' | '==';
  value: number;
}

export interface BenchContext {
  /** Fewer runs and smaller sizes: shows that the bench works; its figures are rough. */
  quick: boolean;
  /** One line on standard error. */
  progress(text: string): void;
  /** What an interrupted run has measured, with `--resume`; and where a bench that takes long keeps what it measures. */
  kept: Kept;
  /** Aborted by Ctrl-C or SIGTERM. The bench then cleans up after itself and rejects. */
  signal: AbortSignal;
}

export interface BenchResult {
  /** Units are in the names: `_s`, `_ms`, `_per_s`, `_ratio`, `_kb`. */
  figures: Record<string, Figure>;
  /** How many independent measurements each figure rests on. */
  runs: number;
  /** Lines for people below the table: what was compared with what, published figures beside ours. */
  notes?: string[];
}

/** Every module `test/bench/<name>.ts` exports one of these as `bench`; its file name is its name. */
export interface Bench {
  /** One line for the list. */
  summary: string;
  /** What is measured and how, for `--help`. */
  description: string;
  /** By figure. */
  goals: Record<string, Goal>;
  run(context: BenchContext): Promise<BenchResult>;
}
