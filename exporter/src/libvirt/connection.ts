import { connectClose, connectOpen, getAuthTypes, supportsFeature } from './calls/connect.ts';
import type { Caller } from './call.ts';
import { createChannel, type Channel, type ChannelCounts, type MessageHandler } from './channel.ts';
import { AuthRefusedError, DeadlineError, type ConnectionClosedError } from './errors.ts';
import { startKeepalive, type KeepaliveOptions } from './keepalive.ts';
import { connectTransport, type ConnectTransport } from './transport.ts';
import { parseLibvirtUri } from './uri.ts';

export interface ConnectionOptions {
  /** See `parseLibvirtUri`. */
  uri: string;
  /** Only calls that change nothing; over a unix socket by the read-only one. Default false. */
  readonly?: boolean;
  /** Limit of a call that names none, milliseconds. Default 10,000. */
  deadlineMs?: number;
  /** Limit of opening the connection, all its steps together, milliseconds. Default 10,000. */
  openDeadlineMs?: number;
  /**
   * Calls that the daemon has to answer at the same time; more wait. Default 4: at its `max_client_requests` (5 by
   * default) a daemon stops reading from the connection, keepalives included.
   */
  maxCallsInFlight?: number;
  /** Unanswered calls past their deadline that end the connection. Default 3, and at most `maxCallsInFlight`. */
  maxAbandonedCalls?: number;
  /** Default every 5 s, 3 times; false: answer the daemon's pings but send none. */
  keepalive?: KeepaliveOptions | false;
  /** Default: unix sockets and TCP. */
  connectTransport?: ConnectTransport;
}

/** An open connection to a daemon. */
export interface Connection extends Caller {
  readonly uri: string;
  /** Null while it is up. */
  readonly closeError: ConnectionClosedError | null;
  /** Fulfilled, never rejected, when it has ended, however it did. */
  readonly closed: Promise<ConnectionClosedError>;
  readonly counts: ChannelCounts;
  /** For `subscribeDomainEvents`: one handler for each kind of message that the daemon sends unasked; null removes it. */
  setMessageHandler(procedure: number, handler: MessageHandler | null): void;
  /** Rejects the calls under way, takes leave of the daemon if that answers within a second, and ends it. */
  close(): Promise<void>;
}

/** `virDrvFeature`: the daemon answers keepalives. */
const FEATURE_KEEPALIVE = 10;
const OPEN_READONLY = 1;
const AUTH_NONE = 0;
const AUTH_NAMES: Record<number, string> = { 0: 'none', 1: 'SASL', 2: 'polkit' };
const FAREWELL_DEADLINE_MS = 1000;

export const DEFAULTS = {
  deadlineMs: 10_000,
  openDeadlineMs: 10_000,
  maxCallsInFlight: 4,
  maxAbandonedCalls: 3,
  keepalive: { intervalSeconds: 5, count: 3 },
} as const;

/**
 * Opens a connection: connects, asks for the authentication, opens the driver, starts keepalives where the daemon knows
 * them.
 *
 * @throws UriError, ConnectError, AuthRefusedError, LibvirtError (the daemon refused to open the driver), DeadlineError,
 *   ConnectionClosedError, ProtocolError
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { address, name } = parseLibvirtUri(options.uri, { readonly: options.readonly ?? false });
  const openDeadlineMs = options.openDeadlineMs ?? DEFAULTS.openDeadlineMs;
  const endsAtMs = performance.now() + openDeadlineMs;
  const leftMs = (): number => Math.max(1, endsAtMs - performance.now());

  const transport = await (options.connectTransport ?? connectTransport)(address, openDeadlineMs);
  const channel = createChannel(transport, {
    maxCallsInFlight: options.maxCallsInFlight ?? DEFAULTS.maxCallsInFlight,
    maxAbandonedCalls: options.maxAbandonedCalls ?? DEFAULTS.maxAbandonedCalls,
  });
  try {
    const offered = await channel.call(getAuthTypes, {}, leftMs());
    if (!offered.includes(AUTH_NONE)) {
      throw new AuthRefusedError(offered.map((type) => AUTH_NAMES[type] ?? `unknown method ${type}`));
    }
    const flags = options.readonly === true ? OPEN_READONLY : 0;
    await channel.call(connectOpen, { uri: name, flags }, leftMs());
    if (options.keepalive !== false) await keepAlive(channel, options.keepalive ?? DEFAULTS.keepalive, leftMs());
  } catch (error) {
    channel.close('client');
    throw error instanceof DeadlineError ? new DeadlineError(`${error.call} (opening ${options.uri})`, openDeadlineMs, error.sent) : error;
  }
  return connectionOver(channel, options.uri, options.deadlineMs ?? DEFAULTS.deadlineMs);
}

async function keepAlive(channel: Channel, options: KeepaliveOptions, deadlineMs: number): Promise<void> {
  if (!(await channel.call(supportsFeature, { feature: FEATURE_KEEPALIVE }, deadlineMs))) return;
  const stop = startKeepalive(options, () => channel.received, channel.ping, () => channel.close('keepalive'));
  void channel.closed.then(stop);
}

function connectionOver(channel: Channel, uri: string, defaultDeadlineMs: number): Connection {
  return {
    uri,
    call: (call, args, options) => channel.call(call, args, options?.deadlineMs ?? defaultDeadlineMs),
    get closeError() {
      return channel.closeError;
    },
    closed: channel.closed,
    get counts() {
      return channel.counts;
    },
    setMessageHandler: channel.setHandler,
    close: () => channel.closeAfter(connectClose, {}, FAREWELL_DEADLINE_MS),
  };
}
