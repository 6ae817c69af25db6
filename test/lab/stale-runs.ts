import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { CommandError, runSync } from './command.ts';
import { removeRun } from './remove-run.ts';
import { ensureBaseFolder, lockFile, runFolders } from './run-folder.ts';
import { acquireLock } from './run-lock.ts';
import type { HeldLock } from './run-lock.ts';

/** What became of the runs that nobody owned any more. */
export interface Removal {
  /** Ids. */
  removed: string[];
  /** One message for each run that could not be removed; the next start tries again. */
  problems: string[];
}

/**
 * Removes the runs whose owner is gone, which shows by their lock being free, and nothing else. Whoever calls it holds the base
 * folder's lock, so that no run is just being made.
 */
export async function removeStaleRuns(base: string): Promise<Removal> {
  const result: Removal = { removed: [], problems: [] };
  for (const folder of runFolders(base)) {
    // Shared, because the hosts of a run whose owner has just died take it too before they end. A run without a lock file had not begun.
    const lock = existsSync(lockFile(folder)) ? await acquireLock(lockFile(folder), { wait: false, shared: true }) : NO_LOCK;
    if (lock === undefined) continue;
    try {
      removeRun(folder);
      result.removed.push(basename(folder));
    } catch (error) {
      result.problems.push(`lab ${basename(folder)} could not be removed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      lock.release();
    }
  }
  return result;
}

const NO_LOCK = { release: () => {} };

/** True while the run's owner lives. */
export async function isOwned(folder: string): Promise<boolean> {
  if (!existsSync(lockFile(folder))) return false;
  const lock = await acquireLock(lockFile(folder), { wait: false, shared: true });
  lock?.release();
  return lock === undefined;
}

/** Locks the base folder itself, so that no lock file is left behind; makes it where it is missing. */
export async function lockBaseFolder(base: string): Promise<HeldLock> {
  for (;;) {
    ensureBaseFolder(base);
    // With `/.` a folder that has just gone is an error and not made anew as a file.
    const lock = await acquireLock(`${base}/.`, { wait: true });
    if (lock !== undefined && holds(lock, base)) return lock;
    lock?.release();
  }
}

/** Another run may have removed the empty folder while we waited for its lock. */
function holds(lock: HeldLock, path: string): boolean {
  const descriptors = `/proc/${lock.keeperPid}/fd`;
  return readdirSync(descriptors).some((name) => readlinkSync(`${descriptors}/${name}`) === path);
}

/** Removes the base folder when no run is left in it and nobody is just making one. Blocks. */
export function removeEmptyBaseFolder(base: string): void {
  try {
    runSync('flock', ['--timeout', '1', `${base}/.`, 'rmdir', '--ignore-fail-on-non-empty', base]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}
