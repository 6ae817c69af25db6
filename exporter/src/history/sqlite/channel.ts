import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../events/clock.ts';
import { StoreUnavailableError } from '../store.ts';
import { fromWire } from './errors.ts';
import type { FromWorker, OperationName, Reply, ToWorker } from './protocol.ts';

export interface ChannelOptions {
  /** Starts a worker; called again after one has ended. */
  start: () => Worker;
  clock: Clock;
  /** Limit for the answer to one call. */
  callTimeoutMs: number;
  /** Calls that may wait for an answer. */
  mostPending: number;
  onWarning: (text: string) => void;
}

interface Call {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  cancelTimeout: () => void;
}

interface Connection {
  worker: Worker;
  calls: Map<number, Call>;
  /** Why it could not open the database, once it has said so. */
  failure: Error | null;
  ended: Promise<void>;
}

const LONGEST_BACKOFF_MS = 30_000;
const FIRST_BACKOFF_MS = 1_000;

/**
 * Calls of the worker's operations, answered in order. A worker that ends fails the calls that wait for it; the next call starts
 * another one, at once after the first end, later with a growing pause, during which calls are refused with the reason.
 */
export class Channel {
  readonly #options: ChannelOptions;
  #connection: Connection | null = null;
  #closed: Promise<void> | null = null;
  #nextId = 1;
  /** Ends of workers since one has answered. */
  #ends = 0;
  #notBeforeMs = 0;
  #lastReason = '';

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  call(operation: OperationName, parameters: unknown[]): Promise<unknown> {
    try {
      if (this.#closed) throw new StoreUnavailableError('the store is closed');
      const connection = this.#connection ?? this.#connect();
      if (connection.calls.size >= this.#options.mostPending) {
        throw new StoreUnavailableError(`the store does not keep up: ${connection.calls.size} calls wait for it; look at its disk`);
      }
      return this.#send(connection, operation, parameters);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Answers what waits, then ends the worker. Later calls get the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    connection.worker.postMessage({ kind: 'close' } satisfies ToWorker);
    let cancelLimit: () => void = () => {};
    const limit = new Promise<void>((resolve) => {
      cancelLimit = this.#options.clock.after(this.#options.callTimeoutMs, resolve);
    });
    await Promise.race([connection.ended, limit]);
    cancelLimit();
    await connection.worker.terminate();
  }

  #send(connection: Connection, operation: OperationName, parameters: unknown[]): Promise<unknown> {
    const id = this.#nextId++;
    connection.worker.postMessage({ kind: 'request', request: { id, operation, parameters } } satisfies ToWorker);
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#options.clock.after(this.#options.callTimeoutMs, () => {
        connection.calls.delete(id);
        const seconds = this.#options.callTimeoutMs / 1000;
        reject(new StoreUnavailableError(`the store did not answer within ${seconds} s; whether ${operation} was written is not known; look at its disk`));
      });
      connection.calls.set(id, { resolve, reject, cancelTimeout });
    });
  }

  #connect(): Connection {
    const waitMs = this.#notBeforeMs - this.#options.clock.monotonicMs();
    if (waitMs > 0) throw new StoreUnavailableError(`${this.#lastReason}; next try in ${Math.ceil(waitMs / 1000)} s`);
    const worker = this.#options.start();
    const connection: Connection = {
      worker,
      calls: new Map(),
      failure: null,
      ended: new Promise((resolve) => {
        worker.on('error', (error: Error) => (connection.failure ??= new StoreUnavailableError(`the store's worker failed: ${error.message}`)));
        worker.on('exit', () => {
          this.#onEnd(connection);
          resolve();
        });
      }),
    };
    worker.on('message', (message: FromWorker) => this.#onMessage(connection, message));
    this.#connection = connection;
    return connection;
  }

  #onMessage(connection: Connection, message: FromWorker): void {
    switch (message.kind) {
      case 'warning':
        return this.#options.onWarning(message.text);
      case 'failed':
        connection.failure = fromWire(message.error);
        return;
      case 'replies':
        this.#ends = 0;
        for (const reply of message.replies) settle(connection, reply);
    }
  }

  #onEnd(connection: Connection): void {
    const error = connection.failure ?? new StoreUnavailableError('the store\'s worker ended; whether the last calls were written is not known');
    this.#connection = null;
    this.#lastReason = error.message;
    this.#ends += 1;
    const backoffMs = this.#ends === 1 ? 0 : Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#ends - 2));
    this.#notBeforeMs = this.#options.clock.monotonicMs() + backoffMs;
    for (const call of connection.calls.values()) {
      call.cancelTimeout();
      call.reject(error);
    }
    connection.calls.clear();
  }
}

function settle(connection: Connection, reply: Reply): void {
  const call = connection.calls.get(reply.id);
  if (!call) return;
  connection.calls.delete(reply.id);
  call.cancelTimeout();
  if (reply.ok) call.resolve(reply.value);
  else call.reject(fromWire(reply.error));
}
