/** The database file on its file system: made, guarded and watched. It holds secrets (definitions). */
import { accessSync, chmodSync, closeSync, constants, openSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnavailableError } from '../store.ts';

const OTHERS = 0o007;
const GROUP_AND_OTHERS = 0o077;

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist; create it and give it to the user that virtmedic runs as',
  ENOTDIR: 'a part of its path is a file, not a folder; correct store.path',
  EACCES: 'permission denied; give file and folder to the user that virtmedic runs as',
  EPERM: 'permission denied; give file and folder to the user that virtmedic runs as',
  EROFS: 'its file system is read-only; make it writable or set store.path to another one',
  ENOSPC: 'its disk is full; free space on it',
  EDQUOT: 'the disk quota is used up; free space or raise it',
  ENAMETOOLONG: 'the path is too long; correct store.path',
};

function unavailable(path: string, error: unknown): StoreUnavailableError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new StoreUnavailableError(`the store ${path} cannot be opened: ${ADVICE[code] ?? message}`);
}

function statIfAny(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/**
 * Makes the file if it is missing, readable and writable for its owner alone, as SQLite then makes its companions. Changes nothing
 * of one that exists: it may not be ours. Throws StoreUnavailableError saying why and what to do.
 */
export function prepareFile(path: string): void {
  try {
    const existing = statIfAny(path);
    if (existing && !existing.isFile()) throw new StoreUnavailableError(`the store ${path} cannot be opened: it is not a regular file; correct store.path`);
    // Never opened and closed here when it exists: closing a file drops the locks that SQLite holds on it in this process.
    if (existing) accessSync(path, constants.R_OK | constants.W_OK);
    else closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw error instanceof StoreUnavailableError ? error : unavailable(path, error);
  }
}

/** Takes the permissions of others off our own files. Returns warnings, one of the folder too. Throws StoreUnavailableError. */
export function guardFiles(path: string): string[] {
  try {
    return [...narrow(path), ...folderWarnings(path)];
  } catch (error) {
    throw unavailable(path, error);
  }
}

function narrow(path: string): string[] {
  const [mode] = [path, `${path}-wal`, `${path}-shm`].map(takeFromOthers);
  if (mode === null || mode === undefined) return [];
  return [`${path} had mode ${mode.toString(8)}; it holds secrets and now has mode 600`];
}

/** The mode that was too wide; null: it was not, or there is no such file. */
function takeFromOthers(file: string): number | null {
  const stats = statIfAny(file);
  if (!stats || (stats.mode & GROUP_AND_OTHERS) === 0) return null;
  chmodSync(file, 0o600);
  return stats.mode & 0o777;
}

function folderWarnings(path: string): string[] {
  const folder = dirname(path);
  const mode = statSync(folder).mode & 0o777;
  if ((mode & OTHERS) === 0) return [];
  return [`${folder} has mode ${mode.toString(8)}: everybody can reach the folder of the store; mode 750 or 700 is better`];
}

/** Returns a function that throws StoreUnavailableError once the file at `path` is no longer the one that is there now. */
export function watchFile(path: string): () => void {
  const opened = statSync(path);
  return () => {
    const now = statIfAny(path);
    if (now?.ino === opened.ino && now.dev === opened.dev) return;
    throw new StoreUnavailableError(
      `the store ${path} was ${now ? 'replaced' : 'removed'} while in use, so that nothing written now would last; restart virtmedic, with the file back in its place`,
    );
  };
}
