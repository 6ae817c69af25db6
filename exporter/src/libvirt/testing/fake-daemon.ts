import { createFrameSplitter } from '../frame.ts';
import { decodeHeader, encodeFrame, KEEPALIVE_PROGRAM, MessageStatus, MessageType, payloadReader, REMOTE_PROGRAM, type Header } from '../packet.ts';
import type { Receiver, Transport } from '../transport.ts';
import type { XdrReader, XdrWriter } from '../xdr.ts';

/** One call as the daemon sees it. */
export interface SeenCall {
  header: Header;
  payload: XdrReader;
}

/** A daemon in memory, for what a real one can't be made to do on demand. Answers nothing by itself but the opening. */
export interface FakeDaemon {
  transport: Transport;
  /** Calls that were not answered automatically, in order. */
  calls: SeenCall[];
  pings: number;
  pongs: number;
  /** True once the client has dropped the transport. */
  dropped: boolean;
  reply(call: SeenCall, encode?: (writer: XdrWriter) => void): void;
  replyError(call: SeenCall, code: number, text: string): void;
  message(procedure: number, encode: (writer: XdrWriter) => void): void;
  /** Raw bytes towards the client. */
  deliver(bytes: Buffer): void;
  end(error?: Error): void;
}

export interface FakeDaemonOptions {
  authTypes?: number[];
  keepalive?: boolean;
  /** Whether the fake answers authList, connectOpen, supportsFeature and connectClose. */
  silent?: boolean;
}

export function replyFrame(header: Header, encode?: (writer: XdrWriter) => void): Buffer {
  return encodeFrame({ ...header, type: MessageType.REPLY, status: MessageStatus.OK }, encode);
}

export function messageFrame(procedure: number, encode?: (writer: XdrWriter) => void): Buffer {
  const header = { program: REMOTE_PROGRAM, version: 1, procedure, type: MessageType.MESSAGE, serial: 0, status: MessageStatus.OK };
  return encodeFrame(header, encode);
}

export function errorFrame(header: Header, code: number, text: string): Buffer {
  return encodeFrame({ ...header, type: MessageType.REPLY, status: MessageStatus.ERROR }, (writer) => {
    writer.int(code).int(10).optionalString(text).int(2).uint(0);
    writer.optionalString('first').optionalString(null).optionalString(null).int(-1).int(7).uint(0);
  });
}

export function createFakeDaemon(options: FakeDaemonOptions = {}): FakeDaemon {
  let receiver: Receiver | null = null;
  const opening: Record<number, (writer: XdrWriter) => void> = {
    66: (writer) => writer.array(options.authTypes ?? [0], 20, (item, type) => item.int(type)),
    1: () => undefined,
    2: () => undefined,
    60: (writer) => writer.int(options.keepalive === true ? 1 : 0),
  };
  const splitter = createFrameSplitter((frame) => {
    const header = decodeHeader(frame);
    if (header.program === KEEPALIVE_PROGRAM) {
      if (header.procedure === 1) daemon.pings++;
      else daemon.pongs++;
      return;
    }
    const call = { header, payload: payloadReader(Buffer.from(frame)) };
    const answer = options.silent === true || header.program !== REMOTE_PROGRAM ? undefined : opening[header.procedure];
    if (answer === undefined) daemon.calls.push(call);
    else daemon.reply(call, answer);
  });
  const daemon: FakeDaemon = {
    transport: {
      start: (given) => (receiver = given),
      write: (bytes) => splitter.push(bytes),
      destroy: () => {
        daemon.dropped = true;
        receiver = null;
      },
    },
    calls: [],
    pings: 0,
    pongs: 0,
    dropped: false,
    reply: (call, encode) => daemon.deliver(replyFrame(call.header, encode)),
    replyError: (call, code, text) => daemon.deliver(errorFrame(call.header, code, text)),
    message: (procedure, encode) => daemon.deliver(messageFrame(procedure, encode)),
    // As a socket would: never from inside the client's own write.
    deliver: (bytes) => queueMicrotask(() => receiver?.onData(bytes)),
    end: (error) => queueMicrotask(() => receiver?.onClose(error ?? null)),
  };
  return daemon;
}
