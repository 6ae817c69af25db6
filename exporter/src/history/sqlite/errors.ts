import { CorruptRecordError, StoreRequestError, StoreUnavailableError } from '../store.ts';

/** An error on its way from the worker. `internal`: not foreseen, a defect of ours. */
export interface WireError {
  type: 'unavailable' | 'request' | 'corrupt' | 'internal';
  message: string;
}

const CLASSES = { unavailable: StoreUnavailableError, request: StoreRequestError, corrupt: CorruptRecordError, internal: Error } as const;

export function fromWire({ type, message }: WireError): Error {
  return new CLASSES[type](message);
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) that mean: this file cannot be used now. */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  5: 'another process keeps it locked; end that process or try again',
  6: 'another connection keeps it locked; try again',
  7: 'there is not enough memory',
  8: 'it is read-only; make the file, its folder and its file system writable for virtmedic',
  10: 'reading or writing it failed; look at the disk, its free space and the limit on file size',
  11: 'it is damaged; restore it from a backup, or move it away to begin a new one',
  13: 'its disk is full; free space on it',
  14: 'it cannot be opened; look at the file, its folder and their permissions',
  26: 'it is not an SQLite database; set store.path to another file, or move this one away',
};
const CONSTRAINT = 19;
const TOO_BIG = 18;

/** `errcode` of an error from node:sqlite; null: another error. */
function sqliteCode(error: unknown): number | null {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode : null;
}

/** What an error means to the caller of the store at `path`. */
export function toWire(error: unknown, path: string): WireError {
  if (error instanceof StoreUnavailableError) return { type: 'unavailable', message: error.message };
  if (error instanceof StoreRequestError) return { type: 'request', message: error.message };
  if (error instanceof CorruptRecordError) return { type: 'corrupt', message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  if (code === null) return { type: 'internal', message };
  const primary = code & 0xff;
  const reason = UNAVAILABLE[primary];
  if (reason) return { type: 'unavailable', message: `the store ${path} cannot be used: ${reason} (SQLite ${code}: ${message})` };
  if (primary === CONSTRAINT || primary === TOO_BIG) return { type: 'request', message: `the store refuses the record: ${message}` };
  return { type: 'internal', message: `SQLite ${code}: ${message}` };
}
