import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';
import { allowedFor } from './opt-in.ts';
import { OTHER_UUID, UUID } from './testing/fake-proc.ts';

describe('allowedFor', () => {
  const web = { uuid: UUID, name: 'web-1' };

  it('allows nothing without an entry', () => {
    expect(allowedFor([], web)).toMatchObject({ read: false, write: false, sysrq: false });
    expect(allowedFor([{ match: { uuid: OTHER_UUID }, read: true, write: true }], web)).toMatchObject({ read: false, write: false, sysrq: false });
  });

  it('goes by the first entry that matches', () => {
    const optIns = [
      { match: { uuid: UUID }, read: true, write: false },
      { match: { name: '*' }, read: true, write: true },
    ];
    expect(allowedFor(optIns, web)).toEqual({ read: true, write: false, sysrq: false });
    expect(allowedFor(optIns, { uuid: OTHER_UUID, name: 'db' })).toEqual({ read: true, write: true, sysrq: false });
  });

  it('needs both conditions where both are given, one at least, and never writes without reading', () => {
    expect(allowedFor([{ match: { uuid: UUID, name: 'db-*' }, read: true, write: true }], web).read).toBe(false);
    expect(allowedFor([{ match: {}, read: true, write: true }], web).read).toBe(false);
    expect(allowedFor([{ match: { name: 'web-?' }, read: false, write: true }], web)).toMatchObject({ read: false, write: false, sysrq: false });
  });
});

describe('the serial console', () => {
  const web = { uuid: UUID, name: 'web-1' };
  const entry = { match: { uuid: UUID }, sysrq: true };

  it('needs an opt-in of its own, and writing', () => {
    expect(allowedFor([{ ...entry, read: true, write: true }], web)).toEqual({ read: true, write: true, sysrq: true });
    expect(allowedFor([{ ...entry, read: true, write: false }], web).sysrq).toBe(false);
    expect(allowedFor([{ ...entry, read: false, write: true }], web).sysrq).toBe(false);
  });
});

describe('matchesGlob', () => {
  it.each([
    ['web-*', 'web-1', true],
    ['web-*', 'web-', true],
    ['web-*', 'Web-1', false],
    ['*-1', 'a-1-1', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '😀', true],
    ['[a-z]', 'b', false],
    ['a.c', 'abc', false],
    ['', '', true],
    ['', 'a', false],
    ['**', 'anything', true],
    ['web', 'web-1', false],
  ])('%s, %s: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const words = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(letters, words, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`.replaceAll(/(\.\*)+/g, '.*'));
        expect(matchesGlob(pattern, text)).toBe(expression.test(text));
      }),
    );
  });
});
