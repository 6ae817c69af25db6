/**
 * One daemon for one SQLite store: two would each take the other's work for the remains of a crash. The lock is an exclusive
 * transaction on a database of its own beside the store, so the kernel frees it however the process ends, and the store itself
 * stays readable for backups.
 */
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from './store.ts';

const SQLITE_BUSY = 5;

/** Holds the lock until the returned function is called. Throws StoreUnavailableError where another process holds it. */
export function lockStore(storePath: string): () => void {
  const path = `${storePath}-daemon`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('begin exclusive');
    const held = database;
    return () => held.close();
  } catch (error) {
    database?.close();
    const busy = (error as { errcode?: number }).errcode === SQLITE_BUSY;
    const why = busy ? 'another virtmedic serves with it; stop that one, or set store.path to another file' : `its lock ${path} cannot be taken: ${String(error)}`;
    throw new StoreUnavailableError(`the store ${storePath} cannot be used: ${why}`, { cause: error });
  }
}
