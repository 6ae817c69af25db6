import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProtocolError } from './errors.ts';
import { createFrameSplitter, FRAME_MAX_BYTES, FRAME_MIN_BYTES } from './frame.ts';

function frameOf(length: number, fill: number): Buffer {
  const frame = Buffer.alloc(length, fill);
  frame.writeUInt32BE(length);
  return frame;
}

/** Bytes asked of the allocator while `run` runs. */
function allocated(run: () => void): number {
  let bytes = 0;
  const real = Buffer.allocUnsafe;
  vi.spyOn(Buffer, 'allocUnsafe').mockImplementation((size) => {
    bytes += size;
    return real(size);
  });
  run();
  return bytes;
}

describe('frame splitter', () => {
  afterEach(() => vi.restoreAllMocks());

  it('gives the same frames however the stream is cut', () => {
    const frames = fc.array(fc.tuple(fc.integer({ min: FRAME_MIN_BYTES, max: 5000 }), fc.nat(255)), { maxLength: 8 });
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9000 })), { minLength: 1 });
    fc.assert(
      fc.property(frames, cuts, (shapes, sizes) => {
        const expected = shapes.map(([length, fill]) => frameOf(length, fill));
        const stream = Buffer.concat(expected);
        const seen: Buffer[] = [];
        const splitter = createFrameSplitter((frame) => seen.push(Buffer.from(frame)));
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          splitter.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(seen).toEqual(expected);
        expect(splitter.heldBytes).toBe(0);
      }),
    );
  });

  it.each([0, 4, FRAME_MIN_BYTES - 1, FRAME_MAX_BYTES + 1, 0xffff_ffff])('refuses a length of %i', (length) => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(length);
    expect(() => createFrameSplitter(() => undefined).push(word)).toThrow(ProtocolError);
    const slow = createFrameSplitter(() => undefined);
    expect(() => slow.push(word.subarray(0, 3))).not.toThrow();
    expect(() => slow.push(word.subarray(3))).toThrow(ProtocolError);
  });

  it('takes the longest frame', () => {
    let length = 0;
    createFrameSplitter((frame) => (length = frame.length)).push(frameOf(FRAME_MAX_BYTES, 1));
    expect(length).toBe(FRAME_MAX_BYTES);
  });

  it('asks for no memory that has not arrived', () => {
    const word = Buffer.alloc(40);
    word.writeUInt32BE(FRAME_MAX_BYTES);
    const splitter = createFrameSplitter(() => undefined);
    expect(allocated(() => splitter.push(word))).toBeLessThanOrEqual(4096);
    expect(splitter.heldBytes).toBe(40);
  });

  it('copies each byte only a few times however small the chunks are', () => {
    const frame = frameOf(1_000_000, 7);
    let seen: Buffer | null = null;
    const splitter = createFrameSplitter((whole) => (seen = whole));
    const bytes = allocated(() => {
      for (let at = 0; at < frame.length; at += 3) splitter.push(frame.subarray(at, at + 3));
    });
    expect(seen).toEqual(frame);
    expect(bytes).toBeLessThanOrEqual(3 * frame.length);
  });

  it('copies nothing of frames that arrive whole', () => {
    const stream = Buffer.concat([frameOf(100, 1), frameOf(28, 2)]);
    const seen: number[] = [];
    const splitter = createFrameSplitter((frame) => seen.push(frame.byteOffset - stream.byteOffset));
    expect(allocated(() => splitter.push(stream))).toBe(0);
    expect(seen).toEqual([0, 100]);
  });
});
