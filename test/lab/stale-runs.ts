import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { CommandError, runSync } from './command.ts';
import { removeRun } from './remove-run.ts';
import { ensureBaseFolder, lockFile, runFolders } from './run-folder.ts';
import { acquireLock } from './run-lock.ts';
import type { HeldLock } from './run-lock.ts';

/**
 * Removes the runs whose owner is gone, which shows by their lock being free, and nothing else. Whoever calls it holds the base
 * folder's lock, so that no run is just being made. Returns the ids of the removed runs.
 */
export async function removeStaleRuns(base: string): Promise<string[]> {
  const removed: string[] = [];
  for (const folder of runFolders(base)) {
    if (!existsSync(lockFile(folder))) {
      removeRun(folder);
      removed.push(basename(folder));
      continue;
    }
    // Shared, because the hosts of a run whose owner has just died take it too before they end.
    const lock = await acquireLock(lockFile(folder), { wait: false, shared: true });
    if (lock === undefined) continue;
    try {
      removeRun(folder);
      removed.push(basename(folder));
    } finally {
      lock.release();
    }
  }
  return removed;
}

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
