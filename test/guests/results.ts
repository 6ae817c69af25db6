import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readJson, writeJson } from '../lab/run-folder.ts';
import type { Figures } from './check.ts';

/** `not-run`: the guest did not boot, or the run ended before. */
export type Status = 'passed' | 'failed' | 'not-run';

export interface Result {
  guest: string;
  check: string;
  status: Status;
  seconds: number;
  figures: Figures;
  /** Empty where it passed. */
  error: string;
}

interface Kept {
  version: 1;
  /** Hash of what was tested and of the tests. */
  sources: string;
  results: Result[];
}

/** What a run has found so far, on the disk after every check, so that an interrupted run can be gone on with. */
export interface Results {
  all(): readonly Result[];
  passed(guest: string, check: string): boolean;
  /** Replaces what is known of this guest and check. */
  add(result: Result): void;
}

/** Earlier results are taken over only where they were found with the same sources: anything else would be mixed. */
export function openResults(path: string, sources: string, options: { resume: boolean }): Results {
  mkdirSync(dirname(path), { recursive: true });
  const kept = options.resume ? readJson<Kept>(path) : undefined;
  const results = kept?.version === 1 && kept.sources === sources ? kept.results : [];
  const at = (guest: string, check: string) => results.findIndex((result) => result.guest === guest && result.check === check);
  return {
    all: () => results,
    passed: (guest, check) => results[at(guest, check)]?.status === 'passed',
    add: (result) => {
      const known = at(result.guest, result.check);
      if (known < 0) results.push(result);
      else results[known] = result;
      writeJson(path, { version: 1, sources, results } satisfies Kept);
    },
  };
}
