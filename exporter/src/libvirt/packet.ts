import type { ErrorRecord } from './errors.ts';
import { ProtocolError } from './errors.ts';
import { FRAME_MAX_BYTES, FRAME_MIN_BYTES, LENGTH_BYTES } from './frame.ts';
import { XdrReader, XdrWriter, type Interner } from './xdr.ts';

/** The hypervisor's program and version (`remote_protocol.x`). */
export const REMOTE_PROGRAM = 0x20008086;
export const REMOTE_VERSION = 1;
/** QEMU's own calls and their version (`qemu_protocol.x`). */
export const QEMU_PROGRAM = 0x20008087;
export const QEMU_VERSION = 1;
/** The keepalive program and version (`virkeepaliveprotocol.x`). */
export const KEEPALIVE_PROGRAM = 0x6b656570;
export const KEEPALIVE_VERSION = 1;
export const KEEPALIVE_PING = 1;
export const KEEPALIVE_PONG = 2;

/** Kinds of message (`virNetMessageType`); files are never passed, so types 4 and 5 do not occur. */
export const MessageType = { CALL: 0, REPLY: 1, MESSAGE: 2, STREAM: 3, STREAM_HOLE: 6 } as const;
/** `virNetMessageStatus`. */
export const MessageStatus = { OK: 0, ERROR: 1, CONTINUE: 2 } as const;

/** A message's header (`virNetMessageHeader`). */
export interface Header {
  program: number;
  version: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
}

/** Header of a frame with its length word.
 *
 * @throws ProtocolError for a type or status that libvirt does not have
 */
export function decodeHeader(frame: Buffer): Header {
  const reader = new XdrReader(frame, LENGTH_BYTES);
  const header = {
    program: reader.uint(),
    version: reader.uint(),
    procedure: reader.int(),
    type: reader.uint(),
    serial: reader.uint(),
    status: reader.uint(),
  };
  if (header.type > MessageType.STREAM_HOLE) throw new ProtocolError(`message of unknown type ${header.type}`);
  if (header.status > MessageStatus.CONTINUE) throw new ProtocolError(`message with unknown status ${header.status}`);
  return header;
}

/** Reader of what follows the header. */
export function payloadReader(frame: Buffer, names: Interner | null = null): XdrReader {
  return new XdrReader(frame, FRAME_MIN_BYTES, frame.length, names);
}

/**
 * One whole frame.
 *
 * @throws ArgumentError where `encode` writes something that does not fit
 */
export function encodeFrame(header: Header, encode: (writer: XdrWriter) => void = () => undefined): Buffer {
  const writer = new XdrWriter(FRAME_MAX_BYTES);
  writer.uint(0);
  writer.uint(header.program).uint(header.version).int(header.procedure);
  writer.uint(header.type).uint(header.serial).uint(header.status);
  encode(writer);
  const frame = writer.written;
  frame.writeUInt32BE(frame.length, 0);
  return frame;
}

/** A keepalive message: a header alone. */
export function encodeKeepalive(procedure: typeof KEEPALIVE_PING | typeof KEEPALIVE_PONG): Buffer {
  const { OK } = MessageStatus;
  const type = MessageType.MESSAGE;
  return encodeFrame({ program: KEEPALIVE_PROGRAM, version: KEEPALIVE_VERSION, procedure, type, serial: 0, status: OK });
}

/** Payload of a reply with status ERROR (`virNetMessageError`). */
export function decodeError(reader: XdrReader): ErrorRecord {
  const code = reader.int();
  const domain = reader.int();
  const text = reader.optionalString();
  const level = reader.int();
  if (reader.present()) {
    reader.string();
    reader.uuid();
    reader.int();
  }
  const str1 = reader.optionalString();
  const str2 = reader.optionalString();
  const str3 = reader.optionalString();
  const int1 = reader.int();
  const int2 = reader.int();
  if (reader.present()) {
    reader.string();
    reader.uuid();
  }
  reader.end();
  return { code, domain, level, text: text ?? 'error without a text', details: { str1, str2, str3, int1, int2 } };
}
