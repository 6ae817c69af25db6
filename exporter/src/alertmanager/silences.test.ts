import { describe, expect, it } from 'vitest';
import { silenceMatches, silencesCovering } from './silences.ts';
import type { Matcher, Silence } from './silences.ts';

const labels = { alertname: 'DomainCrashed', host: 'h1', domain: 'web-1' };

function matcher(name: string, value: string, more: Partial<Matcher> = {}): Matcher {
  return { name, value, isRegex: false, isEqual: true, ...more };
}

const matches = (...matchers: Matcher[]): boolean => silenceMatches({ matchers }, labels).matches;

describe('silenceMatches', () => {
  it('compares the whole value', () => {
    expect(matches(matcher('host', 'h1'))).toBe(true);
    expect(matches(matcher('host', 'h'))).toBe(false);
    expect(matches(matcher('domain', 'web', { isRegex: true }))).toBe(false);
    expect(matches(matcher('domain', 'web-.+', { isRegex: true }))).toBe(true);
    expect(matches(matcher('domain', 'db|web-1', { isRegex: true }))).toBe(true);
  });

  it('needs every matcher', () => {
    expect(matches(matcher('host', 'h1'), matcher('domain', 'web-2'))).toBe(false);
    expect(matches(matcher('host', 'h1'), matcher('domain', 'web-1'))).toBe(true);
  });

  it('takes a missing label as the empty text', () => {
    expect(matches(matcher('team', ''))).toBe(true);
    expect(matches(matcher('team', 'ops', { isEqual: false }))).toBe(true);
    expect(matches(matcher('team', '.+', { isRegex: true }))).toBe(false);
    expect(matches(matcher('constructor', '', {}))).toBe(true);
  });

  it('inverts negative matchers', () => {
    expect(matches(matcher('host', 'h1', { isEqual: false }))).toBe(false);
    expect(matches(matcher('host', 'h[2-9]', { isEqual: false, isRegex: true }))).toBe(true);
  });

  it('covers nothing without matchers', () => {
    expect(matches()).toBe(false);
  });

  it('takes an expression that it cannot evaluate to match, also inverted, and says so', () => {
    for (const isEqual of [true, false]) {
      const verdict = silenceMatches({ matchers: [matcher('domain', '(?=x)y', { isRegex: true, isEqual })] }, labels);
      expect(verdict.matches).toBe(true);
      expect(verdict.doubt).toMatch(/`domain` cannot be evaluated/);
    }
  });

  it('is certain where another matcher rules it out', () => {
    const verdict = silenceMatches({ matchers: [matcher('domain', '\\b', { isRegex: true }), matcher('host', 'h2')] }, labels);
    expect(verdict).toEqual({ matches: false, doubt: null });
  });
});

describe('silencesCovering', () => {
  const silence = (more: Partial<Silence>): Silence => ({
    id: 's',
    matchers: [matcher('host', 'h1')],
    startsAtMs: 1000,
    endsAtMs: 2000,
    createdBy: 'alice',
    comment: '',
    state: 'active',
    ...more,
  });

  it('heeds state and time', () => {
    const silences = [silence({ id: 'now' }), silence({ id: 'gone', state: 'expired' }), silence({ id: 'later', startsAtMs: 1600, state: 'pending' }), silence({ id: 'past', endsAtMs: 1500 })];
    expect(silencesCovering(silences, labels, 1500).map((found) => found.silence.id)).toEqual(['now']);
  });
});
