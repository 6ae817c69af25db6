import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { issueChallenge } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import type { Dispatcher, Request } from './dispatch.ts';
import { FieldError, readFields } from './fields.ts';
import { createFrameReader, encodeFrame, FrameError } from './frame.ts';
import type { Limits, Places, RateLimit } from './limits.ts';
import type { HelperLog } from './log.ts';
import { Refusal } from './refusal.ts';
import type { RefusalCounters, RefusalReason } from './refusal.ts';
import { PROTOCOL_VERSION } from './verbs.ts';
import { HEX_32_RULE } from './words.ts';

export interface ConnectionOptions {
  socket: Socket;
  /** The user whose socket it came over. */
  peerUid: number;
  runFolder: string;
  limits: Limits;
  dispatch: Dispatcher;
  counters: RefusalCounters;
  log: HelperLog;
  /** Shared by all connections of the peer. */
  places: Places;
  rate: RateLimit;
  isStopping: () => boolean;
  /** What still runs when the connection has gone. */
  onRunning: (ended: Promise<void>) => void;
}

const MOST_ID = 0xffff_ffff;
const MOST_DEADLINE_MS = 600_000;
const VERB_RULE = { most: 64, pattern: /^/, allowed: 'text of at most 64 characters' };

/**
 * One connection, from its first byte to its last: challenge, proof, then requests, each answered under its number as it is done.
 * Every wait has a limit. Resolves when the connection has gone.
 */
export function serveConnection({ socket, ...options }: ConnectionOptions): Promise<void> {
  const { limits, counters, log } = options;
  const gone = new AbortController();
  const closed = Promise.withResolvers<void>();
  let challenge: Challenge | null = null;
  let isProved = false;
  let isEnded = false;
  let rateRefusals = 0;

  const handshakeTimer = setTimeout(() => end('handshake-timeout', 'the proof did not come in time'), limits.handshakeMs);
  let frameTimer: NodeJS.Timeout | null = null;
  let drainTimer: NodeJS.Timeout | null = null;

  /** Tells the peer why, as far as it listens, and hangs up. */
  function end(reason: RefusalReason | null, text: string): void {
    if (isEnded) return;
    isEnded = true;
    if (reason !== null) {
      counters.count(reason);
      log.warn({ peerUid: options.peerUid, reason, text }, 'a connection was ended');
      const frame = encodeFrame({ refused: { reason, text } }, limits.answerBytes);
      if (frame !== null && reason !== 'slow-reader') socket.write(frame);
    }
    socket.destroySoon();
    // A peer that does not take its last message is not waited for.
    setTimeout(() => socket.destroy(), limits.drainMs).unref();
  }

  /** The callback comes when the kernel has taken all of it, or never will. */
  function send(message: unknown, onSent: () => void = () => undefined): boolean {
    const frame = encodeFrame(message, limits.answerBytes);
    if (frame === null) return false;
    if (isEnded) {
      onSent();
      return true;
    }
    if (!socket.write(frame, onSent)) {
      socket.pause();
      drainTimer ??= setTimeout(() => end('slow-reader', 'answers were not taken in time'), limits.drainMs);
    }
    return true;
  }

  function refuse(id: number, refusal: Refusal, onSent?: () => void): void {
    if (isEnded) return onSent?.();
    counters.count(refusal.reason);
    if (refusal.reason === 'internal') log.error({ peerUid: options.peerUid, err: refusal.cause }, 'a request failed');
    send({ id, refused: { reason: refusal.reason, text: refusal.message } }, onSent);
  }

  function prove(message: unknown): void {
    const fields = readFields(message);
    const proof = fields.text('proof', HEX_32_RULE);
    fields.done();
    const isRight = challenge?.accepts(proof) === true;
    void challenge?.discard();
    if (!isRight || challenge === null) return end('peer-not-proved', `this is not the proof of user ${options.peerUid}`);
    isProved = true;
    clearTimeout(handshakeTimer);
    socket.setTimeout(limits.idleMs, () => end(null, ''));
    send({ welcome: challenge.welcome });
  }

  function serve(request: Request): void {
    if (!options.rate(performance.now())) {
      rateRefusals += 1;
      if (rateRefusals > limits.rateRefusalsInARow) return end('rate-limited', 'too many requests');
      return refuse(request.id, new Refusal('rate-limited', 'too many requests in a short time; ask again in a second'));
    }
    rateRefusals = 0;
    if (options.isStopping()) return refuse(request.id, new Refusal('stopping', 'the helper is being stopped'));
    const leave = options.places();
    if (leave === null) return refuse(request.id, new Refusal('busy', `${limits.requestsInFlightPerPeer} requests of this user are under way; wait for one of them`));
    const { answer, ended } = options.dispatch(request, gone.signal);
    options.onRunning(ended);
    // The place is free once nothing runs and nothing waits to be taken.
    const sent = Promise.withResolvers<void>();
    void Promise.all([ended, sent.promise]).then(leave);
    answer.then(
      (value) => {
        if (!send({ id: request.id, answer: value }, sent.resolve)) refuse(request.id, new Refusal('answer-too-large', `the answer is larger than ${limits.answerBytes} bytes`), sent.resolve);
      },
      (error: unknown) => refuse(request.id, error as Refusal, sent.resolve),
    );
  }

  function onMessage(message: unknown): void {
    if (isEnded) return;
    if (challenge === null) throw new FrameError('a message before the challenge');
    if (isProved) serve(readRequest(message));
    else prove(message);
  }

  const reader = createFrameReader(limits.requestBytes, (message) => {
    if (frameTimer !== null) clearTimeout(frameTimer);
    frameTimer = null;
    onMessage(message);
  });

  socket.on('data', (chunk: Buffer) => {
    if (isEnded) return;
    try {
      reader.push(chunk);
      if (reader.heldBytes > 0) frameTimer ??= setTimeout(() => end('frame-timeout', 'a message was begun and not finished in time'), limits.frameMs);
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof FieldError)) throw error;
      end('bad-frame', error instanceof FieldError ? `${error.path.join('.')}: ${error.message}` : error.message);
    }
  });
  socket.on('drain', () => {
    if (drainTimer !== null) clearTimeout(drainTimer);
    drainTimer = null;
    socket.resume();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isEnded = true;
    for (const timer of [handshakeTimer, frameTimer, drainTimer]) if (timer !== null) clearTimeout(timer);
    gone.abort(new Error('the peer has gone'));
    void challenge?.discard();
    closed.resolve();
  });

  issueChallenge(options.runFolder, options.peerUid).then(
    (issued) => {
      challenge = issued;
      if (isEnded) void issued.discard();
      else send({ protocol: PROTOCOL_VERSION, challenge: issued.id });
    },
    (error: Error) => {
      log.error({ err: error }, 'a challenge could not be written');
      end('challenge-not-kept', 'the challenge cannot be written; the log of the helper says why');
    },
  );
  return closed.promise;
}

/** @throws FieldError for what is no request: an answer to it could not even be numbered */
function readRequest(message: unknown): Request {
  const fields = readFields(message);
  const request = {
    id: fields.integer('id', 0, MOST_ID),
    verb: fields.text('verb', VERB_RULE),
    arguments: fields.has('arguments') ? (message as { arguments: unknown }).arguments : {},
    deadlineMs: fields.has('deadlineMs') ? fields.integer('deadlineMs', 1, MOST_DEADLINE_MS) : null,
  };
  fields.done();
  return request;
}
