import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../store.ts';

/** `vmed`: marks the file as ours (PRAGMA application_id). */
const APPLICATION_ID = 0x766d6564;

function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`pragma ${name}`).get() as Record<string, number>;
  return Object.values(row)[0] as number;
}

/**
 * Brings the schema to the version of the last of `migrations`, in one transaction. Throws StoreUnavailableError where the file
 * belongs to another application or to a newer version.
 */
export function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  database.exec('begin immediate');
  try {
    const version = pragma(database, 'user_version');
    checkOwner(database, path, version);
    if (version > migrations.length) {
      throw new StoreUnavailableError(
        `the store ${path} was written by a newer virtmedic (schema ${version}, this one knows ${migrations.length}): upgrade virtmedic, or set store.path to another file`,
      );
    }
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`pragma application_id = ${APPLICATION_ID}; pragma user_version = ${migrations.length}`);
    database.exec('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
}

function checkOwner(database: DatabaseSync, path: string, version: number): void {
  const owner = pragma(database, 'application_id');
  if (owner === APPLICATION_ID) return;
  const { tables } = database.prepare('select count(*) as tables from sqlite_schema').get() as { tables: number };
  if (owner === 0 && version === 0 && tables === 0) return;
  throw new StoreUnavailableError(`the store ${path} is a database of another application: set store.path to another file`);
}
