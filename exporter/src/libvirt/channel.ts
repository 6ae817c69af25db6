import type { Call } from './call.ts';
import { ConnectionClosedError, DeadlineError, LibvirtError, ProtocolError, type CloseReason } from './errors.ts';
import { createFieldNames } from './field-names.ts';
import { createFrameSplitter } from './frame.ts';
import * as packet from './packet.ts';
import type { Transport } from './transport.ts';
import type { XdrReader } from './xdr.ts';

/** Longest delay that setTimeout keeps. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** So many answers outstanding are taken in groups: waking up for each of them costs more than the answers do. */
const MANY_CALLS = 8;
const REST_MS = 4;

export interface ChannelOptions {
  maxCallsInFlight: number;
  maxAbandonedCalls: number;
}

/** What a connection is doing, for metrics and tests. */
export interface ChannelCounts {
  /** Sent, and the daemon still owes an answer; abandoned calls too, as they take up its capacity. */
  inFlight: number;
  /** Waiting for a place in flight. */
  queued: number;
  /** In flight past their deadline. */
  abandoned: number;
  /** Abandoned since the connection was made, the later answered too. */
  abandonedTotal: number;
}

/** Handles one kind of message that the daemon sends unasked. @throws ProtocolError */
export type MessageHandler = (payload: XdrReader) => void;

export interface Channel {
  call<Args, Result>(call: Call<Args, Result>, args: Args, deadlineMs: number): Promise<Result>;
  /** One handler per procedure; null removes it. */
  setHandler(procedure: number, handler: MessageHandler | null): void;
  ping(): void;
  /** Frames received so far. */
  readonly received: number;
  readonly counts: ChannelCounts;
  /** Null while it is up. */
  readonly closeError: ConnectionClosedError | null;
  readonly closed: Promise<ConnectionClosedError>;
  /** Ends it and rejects every call that is under way. */
  close(reason: CloseReason, cause?: unknown): void;
  /** Rejects every call that is under way, makes a last one, then ends it: after the answer or the deadline. */
  closeAfter<Args>(call: Call<Args, unknown>, args: Args, deadlineMs: number): Promise<void>;
}

interface PendingCall {
  call: Call<never, unknown>;
  frame: Buffer;
  abandoned: boolean;
  timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Calls and messages over one transport. Calls are pipelined up to `maxCallsInFlight`, the rest waits in order. Answers
 * may come in any order. A protocol error ends the channel, as the stream can't be trusted after it.
 */
export function createChannel(transport: Transport, options: ChannelOptions): Channel {
  const names = createFieldNames();
  const handlers = new Map<number, MessageHandler>();
  const queued = new Map<number, PendingCall>();
  const inFlight = new Map<number, PendingCall>();
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<ConnectionClosedError>();
  let closeError: ConnectionClosedError | null = null;
  let closing = false;
  let lastSerial = 0;
  let received = 0;
  let abandoned = 0;
  let abandonedTotal = 0;

  function rejectAll(reason: CloseReason, cause: unknown): void {
    for (const [calls, sent] of [[queued, false], [inFlight, true]] as const) {
      for (const pending of calls.values()) {
        clearTimeout(pending.timer);
        if (!pending.abandoned) pending.reject(new ConnectionClosedError(reason, { call: pending.call.name, sent, cause }));
      }
      calls.clear();
    }
    abandoned = 0;
  }

  function close(reason: CloseReason, cause?: unknown): void {
    if (closeError !== null) return;
    closeError = new ConnectionClosedError(reason, { cause });
    transport.destroy();
    handlers.clear();
    rejectAll(reason, cause);
    resolveClosed(closeError);
  }

  function sendNext(): void {
    for (const [serial, pending] of queued) {
      if (inFlight.size >= options.maxCallsInFlight) return;
      queued.delete(serial);
      inFlight.set(serial, pending);
      transport.write(pending.frame);
    }
  }

  function onDeadline(serial: number, pending: PendingCall, deadlineMs: number): void {
    const sent = !queued.delete(serial);
    pending.reject(new DeadlineError(pending.call.name, deadlineMs, sent));
    if (!sent) return;
    pending.abandoned = true;
    abandoned++;
    abandonedTotal++;
    if (abandoned >= Math.min(options.maxAbandonedCalls, options.maxCallsInFlight)) close('abandoned');
  }

  /** `call` itself, with no regard to the queue's state. */
  function enqueue<Args, Result>(call: Call<Args, Result>, args: Args, deadlineMs: number): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const serial = (lastSerial = (lastSerial % 0xffff_ffff) + 1);
    const { REMOTE_VERSION: version } = packet;
    const program = programOf(call);
    const { CALL: type } = packet.MessageType;
    const { OK: status } = packet.MessageStatus;
    const header = { program, version, procedure: call.procedure, type, serial, status };
    const frame = packet.encodeFrame(header, (writer) => call.encode(writer, args));
    const timer = setTimeout(() => onDeadline(serial, pending, deadlineMs), Math.min(Math.max(0, deadlineMs), LONGEST_TIMER_MS));
    const pending: PendingCall = {
      call: call as Call<never, unknown>,
      frame,
      abandoned: false,
      timer,
      resolve: resolve as (result: unknown) => void,
      reject,
    };
    queued.set(serial, pending);
    return promise;
  }

  function onReply(header: packet.Header, frame: Buffer): void {
    const pending = inFlight.get(header.serial);
    if (pending === undefined) {
      if (closing) return; // Its call was rejected when the closing began.
      throw new ProtocolError(`answer to serial ${header.serial}, which no call has`);
    }
    if (pending.call.procedure !== header.procedure || programOf(pending.call) !== header.program) {
      const asked = `procedure ${pending.call.procedure} of program 0x${programOf(pending.call).toString(16)}`;
      throw new ProtocolError(`answer by procedure ${header.procedure} of program 0x${header.program.toString(16)} to a call of ${asked}`);
    }
    if (header.status === packet.MessageStatus.CONTINUE) throw new ProtocolError('answer with the status of a stream');
    inFlight.delete(header.serial);
    clearTimeout(pending.timer);
    if (pending.abandoned) abandoned--;
    else settle(pending, packet.payloadReader(frame, names), header.status);
    sendNext();
  }

  function onFrame(frame: Buffer): void {
    if (closeError !== null) return;
    received++;
    const header = packet.decodeHeader(frame);
    if (header.program === packet.KEEPALIVE_PROGRAM) {
      if (header.procedure === packet.KEEPALIVE_PING) transport.write(packet.encodeKeepalive(packet.KEEPALIVE_PONG));
    } else if (!isKnown(header)) {
      throw new ProtocolError(`message of program 0x${header.program.toString(16)} version ${header.version}`);
    } else if (header.type === packet.MessageType.REPLY) {
      onReply(header, frame);
    } else if (header.type === packet.MessageType.MESSAGE && header.program === packet.REMOTE_PROGRAM) {
      handlers.get(header.procedure)?.(packet.payloadReader(frame, names));
    } else {
      throw new ProtocolError(`message of type ${header.type} of program 0x${header.program.toString(16)}, which a daemon does not send here`);
    }
  }

  const splitter = createFrameSplitter(onFrame);
  transport.start({
    onData(chunk) {
      if (closeError !== null) return;
      try {
        splitter.push(chunk);
        if (inFlight.size >= MANY_CALLS) transport.rest?.(REST_MS);
      } catch (error) {
        close('protocol', error);
      }
    },
    onClose: (error) => (error === null ? close('eof') : close('transport', error)),
  });

  return {
    async call(call, args, deadlineMs) {
      if (closeError !== null || closing) {
        throw new ConnectionClosedError(closeError?.reason ?? 'client', { call: call.name, cause: closeError?.cause });
      }
      const answer = enqueue(call, args, deadlineMs);
      sendNext();
      return answer;
    },
    setHandler(procedure, handler) {
      if (handler === null) handlers.delete(procedure);
      else if (closeError === null) handlers.set(procedure, handler);
    },
    ping: () => transport.write(packet.encodeKeepalive(packet.KEEPALIVE_PING)),
    get received() {
      return received;
    },
    get counts() {
      return { inFlight: inFlight.size, queued: queued.size, abandoned, abandonedTotal };
    },
    get closeError() {
      return closeError;
    },
    closed,
    close,
    async closeAfter(call, args, deadlineMs) {
      if (closing || closeError !== null) return void (await closed);
      closing = true;
      rejectAll('client', undefined);
      const answer = enqueue(call, args, deadlineMs);
      sendNext();
      await answer.catch(() => undefined);
      close('client');
    },
  };
}

function programOf(call: Call<never, unknown>): number {
  return call.program ?? packet.REMOTE_PROGRAM;
}

/** Of a program that calls here are made to. All of them are at version 1. */
function isKnown({ program, version }: packet.Header): boolean {
  return (program === packet.REMOTE_PROGRAM && version === packet.REMOTE_VERSION) || (program === packet.QEMU_PROGRAM && version === packet.QEMU_VERSION);
}

/** Hands the answer to its caller. Decoding happens here, before the next frame: see `Call.decode`. */
function settle(pending: PendingCall, reader: XdrReader, status: number): void {
  let error: unknown;
  try {
    if (status === packet.MessageStatus.OK) {
      const result = pending.call.decode(reader);
      reader.end();
      return pending.resolve(result);
    }
    error = new LibvirtError(pending.call.name, packet.decodeError(reader));
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    error = new ProtocolError(`libvirt call ${pending.call.name}: answer does not fit: ${text}`, { cause: thrown });
  }
  pending.reject(error as Error);
}
