import type { XdrReader, XdrWriter } from './xdr.ts';

/** One remote procedure: its number in `remote_protocol.x` (or its program's own file), its arguments' encoding and its reply's decoding. */
export interface Call<Args, Result> {
  /** Shown in errors. */
  readonly name: string;
  /** The daemon's program that the procedure belongs to. Default: the hypervisors' (`REMOTE_PROGRAM`). */
  readonly program?: number;
  readonly procedure: number;
  /** @throws ArgumentError for arguments that do not fit; nothing is sent then. */
  encode(writer: XdrWriter, args: Args): void;
  /** Runs in the order in which replies arrive. @throws ProtocolError */
  decode(reader: XdrReader): Result;
}

/** Arguments of a call that has none: pass `{}`. */
export type NoArgs = Record<never, never>;

export interface CallOptions {
  /** Milliseconds from the call to its answer, waiting in the queue included. Default: the connection's `deadlineMs`. */
  deadlineMs?: number;
}

/** Whatever calls can be made on: a connection or a supervised connection. */
export interface Caller {
  /**
   * @throws LibvirtError the daemon's own answer
   * @throws DeadlineError no answer in time
   * @throws ConnectionClosedError the connection ended before the answer
   * @throws NotConnectedError a supervised connection that is down
   * @throws ProtocolError an answer that does not fit the call
   * @throws ArgumentError arguments that do not fit
   */
  call<Args, Result>(call: Call<Args, Result>, args: Args, options?: CallOptions): Promise<Result>;
}

/** Encoding of a call without arguments. */
export function encodeNothing(): void {}

/** Decoding of an empty reply. */
export function decodeNothing(): void {}
