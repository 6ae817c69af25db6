import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, UnsupportedPatternError } from './linear-regex.ts';

/** Patterns of the supported syntax over a small alphabet, so that they often match. */
const { pattern } = fc.letrec<{ pattern: string; atom: string; piece: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', '-', '.', '\\.', '\\d', '\\w', '[ab]', '[^a]', '[0-9a-]', '[]a]', '\\S', '^', '$'),
    tie('pattern').map((inner) => `(${inner})`),
    tie('pattern').map((inner) => `(?:${inner})`),
  ),
  piece: fc.tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{0,2}', '{1,}', '*?')).map(([atom, times]) => (/^[$^]$/.test(atom) ? atom : atom + times)),
  pattern: fc.array(fc.array(tie('piece'), { maxLength: 4 }), { minLength: 1, maxLength: 3 }).map((branches) => branches.map((branch) => branch.join('')).join('|')),
}));
const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '1', ']', 'é', '\n'), maxLength: 8 });
/** The engine of the language takes a minute for some patterns of loops in loops and a text of 8. */
const shortText = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '1', ']', 'é', '\n'), maxLength: 4 });

describe('compile', () => {
  it('agrees with the engine of the language', () => {
    fc.assert(
      fc.property(pattern, shortText, (source, value) => {
        fc.pre(source.length < 80);
        const reference = new RegExp(`^(?:${source.replaceAll('[]a]', '[\\]a]')})$`, 'u');
        expect(compile(source)(value)).toBe(reference.test(value));
      }),
      { numRuns: 3000 },
    );
  });

  it('matches the whole text only', () => {
    expect(compile('web-.*')('web-12')).toBe(true);
    expect(compile('web')('web-12')).toBe(false);
    expect(compile('eb-1')('web-12')).toBe(false);
    expect(compile('a|b.*')('bx')).toBe(true);
  });

  it('ignores case where asked', () => {
    expect(compile('(?i)Web-[a-c]+')('wEB-AbC')).toBe(true);
    expect(compile('Web')('web')).toBe(false);
  });

  it('takes a number of steps that grows with the text, not with its power', () => {
    const texts = ['a'.repeat(1000), `${'a'.repeat(1000)}b`];
    for (const source of ['(a+)+$', '(a|a)*', '(a|aa)+', 'a*a*a*a*a*a*a*a*c?', '(.*a){20}', '((a*)*)*']) {
      const matches = compile(source);
      expect(texts.map(matches)).toEqual([true, false]);
    }
  });

  it.each([
    '(?=a)', '(?P<n>a)', '(?s).', '(a)\\1', '\\bfoo', '\\pL', '[[:alpha:]]', 'a{2,1}', 'a{1001}', 'a{x}', '*a', 'a**', '(a', 'a)', '[a', '[b-a]', '\\', '(?i)é',
    'a{1000}{1000}', '(a{100}){100}',
  ])('refuses %s', (source) => {
    expect(() => compile(source)).toThrow(UnsupportedPatternError);
  });

  it('refuses what is too long or too deep', () => {
    expect(() => compile('a'.repeat(2049))).toThrow(UnsupportedPatternError);
    expect(() => compile('('.repeat(51) + ')'.repeat(51))).toThrow(UnsupportedPatternError);
  });

  it('refuses a text that is too long', () => {
    expect(() => compile('.*')('a'.repeat(1025))).toThrow(UnsupportedPatternError);
  });

  it('never fails in another way', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?^$\\-,.:0129dwisP<>\u{1f600}'), maxLength: 20 }), text, (source, value) => {
        try {
          compile(source)(value);
        } catch (error) {
          expect(error).toBeInstanceOf(UnsupportedPatternError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
