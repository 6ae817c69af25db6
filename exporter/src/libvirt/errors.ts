import { ErrorCode, ErrorDomain, ErrorLevel } from './constants/error-codes.ts';
import { nameOf, type NameOf } from './constants/names.ts';

/** libvirt's error record (`virNetMessageError` on the wire, `virError` in its C API). */
export interface ErrorRecord {
  /** One of `ErrorCode`, or a number that this version does not know. */
  code: number;
  /** One of `ErrorDomain`. */
  domain: number;
  /** One of `ErrorLevel`. */
  level: number;
  /** libvirt's text, complete. */
  text: string;
  /** Parts of the text, as far as libvirt filled them in. */
  details: { str1: string | null; str2: string | null; str3: string | null; int1: number; int2: number };
}

/** The daemon answered with an error: the call was received and refused or failed there. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  readonly code: number;
  readonly codeName: NameOf<typeof ErrorCode>;
  readonly domain: number;
  readonly domainName: NameOf<typeof ErrorDomain>;
  readonly level: number;
  readonly levelName: NameOf<typeof ErrorLevel>;
  readonly text: string;
  readonly details: ErrorRecord['details'];
  /** Name of the call that was answered so. */
  readonly call: string;

  constructor(call: string, record: ErrorRecord) {
    super(record.text);
    this.call = call;
    this.code = record.code;
    this.codeName = nameOf(ErrorCode, record.code);
    this.domain = record.domain;
    this.domainName = nameOf(ErrorDomain, record.domain);
    this.level = record.level;
    this.levelName = nameOf(ErrorLevel, record.level);
    this.text = record.text;
    this.details = record.details;
  }
}

/** True where `error` is the daemon's own answer with exactly this code of `ErrorCode`. */
export function hasErrorCode(error: unknown, code: keyof typeof ErrorCode): error is LibvirtError {
  return error instanceof LibvirtError && error.code === ErrorCode[code];
}

/** No answer within the deadline. `sent` false: the call never left, so it has no effect; true: its effect is unknown. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly call: string;
  readonly deadlineMs: number;
  readonly sent: boolean;

  constructor(call: string, deadlineMs: number, sent: boolean) {
    super(`libvirt call ${call}: ${sent ? 'no answer' : 'not sent, too many calls before it'} within ${deadlineMs} ms`);
    this.call = call;
    this.deadlineMs = deadlineMs;
    this.sent = sent;
  }
}

/** Why a connection ended. `abandoned`: replaced because too many of its calls were never answered. */
export type CloseReason = 'client' | 'eof' | 'transport' | 'keepalive' | 'protocol' | 'abandoned';

const CLOSE_TEXTS: Record<CloseReason, string> = {
  client: 'closed by this side',
  eof: 'closed by the daemon',
  transport: 'failed',
  keepalive: 'did not answer its keepalives',
  protocol: 'broke the protocol',
  abandoned: 'left too many calls unanswered',
};

/** The connection ended, or was not there, before the answer. `sent` as in {@link DeadlineError}. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  readonly reason: CloseReason;
  /** Name of the call that is lost by it; null for the connection itself. */
  readonly call: string | null;
  readonly sent: boolean;

  constructor(reason: CloseReason, options: { call?: string; sent?: boolean; cause?: unknown } = {}) {
    const cause = options.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(`libvirt ${options.call === undefined ? '' : `call ${options.call}: `}connection ${CLOSE_TEXTS[reason]}${cause}`, {
      cause: options.cause,
    });
    this.reason = reason;
    this.call = options.call ?? null;
    this.sent = options.sent ?? false;
  }
}

/** Nothing listens there, or the way to it is barred. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
}

/** A supervised connection is not up at the moment; `cause` is its last error. Nothing was sent. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}

/** Bytes that are not libvirt's protocol, or not within its limits. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** An argument that the protocol can't carry; nothing was sent. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** The daemon asks for an authentication that this client does not have. */
export class AuthRefusedError extends Error {
  override readonly name = 'AuthRefusedError';
  /** What the daemon offers, by name. */
  readonly offered: string[];

  constructor(offered: string[]) {
    super(
      `libvirt daemon asks for authentication by ${offered.join(' or ')}, which this client does not support (only: none). ` +
        `Set auth_unix_rw, auth_unix_ro or auth_tcp to "none" in libvirtd.conf, or use the read-only socket.`,
    );
    this.offered = offered;
  }
}

/** A URI that is malformed or asks for something that this client does not do. */
export class UriError extends Error {
  override readonly name = 'UriError';
}
