import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HelperStartError } from './start-error.ts';

const LOCK_FILE = 'lock';
const SQLITE_BUSY = 5;

/**
 * One helper for a state folder: two would each keep generations of their own. The kernel frees the lock however the process
 * ends. Held until the function that is returned is called. @throws HelperStartError `already-running`, `unsafe-path`
 */
export function lockInstance(stateFolder: string): () => void {
  const path = join(stateFolder, LOCK_FILE);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('begin exclusive');
    const held = database;
    return () => held.close();
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new HelperStartError('already-running', `another guest helper runs with ${stateFolder}; stop it first, or set stateFolder and runFolder to others`, { cause: error });
    }
    throw new HelperStartError('unsafe-path', `the lock ${path} cannot be taken: ${(error as Error).message}`, { cause: error });
  }
}
