import { config } from '@grafana/runtime';
import { formatDuration } from './duration';

afterEach(() => {
  config.bootData.user.language = 'en-US';
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [0.4, '0 s'],
    [1, '1 ms'],
    [850, '850 ms'],
    [999.6, '1 s'],
    [4_200, '4.2 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [12_400, '12 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [72_000, '1 min 12 s'],
    [119_600, '2 min'],
    [59 * 60_000 + 42_000, '59 min 42 s'],
    [3_599_600, '1 h'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
    [86_399_999, '1 d'],
    [2 * 86_400_000 + 4 * 3_600_000, '2 d 4 h'],
    [400 * 86_400_000, '400 d'],
    [-4_200, '−4.2 s'],
  ])('writes %p ms as %p', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });

  it.each([null, undefined, NaN, Infinity])('writes %p as a dash', (ms) => {
    expect(formatDuration(ms)).toBe('–');
  });

  it('writes numbers as the user does', () => {
    config.bootData.user.language = 'de-DE';
    expect(formatDuration(4_200)).toBe('4,2 s');
  });
});
