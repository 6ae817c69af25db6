import { performance } from 'node:perf_hooks';
import type { Dispatcher, Request } from './dispatch.ts';
import { readFields } from './fields.ts';
import type { Limits, Places, RateLimit } from './limits.ts';
import type { HelperLog } from './log.ts';
import type { Outbox } from './outbox.ts';
import { Refusal } from './refusal.ts';
import type { RefusalCounters, RefusalReason } from './refusal.ts';

/** What all connections of a peer share, and all of the helper. */
export interface RequestServerOptions {
  peerUid: number;
  limits: Limits;
  dispatch: Dispatcher;
  counters: RefusalCounters;
  log: HelperLog;
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
 * Answers the requests of a connection whose user is proved, each under its number as it is done.
 *
 * @param hangUp for a peer that does not stop asking too much
 * @returns takes a message; throws FieldError for what is no request
 */
export function createRequestServer(options: RequestServerOptions, outbox: Outbox, gone: AbortSignal, hangUp: (reason: RefusalReason, text: string) => void): (message: unknown) => void {
  const { limits, counters, log } = options;
  let rateRefusals = 0;

  function refuse(id: number, refusal: Refusal, onSent?: () => void): void {
    if (gone.aborted) return onSent?.();
    counters.count(refusal.reason);
    if (refusal.reason === 'internal') log.error({ peerUid: options.peerUid, err: refusal.cause }, 'a request failed');
    outbox.send({ id, refused: { reason: refusal.reason, text: refusal.message, effect: refusal.effect } }, onSent);
  }

  function start(request: Request, leave: () => void): void {
    const { answer, ended } = options.dispatch(request, gone);
    options.onRunning(ended);
    // The place is free once nothing runs and nothing waits to be taken.
    const sent = Promise.withResolvers<void>();
    void Promise.all([ended, sent.promise]).then(leave);
    answer.then(
      (value) => {
        if (outbox.send({ id: request.id, answer: value }, sent.resolve)) return;
        refuse(request.id, new Refusal('answer-too-large', `the answer is larger than ${limits.answerBytes} bytes`), sent.resolve);
      },
      (error: unknown) => refuse(request.id, error as Refusal, sent.resolve),
    );
  }

  return (message) => {
    const request = readRequest(message);
    if (!options.rate(performance.now())) {
      rateRefusals += 1;
      if (rateRefusals > limits.rateRefusalsInARow) return hangUp('rate-limited', 'too many requests');
      return refuse(request.id, new Refusal('rate-limited', 'too many requests in a short time; ask again in a second'));
    }
    rateRefusals = 0;
    if (options.isStopping()) return refuse(request.id, new Refusal('stopping', 'the helper is being stopped'));
    const leave = options.places();
    if (leave === null) return refuse(request.id, new Refusal('busy', `${limits.requestsInFlightPerPeer} requests of this user are under way; wait for one of them`));
    start(request, leave);
  };
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
