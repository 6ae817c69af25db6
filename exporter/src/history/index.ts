export { openSqliteStore, type SqliteOptions } from './sqlite/open.ts';
export type { Store } from './store.ts';
