import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, encodeFrame, FrameError } from './frame.ts';

function lengthWord(length: number): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(length);
  return word;
}

describe('frame reader', () => {
  it('gives the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (messages, sizes) => {
        const stream = Buffer.concat(messages.map((message) => encodeFrame(message, 1_000_000) as Buffer));
        const seen: unknown[] = [];
        const reader = createFrameReader(1_000_000, (message) => seen.push(message));
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          reader.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(seen).toEqual(JSON.parse(JSON.stringify(messages)));
        expect(reader.heldBytes).toBe(0);
      }),
    );
  });

  it.each([0, 101, 0x7fff_ffff, 0xffff_ffff])('refuses a length of %i', (length) => {
    expect(() => createFrameReader(100, () => undefined).push(lengthWord(length))).toThrow(FrameError);
    const slow = createFrameReader(100, () => undefined);
    slow.push(lengthWord(length).subarray(0, 3));
    expect(() => slow.push(lengthWord(length).subarray(3))).toThrow(FrameError);
  });

  it.each([['no JSON', Buffer.from('{"a"')], ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])], ['nothing but blanks', Buffer.from('   ')]])('refuses %s', (_what, body) => {
    expect(() => createFrameReader(100, () => undefined).push(Buffer.concat([lengthWord(body.length), body]))).toThrow('a message that is not JSON in UTF-8');
  });

  it('takes the longest message, and deep nesting without harm', () => {
    const deep = `${'['.repeat(32_768)}${']'.repeat(32_768)}`;
    let seen: unknown;
    createFrameReader(65_536, (message) => (seen = message)).push(Buffer.concat([lengthWord(65_536), Buffer.from(deep)]));
    expect(Array.isArray(seen)).toBe(true);
  });

  it('never throws anything but FrameError, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const reader = createFrameReader(48, () => undefined);
        try {
          for (const chunk of chunks) reader.push(Buffer.from(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
        expect(reader.heldBytes).toBeLessThanOrEqual(52);
      }),
    );
  });
});

describe('encodeFrame', () => {
  it('says where a message is too long', () => {
    expect(encodeFrame('ä'.repeat(10), 22)?.length).toBe(26);
    expect(encodeFrame('ä'.repeat(10), 21)).toBeNull();
  });
});
