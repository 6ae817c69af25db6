import { once } from 'node:events';
import { connect } from 'node:net';
import { proofOf, readSecret } from '../challenge.ts';
import { createFrameReader, encodeFrame } from '../frame.ts';
import { peerSocketPath } from '../peer-socket.ts';

/** For tests: a peer that keeps to no rule. */
export interface RawPeer {
  /** The next message; null: the helper hung up. */
  next(): Promise<Record<string, unknown> | null>;
  /** All up to the end. */
  rest(): Promise<Record<string, unknown>[]>;
  send(message: unknown): void;
  sendBytes(bytes: Buffer | string): void;
  /** Keeps to the rules up to the welcome; returns the challenge. */
  prove(): Promise<string>;
  /** Takes nothing from the connection any more. */
  stopReading(): void;
  /** The helper hung up. */
  readonly closed: Promise<void>;
  destroy(): void;
}

const MOST_BYTES = 100_000_000;

export async function connectRaw(runFolder: string, uid: number): Promise<RawPeer> {
  const socket = connect({ path: peerSocketPath(runFolder, uid) });
  const arrived: Record<string, unknown>[] = [];
  let wake = (): void => undefined;
  let isClosed = false;
  const reader = createFrameReader(MOST_BYTES, (message) => {
    arrived.push(message as Record<string, unknown>);
    wake();
  });
  const closed = new Promise<void>((resolve) =>
    socket.on('close', () => {
      isClosed = true;
      wake();
      resolve();
    }),
  );
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  await once(socket, 'connect');
  socket.on('error', () => undefined);

  async function next(): Promise<Record<string, unknown> | null> {
    while (arrived.length === 0 && !isClosed) await new Promise<void>((resolve) => (wake = resolve));
    return arrived.shift() ?? null;
  }
  const send = (message: unknown): void => void socket.write(encodeFrame(message, MOST_BYTES) ?? '');
  return {
    next,
    send,
    closed,
    async rest() {
      const all: Record<string, unknown>[] = [];
      for (let message = await next(); message !== null; message = await next()) all.push(message);
      return all;
    },
    sendBytes: (bytes) => void socket.write(bytes),
    async prove() {
      const id = String((await next())?.['challenge']);
      send({ proof: proofOf(await readSecret(runFolder, id, uid), id) });
      const welcome = await next();
      if (welcome?.['welcome'] === undefined) throw new Error(`no welcome but ${JSON.stringify(welcome)}`);
      return id;
    },
    stopReading: () => void socket.pause(),
    destroy: () => void socket.destroy(),
  };
}
