import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../store.ts';
import { toWire } from './errors.ts';
import { guardFiles, prepareFile, watchFile } from './file.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';

const BUSY_TIMEOUT_MS = 5_000;

export interface OpenDatabase {
  database: DatabaseSync;
  /** Throws StoreUnavailableError once the file was removed or replaced. */
  checkFile: () => void;
  warnings: string[];
}

/** Opens or makes the database, durable and at the latest schema. Throws StoreUnavailableError saying why and what to do. */
export function openDatabase(path: string): OpenDatabase {
  prepareFile(path);
  const database = openFile(path);
  try {
    database.exec('pragma trusted_schema = off');
    migrate(database, path, MIGRATIONS);
    const { journal_mode: mode } = database.prepare('pragma journal_mode = wal').get() as { journal_mode: string };
    const warnings = guardFiles(path);
    if (mode !== 'wal') warnings.push(`the file system of ${path} allows no write-ahead log (journal mode ${mode}): writes are slower, still durable`);
    database.exec('pragma synchronous = full; pragma journal_size_limit = 67108864');
    return { database, checkFile: watchFile(path), warnings };
  } catch (error) {
    database.close();
    throw plain(error, path);
  }
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  } catch (error) {
    throw plain(error, path);
  }
}

function plain(error: unknown, path: string): Error {
  if (error instanceof StoreUnavailableError) return error;
  return new StoreUnavailableError(toWire(error, path).message);
}
