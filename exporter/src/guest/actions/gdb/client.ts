import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { ActionFailed } from '../action-error.ts';
import { createPacketReader, encodePacket } from './packet.ts';

/** A connection to QEMU's gdb server. From the moment it is made until `detach` or `go` all processors of the guest stand still. */
export interface GdbClient {
  /** Sends a command and answers the reply. @throws ActionFailed `gdb-failed` */
  ask(command: string): Promise<string>;
  /** As `ask`, the reply has to be OK. */
  order(command: string): Promise<void>;
  /** Lets the guest run on. */
  go(): void;
  /** The next stop; null: none within the time. */
  nextStop(limitMs: number): Promise<Stop | null>;
  /** Asks the guest to stop; `nextStop` tells when it has. */
  interrupt(): void;
  /** Ends debugging: the guest runs on without any breakpoint. */
  detach(): Promise<void>;
  /** Only drops the connection. The guest stays as it is, stopped too. */
  close(): void;
}

export interface Stop {
  /** The packet, such as `T05thread:p01.02;`. */
  readonly text: string;
  /** Name of the processor that it was at; null: not told. */
  readonly thread: string | null;
}

const STOP = /^[TS][0-9a-f]{2}/;
const ENDED = /^[WX][0-9a-f]{2}/;
const MOST_WAITING = 64;
const MOST_SOCKET_PATH = 107;

/**
 * Connects to a gdb server on a unix socket, which stops the guest, and introduces itself: with `multiprocess+`, without which QEMU wants
 * other names for processors, and by reading the description of the registers, without which it refuses to write single ones.
 *
 * @param deadlineMs for every command, milliseconds
 * @throws ActionFailed `gdb-failed`
 */
export async function connectGdb(path: string, deadlineMs: number): Promise<GdbClient> {
  if (path.length > MOST_SOCKET_PATH) throw failed(`the path of the socket is longer than ${MOST_SOCKET_PATH} bytes: ${path}`);
  const socket = await connect(path, deadlineMs);
  const client = createClient(socket, deadlineMs);
  try {
    const features = await client.ask('qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+');
    if (!features.split(';').includes('multiprocess+')) throw failed(`the gdb server does not know multiprocess: ${features.slice(0, 100)}`);
    const description = await client.ask('qXfer:features:read:target.xml:0,ffb');
    if (!/^[lm]/.test(description)) throw failed('the gdb server does not describe its registers');
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

function failed(text: string, cause?: unknown): ActionFailed {
  return new ActionFailed('gdb-failed', text, { left: true, cause });
}

function connect(path: string, deadlineMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const end = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(failed(`cannot connect to the gdb server at ${path}: ${error.message}`, error));
    };
    const timer = setTimeout(() => end(new Error(`no connection within ${deadlineMs} ms`)), deadlineMs);
    socket.once('error', end);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', end);
      resolve(socket);
    });
  });
}

type Waiting = { readonly wants: 'reply' | 'stop'; readonly resolve: (text: string | null) => void; readonly reject: (error: Error) => void };

function createClient(socket: Socket, deadlineMs: number): GdbClient {
  const reader = createPacketReader();
  const stops: string[] = [];
  let waiting: Waiting | null = null;
  let ended: Error | null = null;
  socket.setEncoding('latin1');
  socket.setNoDelay(true);
  const end = (error: Error) => {
    ended ??= error;
    socket.destroy();
    waiting?.reject(ended);
    waiting = null;
  };
  const settle = (text: string | null) => {
    const { resolve } = waiting ?? {};
    waiting = null;
    resolve?.(text);
  };
  const take = (payload: string) => {
    if (ENDED.test(payload)) end(failed('the guest has ended'));
    else if (waiting?.wants === 'reply' && !STOP.test(payload)) settle(payload);
    else if (waiting?.wants === 'stop' && STOP.test(payload)) settle(payload);
    // QEMU tells of the stop by the connection at any moment, also between a command and its reply.
    else if (STOP.test(payload)) stops.push(payload);
    else end(failed(`the gdb server sent something that was not asked for: ${payload.slice(0, 100)}`));
    if (stops.length > MOST_WAITING) end(failed('the gdb server sends stops without end'));
  };
  socket.on('data', (data) => {
    try {
      for (const piece of reader.push(String(data))) {
        if (piece.kind === 'nack') throw failed('the gdb server did not understand a packet');
        if (piece.kind !== 'packet') continue;
        socket.write('+');
        take(piece.payload);
      }
    } catch (error) {
      end(error instanceof ActionFailed ? error : failed(`the gdb server does not keep to the protocol: ${(error as Error).message}`, error));
    }
  });
  socket.on('error', (error) => end(failed(`the connection to the gdb server failed: ${error.message}`, error)));
  socket.on('close', () => end(failed('the gdb server closed the connection')));

  function wait(wants: 'reply' | 'stop', limitMs: number, onTimeout: () => void): Promise<string | null> {
    if (ended !== null) return Promise.reject(ended);
    if (waiting !== null) return Promise.reject(failed('two commands at once'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(onTimeout, limitMs);
      waiting = {
        wants,
        resolve: (text) => {
          clearTimeout(timer);
          resolve(text);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  async function ask(command: string, wants: 'reply' | 'stop' = 'reply'): Promise<string> {
    const reply = wait(wants, deadlineMs, () => end(failed(`no answer to ${command.slice(0, 20)} within ${deadlineMs} ms`)));
    if (ended === null) socket.write(encodePacket(command), 'latin1');
    return (await reply) ?? '';
  }

  return {
    ask: (command) => ask(command),
    async order(command) {
      const answer = await ask(command);
      if (answer !== 'OK') throw failed(`the gdb server answered ${command.slice(0, 20)} with ${JSON.stringify(answer.slice(0, 100))}`);
    },
    go() {
      stops.length = 0;
      if (ended === null) socket.write(encodePacket('c'), 'latin1');
    },
    async nextStop(limitMs) {
      const text = stops.shift() ?? (await wait('stop', limitMs, () => settle(null)));
      return text === null ? null : { text, thread: /thread:([^;]{1,40});/.exec(text)?.[1] ?? null };
    },
    interrupt() {
      if (ended === null) socket.write('\x03', 'latin1');
    },
    async detach() {
      // A plain D leaves the guest stopped.
      await this.order('D;1');
    },
    close() {
      ended ??= failed('the connection to the gdb server is closed');
      waiting?.reject(ended);
      waiting = null;
      socket.destroy();
    },
  };
}
