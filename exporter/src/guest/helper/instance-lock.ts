import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HelperStartError } from './start-error.ts';

const LOCK_FILE = 'lock';
const SQLITE_BUSY = 5;

/**
 * One helper for a folder: two would take each other's sockets, or keep generations each by itself. The kernel frees the lock
 * however the process ends. Held until the function that is returned is called. @throws HelperStartError `already-running`, `unsafe-path`
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  let database: DatabaseSync | undefined;
  try {
    // Who could open the file could hold the lock.
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('pragma journal_mode = memory; begin exclusive');
    const held = database;
    return () => held.close();
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new HelperStartError('already-running', `another guest helper runs with ${folder}; stop it first, or set stateFolder and runFolder to others`, { cause: error });
    }
    throw new HelperStartError('unsafe-path', `the lock ${path} cannot be taken: ${(error as Error).message}`, { cause: error });
  }
}
