/**
 * Packets of gdb's remote serial protocol: `$payload#checksum`, with `}` as escape and `*` for runs. Texts here are Latin-1: one
 * character is one byte.
 */

/** Longest payload that is taken; QEMU's are at most 4096 bytes before runs are written out. */
export const MOST_PAYLOAD = 64 * 1024;
const MOST_WAITING = 256 * 1024;
const ESCAPE_XOR = 0x20;
const RUN_BIAS = 29;

/** What stands in a stream. */
export type Piece = { readonly kind: 'packet'; readonly payload: string } | { readonly kind: 'ack' } | { readonly kind: 'nack' };

/** The other side does not speak the protocol, or not within its limits. */
export class PacketError extends Error {
  override readonly name = 'PacketError';
}

/** Sum of the bytes modulo 256, two hexadecimal digits. */
export function checksum(payload: string): string {
  let sum = 0;
  for (let at = 0; at < payload.length; at++) sum = (sum + payload.charCodeAt(at)) & 0xff;
  return sum.toString(16).padStart(2, '0');
}

/** @param payload Latin-1, any characters */
export function encodePacket(payload: string): string {
  const escaped = payload.replace(/[#$}*]/g, (character) => `}${String.fromCharCode(character.charCodeAt(0) ^ ESCAPE_XOR)}`);
  return `$${escaped}#${checksum(escaped)}`;
}

/** Cuts a stream into packets and acknowledgements. */
export interface PacketReader {
  /** @throws PacketError: a checksum is wrong, or a packet is too long. The stream is of no use then */
  push(data: string): Piece[];
}

export function createPacketReader(): PacketReader {
  let waiting = '';
  return {
    push(data) {
      waiting += data;
      const pieces: Piece[] = [];
      for (;;) {
        const first = waiting[0];
        if (first === undefined) return pieces;
        if (first === '+' || first === '-') {
          pieces.push({ kind: first === '+' ? 'ack' : 'nack' });
          waiting = waiting.slice(1);
          continue;
        }
        if (first !== '$') throw new PacketError(`a packet begins with ${JSON.stringify(first)}`);
        const end = waiting.indexOf('#');
        if (end < 0 || waiting.length < end + 3) {
          if (waiting.length > MOST_WAITING) throw new PacketError('a packet does not end');
          return pieces;
        }
        const body = waiting.slice(1, end);
        if (waiting.slice(end + 1, end + 3).toLowerCase() !== checksum(body)) throw new PacketError('the checksum of a packet is wrong');
        waiting = waiting.slice(end + 3);
        pieces.push({ kind: 'packet', payload: decodeBody(body) });
      }
    },
  };
}

function decodeBody(body: string): string {
  let payload = '';
  for (let at = 0; at < body.length; at++) {
    const character = body[at] ?? '';
    if (character === '}') {
      payload += String.fromCharCode(body.charCodeAt(++at) ^ ESCAPE_XOR);
    } else if (character === '*') {
      const count = body.charCodeAt(++at) - RUN_BIAS;
      if (!(count > 0) || payload === '') throw new PacketError('a packet has a run of nothing');
      payload += (payload.at(-1) ?? '').repeat(count);
    } else {
      payload += character;
    }
    if (payload.length > MOST_PAYLOAD) throw new PacketError('a packet is too long');
  }
  return payload;
}
