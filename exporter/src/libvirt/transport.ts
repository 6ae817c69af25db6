import { existsSync } from 'node:fs';
import net from 'node:net';
import { ConnectError } from './errors.ts';
import type { Address } from './uri.ts';

export interface Receiver {
  onData(chunk: Buffer): void;
  /** Called once; null: the other side ended it. Not called after `destroy`. */
  onClose(error: Error | null): void;
}

/** A byte stream to a daemon. Another transport (TLS, a program's pipe) is another function that makes one of these. */
export interface Transport {
  /** Starts the flow; nothing arrives before. */
  start(receiver: Receiver): void;
  write(bytes: Buffer): void;
  /** Takes nothing from the other side for so long: what arrives meanwhile is then taken at once. */
  rest?(ms: number): void;
  /** Ends it at once; what is written is still sent where that needs no waiting. */
  destroy(): void;
}

/** One buffer for all that is read: nothing keeps a chunk. */
const READ_BYTES = 65_536;

/** @throws ConnectError saying what is wrong and where */
export type ConnectTransport = (address: Address, deadlineMs: number) => Promise<Transport>;

/** More than this written and not taken: the other side has stopped reading. */
const UNSENT_MAX_BYTES = 64 * 1024 * 1024;

/** Connects to a unix socket or a TCP port. */
export const connectTransport: ConnectTransport = (address, deadlineMs) => {
  const target = targetOf(address);
  return new Promise((resolve, reject) => {
    const receive: { data: (chunk: Buffer) => void } = { data: () => undefined };
    const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: takeChunk(receive) };
    const socket = net.connect({ ...target.options, onread });
    // Nothing is read before somebody takes it.
    socket.pause();
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new ConnectError(`can't connect to libvirt at ${target.text}: ${reason}`));
    };
    const timer = setTimeout(() => fail(`no connection within ${deadlineMs} ms`), deadlineMs);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(EXPLANATIONS[error.code ?? ''] ?? error.message);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socketTransport(socket, receive));
    });
  });
};

function takeChunk(receive: { data: (chunk: Buffer) => void }): (bytes: number, buffer: Uint8Array) => boolean {
  return (bytes, buffer) => {
    receive.data((buffer as Buffer).subarray(0, bytes));
    return true;
  };
}

function targetOf(address: Address): { options: net.NetConnectOpts; text: string } {
  if (address.kind === 'tcp') {
    const { host, port } = address;
    return { options: { host, port, noDelay: true }, text: `${host.includes(':') ? `[${host}]` : host}:${port}` };
  }
  const path = address.paths.find((candidate) => existsSync(candidate)) ?? (address.paths.at(-1) as string);
  return { options: { path }, text: path };
}

const EXPLANATIONS: Record<string, string> = {
  ENOENT: 'no such socket (ENOENT); is the daemon running, and is this its socket?',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED); is the daemon running?',
  EACCES: 'permission denied (EACCES); run as a member of the group that owns the socket, or use the read-only one',
};

function socketTransport(socket: net.Socket, receive: { data: (chunk: Buffer) => void }): Transport {
  let failure: Error | null = null;
  let corked = false;
  // An error between the connection and `start` is delivered by `start`, as the close that it is.
  socket.on('error', (error) => (failure = error));
  return {
    start(receiver) {
      receive.data = (chunk) => receiver.onData(chunk);
      socket.resume();
      socket.once('close', () => receiver.onClose(failure));
      if (socket.closed) receiver.onClose(failure);
    },
    write(bytes) {
      // Calls that are made together leave together: each system call wakes the daemon.
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(() => {
          corked = false;
          socket.uncork();
        });
      }
      socket.write(bytes);
      if (socket.writableLength > UNSENT_MAX_BYTES) socket.destroy(new Error(`the daemon takes no data: ${socket.writableLength} bytes wait`));
    },
    rest(ms) {
      if (socket.isPaused()) return;
      socket.pause();
      setTimeout(() => socket.resume(), ms);
    },
    destroy() {
      receive.data = () => undefined;
      socket.removeAllListeners('close');
      socket.destroySoon();
      // A peer that never reads would keep the rest of the data, and the socket, for ever.
      if (socket.writableLength > 0) socket.destroy();
    },
  };
}
