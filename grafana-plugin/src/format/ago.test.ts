import { config } from '@grafana/runtime';
import { formatAgo } from './ago';

const NOW = Date.UTC(2026, 10, 22);

afterEach(() => {
  config.bootData.user.language = 'en-US';
});

describe('formatAgo', () => {
  it.each([
    [0, 'now'],
    [900, 'now'],
    [4_000, '4 seconds ago'],
    [90 * 60_000, '1 hour ago'],
    [24 * 3_600_000, '1 day ago'],
    [40 * 86_400_000, '1 month ago'],
    [800 * 86_400_000, '2 years ago'],
    [-5 * 60_000, 'in 5 minutes'],
  ])('says of %p ms before now %p', (before, expected) => {
    expect(formatAgo(NOW - before, NOW)).toBe(expected);
  });

  it.each([NaN, Infinity])('is empty for %p', (at) => {
    expect(formatAgo(at, NOW)).toBe('');
  });

  it('speaks the language of the user, English where it is none', () => {
    config.bootData.user.language = 'de-DE';
    expect(formatAgo(NOW - 3_600_000, NOW)).toBe('vor 1 Stunde');
    config.bootData.user.language = 'no such language!';
    expect(formatAgo(NOW - 3_600_000, NOW)).toBe('1 hour ago');
  });
});
