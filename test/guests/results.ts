import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { readJson, writeJson } from '../lab/run-folder.ts';
import type { Figures } from './check.ts';

/** `not-run`: the guest did not boot, or the run ended before it was through. */
export type Status = 'passed' | 'failed' | 'not-run';

export interface Result {
  guest: string;
  check: string;
  status: Status;
  /** Of all parts that are through. */
  seconds: number;
  figures: Figures;
  /** Empty where it passed. */
  error: string;
  /** Parts that passed; of what failed none count. */
  partsDone: number;
}

interface Kept {
  version: 2;
  /** Hash of what was tested and of the tests. */
  sources: string;
  results: Result[];
  /** How long each took when it last passed, whatever the sources were, by guest and check. */
  seconds: Record<string, number>;
}

/** What a run has found so far, on the disk after every part of a check, so that an interrupted run can be gone on with. */
export interface Results {
  all(): readonly Result[];
  find(guest: string, check: string): Result | undefined;
  passed(guest: string, check: string): boolean;
  /** Replaces what is known of this guest and check. */
  add(result: Result): void;
  /** Of this run or an earlier one; undefined: it never passed. */
  seconds(guest: string, check: string): number | undefined;
}

/**
 * Earlier results are taken over only where they were found with the same sources: anything else would be mixed. A file that is not gone on with
 * stays beside the new one, as `….previous.json`.
 */
export function openResults(path: string, sources: string, options: { resume: boolean }): Results {
  mkdirSync(dirname(path), { recursive: true });
  const earlier = readJson<Kept>(path);
  const kept = earlier?.version === 2 ? earlier : undefined;
  const isGoneOnWith = options.resume && kept?.sources === sources;
  const results = isGoneOnWith ? kept.results : [];
  const seconds = kept?.seconds ?? {};
  let isOurs = isGoneOnWith;
  const at = (guest: string, check: string) => results.findIndex((result) => result.guest === guest && result.check === check);
  return {
    all: () => results,
    find: (guest, check) => results[at(guest, check)],
    passed: (guest, check) => results[at(guest, check)]?.status === 'passed',
    seconds: (guest, check) => seconds[`${guest} ${check}`],
    add: (result) => {
      const known = at(result.guest, result.check);
      if (known < 0) results.push(result);
      else results[known] = result;
      if (result.status === 'passed') seconds[`${result.guest} ${result.check}`] = result.seconds;
      if (!isOurs && existsSync(path)) renameSync(path, path.replace(/\.json$/, '.previous.json'));
      isOurs = true;
      writeJson(path, { version: 2, sources, results, seconds } satisfies Kept);
    },
  };
}
