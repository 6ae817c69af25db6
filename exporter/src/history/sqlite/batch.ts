import type { DatabaseSync } from 'node:sqlite';
import { toWire } from './errors.ts';
import { READING, type Reply, type Request } from './protocol.ts';

export interface BatchOptions {
  database: DatabaseSync;
  path: string;
  /** Throws where the file can no longer be written to with effect. */
  checkFile: () => void;
  /** Does one request, without a transaction of its own. */
  perform: (request: Request) => unknown;
}

/**
 * Group commit: the requests of one batch share a transaction, and so one fsync; their replies are given back after the commit.
 * Each has a savepoint, so that a failing one takes no other with it. When the transaction as a whole fails, each is done
 * again alone.
 */
export function runBatch(options: BatchOptions, requests: readonly Request[]): Reply[] {
  const isWriting = requests.some((request) => !READING.has(request.operation));
  if (!isWriting) return requests.map((request) => attempt(options, request));
  const { database } = options;
  try {
    options.checkFile();
    database.exec('begin immediate');
  } catch (error) {
    return requests.map((request) => (READING.has(request.operation) ? attempt(options, request) : failure(options, request, error)));
  }
  try {
    const replies = requests.map((request) => withinSavepoint(options, request));
    database.exec('commit');
    return replies;
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    const [only] = requests;
    if (requests.length === 1 && only) return [failure(options, only, error)];
    return requests.flatMap((request) => runBatch(options, [request]));
  }
}

/** Throws only where SQLite has given up the whole transaction, or its savepoint cannot be left. */
function withinSavepoint(options: BatchOptions, request: Request): Reply {
  const { database } = options;
  database.exec('savepoint request');
  const reply = attempt(options, request);
  if (!database.isTransaction) throw new TransactionLost(reply.ok ? failure(options, request, new Error('the transaction was lost')) : reply);
  if (!reply.ok) database.exec('rollback to request');
  database.exec('release request');
  return reply;
}

/** SQLite rolls back the whole transaction after some errors, e.g. a full disk. */
class TransactionLost extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super('the transaction was rolled back');
    this.reply = reply;
  }
}

function attempt(options: BatchOptions, request: Request): Reply {
  try {
    return { id: request.id, ok: true, value: options.perform(request) };
  } catch (error) {
    return failure(options, request, error);
  }
}

function failure({ path }: BatchOptions, { id }: Request, error: unknown): Reply {
  if (error instanceof TransactionLost) return error.reply;
  return { id, ok: false, error: toWire(error, path) };
}
