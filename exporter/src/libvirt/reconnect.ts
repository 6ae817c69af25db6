import type { CallOptions, Call, Caller } from './call.ts';
import { openConnection, type Connection, type ConnectionOptions } from './connection.ts';
import { NotConnectedError } from './errors.ts';
import { parseLibvirtUri } from './uri.ts';

export type ConnectionState =
  /** `attempt`: 0 for the first after a good connection, then counting. */
  | { status: 'connecting'; attempt: number }
  | { status: 'connected'; connection: Connection }
  | { status: 'disconnected'; error: Error; attempt: number; retryInMs: number }
  | { status: 'closed' };

export interface BackoffOptions {
  /** Upper end of the first pause, milliseconds. Default 500. */
  initialMs?: number;
  /** Upper end of every pause, milliseconds. Default 30,000. */
  maxMs?: number;
  /** A connection that lasted this long is good: the pauses start anew. Default 10,000. */
  goodAfterMs?: number;
}

export interface SupervisedOptions extends ConnectionOptions {
  backoff?: BackoffOptions;
  /**
   * Prepares each new connection (registers events, lists) before anybody else gets it. If it rejects, the connection is
   * given up and the next is tried later.
   */
  onConnected?(connection: Connection): Promise<void> | void;
  /** Called with every new state, in order. Must not throw. */
  onStateChange?(state: ConnectionState): void;
  /** A number from 0 to below 1. Default Math.random. */
  random?(): number;
  /** Runs once after a delay; returns what cancels it. Default setTimeout. */
  after?(delayMs: number, run: () => void): () => void;
}

/** A connection that is made again whenever it ends. */
export interface SupervisedConnection extends Caller {
  readonly uri: string;
  readonly state: ConnectionState;
  /** The present connection or the next one. @throws NotConnectedError once closed */
  connected(): Promise<Connection>;
  /** Ends the connection and its supervision. */
  close(): Promise<void>;
}

function setTimer(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}

/** Pause before the given attempt: exponential, the upper half of it random so that many clients don't come at once. */
export function backoffMs(attempt: number, random: number, options: BackoffOptions = {}): number {
  const { initialMs = 500, maxMs = 30_000 } = options;
  const upper = Math.min(maxMs, initialMs * 2 ** Math.min(attempt, 30));
  return upper / 2 + (upper / 2) * random;
}

/**
 * Keeps one connection open, from now on.
 *
 * @throws UriError at once; everything that may pass is retried and shown by the state
 */
export function superviseConnection(options: SupervisedOptions): SupervisedConnection {
  parseLibvirtUri(options.uri, { readonly: options.readonly ?? false });
  const after = options.after ?? setTimer;
  const random = options.random ?? Math.random;
  const goodAfterMs = options.backoff?.goodAfterMs ?? 10_000;
  let waiting: { resolve(connection: Connection): void; reject(error: Error): void }[] = [];
  let state: ConnectionState = { status: 'connecting', attempt: 0 };
  let lastError: Error | null = null;
  let attempt = 0;
  let cancelRetry = (): void => undefined;
  let current: Connection | null = null;

  const isClosed = (): boolean => state.status === 'closed';

  function setState(next: ConnectionState): void {
    state = next;
    options.onStateChange?.(next);
  }

  async function prepare(connection: Connection): Promise<void> {
    await options.onConnected?.(connection);
    if (connection.closeError !== null) throw connection.closeError;
  }

  async function attemptOnce(): Promise<Error> {
    setState({ status: 'connecting', attempt });
    const connection = await openConnection(options);
    current = connection;
    if (isClosed()) return connection.close().then(() => new Error('closed'));
    try {
      await prepare(connection);
    } catch (error) {
      await connection.close();
      throw error;
    }
    if (isClosed()) return new Error('closed');
    const cancelGood = after(goodAfterMs, () => (attempt = 0));
    setState({ status: 'connected', connection });
    for (const waiter of waiting.splice(0)) waiter.resolve(connection);
    const error = await connection.closed;
    cancelGood();
    return error;
  }

  function run(): void {
    attemptOnce()
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
      .then((error) => {
        current = null;
        if (isClosed()) return;
        lastError = error;
        const retryInMs = backoffMs(attempt, random(), options.backoff);
        attempt++;
        cancelRetry = after(retryInMs, run);
        setState({ status: 'disconnected', error, attempt, retryInMs });
      }, () => undefined);
  }

  const notConnected = (what: string): NotConnectedError => {
    const cause = lastError === null ? '' : `: ${lastError.message}`;
    return new NotConnectedError(`libvirt ${what}: not connected to ${options.uri} (${state.status})${cause}`, { cause: lastError });
  };

  // Later, so that the caller has the result before it hears of the first state.
  queueMicrotask(() => {
    if (!isClosed()) run();
  });
  return {
    uri: options.uri,
    get state() {
      return state;
    },
    async call<Args, Result>(call: Call<Args, Result>, args: Args, callOptions?: CallOptions): Promise<Result> {
      if (state.status !== 'connected') throw notConnected(`call ${call.name}`);
      return state.connection.call(call, args, callOptions);
    },
    async connected() {
      if (state.status === 'connected') return state.connection;
      if (isClosed()) throw notConnected('connection');
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    async close() {
      if (isClosed()) return;
      cancelRetry();
      setState({ status: 'closed' });
      const error = notConnected('connection');
      for (const waiter of waiting.splice(0)) waiter.reject(error);
      waiting = [];
      await current?.close();
    },
  };
}
