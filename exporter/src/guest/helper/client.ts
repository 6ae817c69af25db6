import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { isEqualText, proofOf, readSecret, welcomeOf } from './challenge.ts';
import { DEFAULT_RUN_FOLDER } from './config.ts';
import { readFields } from './fields.ts';
import { createFrameReader, encodeFrame } from './frame.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Effect } from './refusal.ts';
import { peerSocketPath } from './peer-socket.ts';
import { trustedFolder } from './trusted-path.ts';
import { PROTOCOL_VERSION } from './verbs.ts';
import type { VerbName, VerbTypes } from './verbs.ts';
import { HEX_16_RULE, HEX_32_RULE } from './words.ts';

/**
 * Why there is no answer. A refusal has the helper's own word (`RefusalReason`); the others are of this side:
 *
 * - `helper-unreachable`: nothing listens there for this user.
 * - `helper-untrusted`: what listens there is not proved to be root's helper, or speaks something else.
 * - `helper-lost`: the connection ended before the answer. For an acting verb nobody knows whether it was done.
 * - `helper-silent`: no answer in time. Likewise.
 */
export type ClientReason = 'helper-unreachable' | 'helper-untrusted' | 'helper-lost' | 'helper-silent';

/** The helper did not do it, or it is not known whether it did. */
export class HelperError extends Error {
  override readonly name = 'HelperError';
  /** A `RefusalReason` (a later helper may have more of them) or a `ClientReason`. */
  readonly reason: string;
  /** Nothing was done: the helper refused, or was not even asked. Else, where the verb acts, the guest has to be looked at. */
  readonly isRefusal: boolean;

  constructor(reason: string, text: string, { isRefusal = false, ...options }: ErrorOptions & { isRefusal?: boolean } = {}) {
    super(text, options);
    this.reason = reason;
    this.isRefusal = isRefusal;
  }

  /** The same in the helper's words. */
  get effect(): Effect {
    return this.isRefusal ? 'none' : 'unknown';
  }
}

export interface HelperClientOptions {
  runFolder?: string;
  /** For connecting, and for the proofs of both sides. */
  openMs?: number;
  /** The user that the helper runs as. Anything but 0 is for tests. */
  ownerUid?: number;
  /** This process's user. */
  ownUid?: number;
}

export interface HelperClient {
  /** Asks a verb. Connects where there is no connection. @throws HelperError */
  call<Name extends VerbName>(verb: Name, asked: VerbTypes[Name]['asked'], options?: { deadlineMs?: number }): Promise<VerbTypes[Name]['answer']>;
  close(): void;
}

interface Connection {
  ask(verb: string, asked: unknown, deadlineMs: number): Promise<unknown>;
  readonly isOpen: boolean;
  close(): void;
}

const DEFAULT_OPEN_MS = 5000;
const DEFAULT_CALL_MS = 10_000;
/** The helper's own deadline comes first, so that its refusal is heard. */
const GRACE_MS = 1000;
const REASON_RULE = { most: 64, pattern: /^[a-z-]+$/, allowed: 'a word' };
const TEXT_RULE = { most: 4096, pattern: /^/, allowed: 'text' };
const MOST_ID = 0xffff_ffff;

/** Opens no connection by itself; one that was lost is opened anew by the next call. */
export function createHelperClient({ runFolder = DEFAULT_RUN_FOLDER, openMs = DEFAULT_OPEN_MS, ownerUid = 0, ownUid = process.geteuid?.() ?? -1 }: HelperClientOptions = {}): HelperClient {
  let current: Promise<Connection> | null = null;

  async function connection(): Promise<Connection> {
    if (current !== null) {
      const known = await current.catch(() => null);
      if (known?.isOpen === true) return known;
      current = null;
    }
    current ??= open(runFolder, ownerUid, ownUid, openMs).catch((error: HelperError) => {
      throw new HelperError(error.reason, error.message, { isRefusal: true, cause: error.cause });
    });
    return current;
  }

  return {
    async call<Name extends VerbName>(verb: Name, asked: VerbTypes[Name]['asked'], { deadlineMs = DEFAULT_CALL_MS }: { deadlineMs?: number } = {}) {
      return (await (await connection()).ask(verb, asked, deadlineMs)) as VerbTypes[Name]['answer'];
    },
    close() {
      void current?.then((known) => known.close()).catch(() => undefined);
      current = null;
    },
  };
}

/** Both sides prove who they are before anything is asked. */
async function open(runFolder: string, ownerUid: number, ownUid: number, openMs: number): Promise<Connection> {
  const folder = await trustedFolder(runFolder, ownerUid).catch((error: Error) => {
    const isMissing = error.message.endsWith('does not exist');
    throw new HelperError(isMissing ? 'helper-unreachable' : 'helper-untrusted', isMissing ? `${runFolder} does not exist: is the guest helper running?` : error.message, { cause: error });
  });
  const path = peerSocketPath(folder, ownUid);
  const opened = Promise.withResolvers<Connection>();
  const socket = connect({ path });
  const timer = setTimeout(() => socket.destroy(new HelperError('helper-silent', `the guest helper did not answer at ${path} within ${openMs} ms`)), openMs);
  converse(socket, { path, prove: (id) => readSecret(folder, id, ownUid) }, opened);
  try {
    return await opened.promise;
  } finally {
    clearTimeout(timer);
  }
}

interface Surroundings {
  path: string;
  /** Reads the secret of a challenge. */
  prove(id: string): Promise<Buffer>;
}

function converse(socket: Socket, { path, prove }: Surroundings, opened: PromiseWithResolvers<Connection>): void {
  const calls = createCalls();
  let stage: 'challenge' | 'reading' | 'welcome' | 'open' | 'closed' = 'challenge';
  let expected = '';
  let lastId = 0;
  let failure: HelperError | null = null;

  function fail(error: HelperError): void {
    failure ??= error;
    socket.destroy();
  }

  function ask(verb: string, asked: unknown, deadlineMs: number): Promise<unknown> {
    lastId = (lastId + 1) % MOST_ID;
    const frame = encodeFrame({ id: lastId, verb, arguments: asked, deadlineMs }, DEFAULT_LIMITS.requestBytes);
    if (frame === null) return Promise.reject(new HelperError('bad-request', `the arguments of ${verb} are too long; nothing was sent`, { isRefusal: true }));
    if (stage !== 'open') return Promise.reject(new HelperError('helper-lost', 'the connection to the guest helper has ended; nothing was sent', { isRefusal: true }));
    const answer = calls.wait(lastId, verb, deadlineMs + GRACE_MS);
    socket.write(frame);
    return answer;
  }

  async function answerChallenge(id: string): Promise<void> {
    const secret = await prove(id).catch((error: Error) => {
      throw new HelperError('helper-untrusted', `the challenge of ${path} cannot be read: ${error.message}`, { cause: error });
    });
    expected = welcomeOf(secret, id);
    stage = 'welcome';
    socket.write(encodeFrame({ proof: proofOf(secret, id) }, DEFAULT_LIMITS.requestBytes) ?? '');
  }

  function onMessage(message: unknown): void {
    const fields = readFields(message);
    if (fields.has('refused') && !fields.has('id')) return fail(refusalIn(message));
    if (stage === 'challenge') {
      const protocol = fields.integer('protocol', 1, MOST_ID);
      if (protocol !== PROTOCOL_VERSION) throw new Error(`it speaks version ${protocol} of the protocol, this side ${PROTOCOL_VERSION}; update the older of the two`);
      stage = 'reading';
      answerChallenge(fields.text('challenge', HEX_16_RULE)).catch(fail);
    } else if (stage === 'welcome') {
      if (!isEqualText(fields.text('welcome', HEX_32_RULE), expected)) throw new Error('it does not know the secret of its own challenge');
      stage = 'open';
      opened.resolve({ ask, close: () => socket.destroy(), get isOpen() { return stage === 'open'; } });
    } else if (stage === 'open') calls.settle(fields.integer('id', 0, MOST_ID), message as Record<string, unknown>);
    else throw new Error('it spoke out of turn');
  }

  const reader = createFrameReader(DEFAULT_LIMITS.answerBytes, onMessage);
  socket.on('data', (chunk: Buffer) => {
    if (stage === 'closed') return;
    try {
      reader.push(chunk);
    } catch (error) {
      fail(new HelperError('helper-untrusted', `what listens at ${path} is no guest helper of this version: ${(error as Error).message}`, { cause: error }));
    }
  });
  socket.on('error', (error: Error) => (failure ??= error instanceof HelperError ? error : socketProblem(error, path, stage)));
  socket.on('close', () => {
    stage = 'closed';
    const error = failure ?? new HelperError('helper-lost', `the guest helper at ${path} hung up`);
    opened.reject(error);
    calls.lose(error);
  });
}

/** Calls that wait for their answers. */
interface Calls {
  /** @param limitMs the helper's own deadline comes before */
  wait(id: number, verb: string, limitMs: number): Promise<unknown>;
  /** An answer that comes too late is nobody's. @throws FieldError where it is none */
  settle(id: number, message: Record<string, unknown>): void;
  lose(cause: HelperError): void;
}

function createCalls(): Calls {
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: HelperError): void; timer: NodeJS.Timeout }>();
  const take = (id: number) => {
    const call = waiting.get(id);
    clearTimeout(call?.timer);
    waiting.delete(id);
    return call;
  };
  return {
    wait: (id, verb, limitMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => take(id)?.reject(new HelperError('helper-silent', `the guest helper did not answer ${verb} within ${limitMs} ms`)), limitMs);
        waiting.set(id, { resolve, reject, timer });
      }),
    settle(id, message) {
      const refusal = message['refused'] === undefined ? null : refusalIn(message);
      const call = take(id);
      if (refusal === null) call?.resolve(message['answer']);
      else call?.reject(refusal);
    },
    lose(cause) {
      for (const id of [...waiting.keys()]) {
        take(id)?.reject(new HelperError('helper-lost', `the connection to the guest helper ended before its answer: ${cause.message}`, { cause }));
      }
    },
  };
}

function refusalIn(message: unknown): HelperError {
  const refused = readFields(message).object('refused');
  const effect: Effect = refused.has('effect') ? refused.choice('effect', ['none', 'unknown']) : 'unknown';
  return new HelperError(refused.text('reason', REASON_RULE), refused.text('text', TEXT_RULE), { isRefusal: effect === 'none' });
}

function socketProblem(error: NodeJS.ErrnoException, path: string, stage: string): HelperError {
  const cause = { cause: error };
  if (stage === 'open') return new HelperError('helper-lost', error.message, cause);
  if (error.code === 'EACCES') return new HelperError('helper-unreachable', `${path} may not be used by this user; the guest helper lets in the users of peers in its configuration, over a socket of each`, cause);
  if (error.code === 'ENOENT') return new HelperError('helper-unreachable', `there is no ${path}: is the guest helper running, and this user one of its peers?`, cause);
  if (error.code === 'ECONNREFUSED') return new HelperError('helper-unreachable', `nothing listens at ${path}: the guest helper has ended`, cause);
  return new HelperError('helper-unreachable', `${path}: ${error.message}`, cause);
}
