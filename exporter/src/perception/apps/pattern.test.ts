import fc from 'fast-check';
import { expect, it } from 'vitest';
import { globMatches } from '../../policy/glob.ts';
import { compilePattern, type Verdict } from './pattern.ts';

const plenty = () => ({ left: 1e9 });
const verdict = (pattern: string, text: string, isCut = false): Verdict => compilePattern(pattern, plenty())(text, isCut);

const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '/'), minLength: 1, maxLength: 8 });
const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 10 });

it('means what patterns mean elsewhere', () => {
  fc.assert(
    fc.property(pattern, text, (wanted, given) => {
      expect(verdict(wanted, given)).toBe(globMatches(wanted, given) ? 'yes' : 'no');
    }),
    { numRuns: 2_000 },
  );
});

it('says of a beginning only what holds however the text goes on', () => {
  fc.assert(
    fc.property(pattern, text, fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 10 }), (wanted, beginning, more) => {
      const cut = verdict(wanted, beginning, true);
      if (cut !== 'undecided') expect(cut).toBe(verdict(wanted, beginning + more));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['/usr/*', '/usr/bin/java -D', 'yes'],
  ['/usr/*.jar', '/usr/bin/java -D', 'undecided'],
  ['/opt/*.jar', '/usr/bin/java -D', 'no'],
  ['*shop.jar*', '/usr/bin/java shop.jar', 'yes'],
  ['/usr/bin/java -Dx', '/usr/bin/java -D', 'undecided'],
  ['/usr/bin/java', '/usr/bin/java -D', 'no'],
] as const)('of a cut text, %s matches %s: %s', (wanted, given, expected) => {
  expect(verdict(wanted, given, true)).toBe(expected);
});

it('stops comparing, and then decides nothing', () => {
  const budget = { left: 25 };
  const match = compilePattern('a*', budget);
  expect([match('a'.repeat(9), false), match('b'.repeat(9), false), match('b'.repeat(9), false), match('', false)]).toEqual(['yes', 'no', 'undecided', 'undecided']);
});

it('spends more on patterns that take longer', () => {
  const spent = (wanted: string): number => {
    const budget = plenty();
    compilePattern(wanted, budget)('a'.repeat(100), false);
    return 1e9 - budget.left;
  };
  expect(spent('*aaaaaaa?b*')).toBeGreaterThan(8 * spent('*aaaaaaaab*'));
});
