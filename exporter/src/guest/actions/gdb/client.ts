import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { ActionFailed, messageOf } from '../action-error.ts';
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

/** Somebody waits for a packet. */
interface Waiting {
  readonly wants: 'reply' | 'stop';
  readonly resolve: (text: string | null) => void;
  readonly reject: (error: Error) => void;
}

/** What is kept of a connection: one may wait at a time, and stops that nobody waits for are kept. */
interface Link {
  readonly socket: Socket;
  readonly stops: string[];
  waiting: Waiting | null;
  ended: Error | null;
}

function createClient(socket: Socket, deadlineMs: number): GdbClient {
  const link: Link = { socket, stops: [], waiting: null, ended: null };
  listen(link);

  async function ask(command: string): Promise<string> {
    const reply = wait(link, 'reply', deadlineMs, () => end(link, failed(`no answer to ${command.slice(0, 20)} within ${deadlineMs} ms`)));
    send(link, encodePacket(command));
    return (await reply) ?? '';
  }
  async function order(command: string): Promise<void> {
    const answer = await ask(command);
    if (answer !== 'OK') throw failed(`the gdb server answered ${command.slice(0, 20)} with ${JSON.stringify(answer.slice(0, 100))}`);
  }
  return {
    ask,
    order,
    go() {
      link.stops.length = 0;
      send(link, encodePacket('c'));
    },
    async nextStop(limitMs) {
      const text = link.stops.shift() ?? (await wait(link, 'stop', limitMs, () => settle(link, null)));
      return text === null ? null : { text, thread: /thread:([^;]{1,40});/.exec(text)?.[1] ?? null };
    },
    interrupt: () => send(link, '\x03'),
    // A plain D leaves the guest stopped.
    detach: () => order('D;1'),
    close: () => end(link, failed('the connection to the gdb server is closed')),
  };
}

function listen(link: Link): void {
  const { socket } = link;
  const reader = createPacketReader();
  socket.setEncoding('latin1');
  socket.setNoDelay(true);
  socket.on('data', (data) => {
    try {
      for (const piece of reader.push(String(data))) {
        if (piece.kind === 'nack') throw failed('the gdb server did not understand a packet');
        if (piece.kind !== 'packet') continue;
        socket.write('+');
        take(link, piece.payload);
      }
    } catch (error) {
      end(link, error instanceof ActionFailed ? error : failed(`the gdb server does not keep to the protocol: ${messageOf(error)}`, error));
    }
  });
  socket.on('error', (error) => end(link, failed(`the connection to the gdb server failed: ${error.message}`, error)));
  socket.on('close', () => end(link, failed('the gdb server closed the connection')));
}

function take(link: Link, payload: string): void {
  const isStop = STOP.test(payload);
  if (ENDED.test(payload)) throw failed('the guest has ended');
  if (link.waiting !== null && (link.waiting.wants === 'stop') === isStop) settle(link, payload);
  // QEMU tells of the stop by the connection at any moment, also between a command and its reply.
  else if (isStop) link.stops.push(payload);
  else throw failed(`the gdb server sent something that was not asked for: ${payload.slice(0, 100)}`);
  if (link.stops.length > MOST_WAITING) throw failed('the gdb server sends stops without end');
}

function send(link: Link, text: string): void {
  if (link.ended === null) link.socket.write(text, 'latin1');
}

function settle(link: Link, text: string | null): void {
  const { waiting } = link;
  link.waiting = null;
  waiting?.resolve(text);
}

function end(link: Link, error: Error): void {
  link.ended ??= error;
  link.socket.destroy();
  const { waiting } = link;
  link.waiting = null;
  waiting?.reject(link.ended);
}

function wait(link: Link, wants: Waiting['wants'], limitMs: number, onTimeout: () => void): Promise<string | null> {
  if (link.ended !== null) return Promise.reject(link.ended);
  if (link.waiting !== null) return Promise.reject(failed('two commands at once'));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(onTimeout, limitMs);
    const done =
      <T>(then: (value: T) => void) =>
      (value: T) => {
        clearTimeout(timer);
        then(value);
      };
    link.waiting = { wants, resolve: done(resolve), reject: done(reject) };
  });
}
