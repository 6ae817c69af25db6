import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPacketReader, encodePacket, MOST_PAYLOAD, PacketError } from './packet.ts';

const latin1 = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('packets', () => {
  test('have the checksum of the protocol', () => {
    expect(encodePacket('OK')).toBe('$OK#9a');
    expect(encodePacket('')).toBe('$#00');
    expect(encodePacket('a}b')).toBe(`$a}]b#${((0x61 + 0x7d + 0x5d + 0x62) & 0xff).toString(16)}`);
  });

  test('come back as they were, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(latin1, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }), (payloads, cuts) => {
        const stream = payloads.map((payload) => `+${encodePacket(payload)}`).join('');
        const reader = createPacketReader();
        const got: string[] = [];
        for (let at = 0, cut = 0; at < stream.length; at += cuts[cut++ % cuts.length] ?? 1) {
          const next = stream.slice(at, at + (cuts[cut % cuts.length] ?? 1));
          for (const piece of reader.push(next)) if (piece.kind === 'packet') got.push(piece.payload);
        }
        expect(got).toEqual(payloads);
      }),
    );
  });

  test('write runs out', () => {
    // "0* " is 0 and three more of it.
    const body = '0* ';
    const sum = [...body].reduce((total, character) => total + character.charCodeAt(0), 0) & 0xff;
    expect(createPacketReader().push(`$${body}#${sum.toString(16)}`)).toEqual([{ kind: 'packet', payload: '0000' }]);
  });

  test('with a wrong checksum, garbage, without an end, or too long once written out end in an error', () => {
    expect(() => createPacketReader().push('$OK#00')).toThrow(PacketError);
    expect(() => createPacketReader().push('garbage')).toThrow(PacketError);
    expect(() => createPacketReader().push(`$${'a'.repeat(300_000)}`)).toThrow(PacketError);
    const bomb = `a${'*~'.repeat(1000)}`;
    const sum = [...bomb].reduce((total, character) => total + character.charCodeAt(0), 0) & 0xff;
    expect(() => createPacketReader().push(`$${bomb}#${sum.toString(16).padStart(2, '0')}`)).toThrow(PacketError);
    expect(bomb.length).toBeLessThan(MOST_PAYLOAD);
  });

  test('of any kind end in pieces or a PacketError', () => {
    fc.assert(
      fc.property(latin1, (stream) => {
        try {
          createPacketReader().push(stream);
        } catch (error) {
          expect(error).toBeInstanceOf(PacketError);
        }
      }),
    );
  });
});
