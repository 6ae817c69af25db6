import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUuid7, nextUuid7 } from './uuid7.ts';

const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('UUID version 7', () => {
  it('carries time, version and variant in their places', () => {
    // Time and last 62 bits of the example in RFC 9562, appendix A.6; the counter comes from the last two random bytes.
    const { id } = nextUuid7(null, 0x017f22e279b0, new Uint8Array([0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f, 0x00, 0x2a]));
    expect(id).toBe('017f22e2-79b0-702a-98c4-dc0c0c07398f');
  });

  it('is always well formed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), random, (nowMs, bytes) => {
        expect(nextUuid7(null, nowMs, bytes).id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('sorts by time of making, within a millisecond and when the clock steps back a little', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5000, max: 5 }), { minLength: 2, maxLength: 200 }), (steps) => {
        const make = createUuid7(randomBytes);
        let highest = 1_700_000_000_000;
        const ids = steps.map((step) => {
          const nowMs = highest + step;
          highest = Math.max(highest, nowMs);
          return make(nowMs);
        });
        expect(ids).toEqual([...ids].sort());
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('goes on in the next millisecond when more ids are made than one holds', () => {
    const make = createUuid7(randomBytes);
    const ids = Array.from({ length: 10_000 }, () => make(1_700_000_000_000));
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(10_000);
  });

  it('follows a clock that was far ahead', () => {
    const make = createUuid7(randomBytes);
    make(4_000_000_000_000);
    expect(make(1_700_000_000_000).slice(0, 13)).toBe('018bcfe5-6800');
  });

  it('refuses a time that does not fit and too little randomness', () => {
    expect(() => nextUuid7(null, -1, new Uint8Array(10))).toThrow(/2\^48/);
    expect(() => nextUuid7(null, Number.NaN, new Uint8Array(10))).toThrow(/2\^48/);
    expect(() => nextUuid7(null, 1, new Uint8Array(9))).toThrow(/expected 10/);
  });
});
