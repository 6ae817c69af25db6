/** The thread that owns the database, so that no fsync ever holds up the daemon. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { createUuid7 } from '../uuid7.ts';
import { runBatch, type BatchOptions } from './batch.ts';
import { openDatabase } from './database.ts';
import { toWire } from './errors.ts';
import { OPERATIONS } from './operations.ts';
import type { FromWorker, Request, ToWorker, WorkerData } from './protocol.ts';
import type { Context } from './rows.ts';
import { Sql } from './sql.ts';

/** Requests that share one transaction at most: bounds how long the first of them waits for the last. */
const BATCH_MOST = 256;

const { path } = workerData as WorkerData;
const port = parentPort;
if (!port) throw new Error('worker.ts is started by channel.ts as a worker thread');

function tell(message: FromWorker): void {
  port?.postMessage(message);
}

function serve(options: BatchOptions): void {
  const waiting: Request[] = [];
  let isClosing = false;
  let isScheduled = false;

  const work = (): void => {
    isScheduled = false;
    const requests = waiting.splice(0, BATCH_MOST);
    if (requests.length > 0) tell({ kind: 'replies', replies: runBatch(options, requests) });
    if (waiting.length > 0) return schedule();
    if (!isClosing) return;
    options.database.close();
    port?.close();
  };

  /** After all messages that have arrived by now: they make one batch. */
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(work);
  };

  port?.on('message', (message: ToWorker) => {
    if (message.kind === 'close') isClosing = true;
    else waiting.push(message.request);
    schedule();
  });
}

function start(): void {
  const { database, checkFile, warnings } = openDatabase(path);
  const context: Context = {
    sql: new Sql(database),
    newId: createUuid7(randomBytes),
    onCorrupt: (error) => tell({ kind: 'warning', text: error.message }),
  };
  const perform = ({ operation, parameters }: Request): unknown =>
    (OPERATIONS[operation] as (context: Context, ...parameters: unknown[]) => unknown)(context, ...parameters);
  serve({ database, path, checkFile, perform });
  for (const text of warnings) tell({ kind: 'warning', text });
}

try {
  start();
} catch (error) {
  tell({ kind: 'failed', error: toWire(error, path) });
}
