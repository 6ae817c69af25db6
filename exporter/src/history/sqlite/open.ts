import { Worker } from 'node:worker_threads';
import { systemClock, type Clock } from '../../events/clock.ts';
import { workerFile } from '../../worker-file.ts';
import type { Store } from '../store.ts';
import { Channel } from './channel.ts';
import { OPERATIONS } from './operations.ts';
import type { OperationName, WorkerData } from './protocol.ts';

export interface SqliteOptions {
  clock?: Clock;
  /** Told about permissions that are too wide, and of records that a listing had to leave out. Default: a warning of the process. */
  onWarning?: (text: string) => void;
  /** Limit for the answer to one call. Default 30 s: the disk may be slow, and another process may hold the lock for 5 s. */
  callTimeoutMs?: number;
  /** Starts the worker; for tests. */
  startWorker?: (path: string) => Worker;
}

const CALL_TIMEOUT_MS = 30_000;
const MOST_PENDING = 50_000;
/** Rows of each kind that one transaction of `prune` removes. */
const PRUNE_MOST = 100;

/**
 * Opens the SQLite file at `path`, or makes it; its folder must exist. Rejects with StoreUnavailableError, which says why and
 * what to do. The database lives in a worker thread; every promise resolves after its commit is on the disk.
 */
export async function openSqliteStore(path: string, options: SqliteOptions = {}): Promise<Store> {
  const start = options.startWorker ?? startWorker;
  const channel = new Channel({
    start: () => start(path),
    clock: options.clock ?? systemClock,
    callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS,
    mostPending: MOST_PENDING,
    onWarning: options.onWarning ?? ((text) => process.emitWarning(text)),
  });
  await channel.call('setting', ['']);
  return createProxy(channel);
}

export function startWorker(path: string): Worker {
  return new Worker(workerFile(import.meta.url), { workerData: { path } satisfies WorkerData, execArgv: [] });
}

function createProxy(channel: Channel): Store {
  const calls = Object.keys(OPERATIONS).map((name) => [
    name,
    (...parameters: unknown[]) => channel.call(name as OperationName, parameters),
  ]);
  return {
    ...(Object.fromEntries(calls) as Omit<Store, 'prune' | 'close'>),
    async prune(closedBeforeMs) {
      let removed = 0;
      for (;;) {
        const { incidents, done } = (await channel.call('pruneBatch', [closedBeforeMs, PRUNE_MOST])) as { incidents: number; done: boolean };
        removed += incidents;
        if (done) return removed;
      }
    },
    close: () => channel.close(),
  };
}
