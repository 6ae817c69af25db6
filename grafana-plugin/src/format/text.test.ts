import { cutText } from './text';

describe('cutText', () => {
  it('leaves what fits', () => {
    expect(cutText('web-3', 5)).toBe('web-3');
    expect(cutText('', 5)).toBe('');
  });

  it('ends what does not fit with an ellipsis, within the limit', () => {
    expect(cutText('abcdef', 4)).toBe('abc…');
    expect(cutText('x'.repeat(1_000_000), 10)).toBe(`${'x'.repeat(9)}…`);
    expect(cutText('abc', 1)).toBe('…');
    expect(cutText('abc', 0)).toBe('');
  });

  it('never leaves half of a surrogate pair', () => {
    expect(cutText('ab😀cd', 4)).toBe('ab…');
    expect(cutText('ab😀cd', 5)).toBe('ab😀…');
    for (let max = 1; max < 12; max++) {
      // Throws where a half is left.
      expect(() => encodeURIComponent(cutText('😀😀a😀b😀😀', max))).not.toThrow();
    }
  });

  it('shows control characters and turned writing directions as spaces, keeps lines', () => {
    expect(cutText('a\u0000b\u202ec\u001b[1m\nd\te', 50)).toBe('a b c [1m\nd\te');
  });

  it.each([null, undefined, 3, {}, Symbol('s')])('is empty for %p', (value) => {
    expect(cutText(value, 10)).toBe('');
  });
});
