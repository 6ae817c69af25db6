import type { Socket } from 'node:net';
import { issueChallenge } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import { FieldError, readFields } from './fields.ts';
import { createFrameReader, FrameError } from './frame.ts';
import type { Limits } from './limits.ts';
import { createOutbox } from './outbox.ts';
import type { RefusalReason } from './refusal.ts';
import { createRequestServer } from './request-server.ts';
import type { RequestServerOptions } from './request-server.ts';
import { PROTOCOL_VERSION } from './verbs.ts';
import { HEX_32_RULE } from './words.ts';

export interface ConnectionOptions extends RequestServerOptions {
  socket: Socket;
  runFolder: string;
}

/**
 * One connection, from its first byte to its last: challenge, proof, requests. Every wait has a limit. Resolves when the
 * connection has gone.
 */
export function serveConnection({ socket, runFolder, ...options }: ConnectionOptions): Promise<void> {
  const { limits, counters, log, peerUid } = options;
  const gone = new AbortController();
  const closed = Promise.withResolvers<void>();
  let challenge: Challenge | null = null;
  let isProved = false;

  const outbox = createOutbox(socket, limits, () => end('slow-reader', 'answers were not taken in time'));
  const serve = createRequestServer(options, outbox, gone.signal, end);
  const handshakeTimer = setTimeout(() => end('handshake-timeout', 'the proof did not come in time'), limits.handshakeMs);

  /** Tells the peer why, as far as it listens, and hangs up. */
  function end(reason: RefusalReason | null, text: string): void {
    if (gone.signal.aborted) return;
    if (reason !== null) {
      counters.count(reason);
      log.warn({ peerUid, reason, text }, 'a connection was ended');
      if (reason !== 'slow-reader') outbox.send({ refused: { reason, text, effect: 'none' } });
    }
    leave();
    socket.destroySoon();
    // A peer that does not take its last message is not waited for.
    setTimeout(() => socket.destroy(), limits.drainMs).unref();
  }

  function leave(): void {
    gone.abort(new Error('the peer has gone'));
    outbox.close();
    reading.stop();
    clearTimeout(handshakeTimer);
    void challenge?.discard();
  }

  function prove(message: unknown): void {
    const fields = readFields(message);
    const proof = fields.text('proof', HEX_32_RULE);
    fields.done();
    const isRight = challenge?.accepts(proof) === true;
    void challenge?.discard();
    if (!isRight || challenge === null) return end('peer-not-proved', `this is not the proof of user ${peerUid}`);
    isProved = true;
    clearTimeout(handshakeTimer);
    socket.setTimeout(limits.idleMs, () => end(null, ''));
    outbox.send({ welcome: challenge.welcome });
  }

  function onMessage(message: unknown): void {
    if (gone.signal.aborted) return;
    if (challenge === null) throw new FrameError('a message before the challenge');
    if (isProved) serve(message);
    else prove(message);
  }

  const reading = readMessages(socket, limits, onMessage, end);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    leave();
    closed.resolve();
  });
  issueChallenge(runFolder, peerUid).then(
    (issued) => {
      challenge = issued;
      if (gone.signal.aborted) void issued.discard();
      else outbox.send({ protocol: PROTOCOL_VERSION, challenge: issued.id });
    },
    (error: Error) => {
      log.error({ err: error }, 'a challenge could not be written');
      end('challenge-not-kept', 'the challenge cannot be written; the log of the helper says why');
    },
  );
  return closed.promise;
}

/** Messages as they come, each of them whole within its time. */
function readMessages(socket: Socket, limits: Limits, onMessage: (message: unknown) => void, onBad: (reason: RefusalReason, text: string) => void): { stop(): void } {
  let isOpen = true;
  let timer: NodeJS.Timeout | null = null;
  const stopWaiting = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const reader = createFrameReader(limits.requestBytes, (message) => {
    stopWaiting();
    onMessage(message);
  });
  socket.on('data', (chunk: Buffer) => {
    if (!isOpen) return;
    try {
      reader.push(chunk);
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof FieldError)) throw error;
      onBad('bad-frame', error instanceof FieldError ? `${error.path.join('.')}: ${error.message}` : error.message);
    }
    if (isOpen && reader.heldBytes > 0) timer ??= setTimeout(() => onBad('frame-timeout', 'a message was begun and not finished in time'), limits.frameMs);
  });
  return {
    stop() {
      isOpen = false;
      stopWaiting();
    },
  };
}
