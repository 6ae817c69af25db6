import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundText } from './bounds.ts';

describe('boundText', () => {
  it('leaves short text alone', () => {
    expect(boundText('QEMU gone — Ende', 100)).toBe('QEMU gone — Ende');
  });

  it('never exceeds its bound, splits no character and says what is missing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), fc.integer({ min: 100, max: 1000 }), (text, maxBytes) => {
        const bounded = boundText(text, maxBytes);
        expect(Buffer.byteLength(bounded)).toBeLessThanOrEqual(maxBytes);
        expect(bounded.isWellFormed()).toBe(true);
        expect(bounded).not.toContain('\0');
        const clean = text.toWellFormed().replaceAll('\0', '\\0');
        if (Buffer.byteLength(clean) > maxBytes) expect(bounded).toMatch(/ … \(\d+ (bytes|characters) in all\)$/);
        else expect(bounded).toBe(clean);
      }),
    );
  });

  it('does not read text without end', () => {
    expect(boundText('x'.repeat(1_000_000), 200)).toMatch(/^x+ … \(1000000 characters in all\)$/);
  });

  it('replaces what is not Unicode', () => {
    expect(boundText('a\ud800b\0', 100)).toBe('a\ufffdb\\0');
  });
});
