import { describe, expect, it } from 'vitest';
import { formatDuration, formatRelative, formatTime } from './format.ts';
import { parseDuration, parseTime } from './parse.ts';
import { renderTable } from './table.ts';

describe('durations', () => {
  it.each([[0, '0 s'], [-5, '0 s'], [12, '0.01 s'], [250, '0.25 s'], [4000, '4 s'], [7940, '7.9 s'], [59_400, '59 s'], [60_000, '1 min'], [200_000, '3 min 20 s'], [7_500_000, '2 h 5 min'], [86_400_000, '1 d'], [273_600_000, '3 d 4 h']])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('are told from now', () => {
    expect(formatRelative(1000, 5000)).toBe('4 s ago');
    expect(formatRelative(1000, 1400)).toBe('now');
    expect(formatRelative(7_201_000, 1000)).toBe('in 2 h');
  });

  it('are read', () => {
    expect([parseDuration('90s'), parseDuration('1h30m'), parseDuration('7d'), parseDuration('1.5h')]).toEqual([90, 5400, 604_800, 5400]);
    for (const text of ['', 's', '5', '-5s', '0s', '5 m', '1h 30m', '1x', 'h1']) expect(() => parseDuration(text)).toThrow('Expected a duration');
  });
});

describe('times', () => {
  it('are shown in UTC or local time', () => {
    const atMs = Date.parse('2026-01-31T11:00:03Z');
    expect(formatTime(atMs, true)).toBe('2026-01-31 11:00:03Z');
    const local = formatTime(atMs, false);
    expect(Date.parse(local.replace(' ', 'T').replace(' ', ''))).toBe(atMs);
  });

  it('are read', () => {
    expect(parseTime('2026-01-31T12:00:00Z', 0)).toBe(Date.parse('2026-01-31T12:00:00Z'));
    expect(parseTime('2026-01-31', 0)).toBe(new Date(2026, 0, 31).getTime());
    expect(parseTime('2h', 10_000_000)).toBe(2_800_000);
    for (const text of ['', 'yesterday', '2026-13-01', '12:00']) expect(() => parseTime(text, 0)).toThrow('Expected a time');
  });
});

describe('tables', () => {
  it('align by what is seen, also in colour', () => {
    const rows = [[{ text: 'up', tone: 'good' as const }, 'x'], ['straße', 'y']];
    expect(renderTable(['A', 'B'], rows, false)).toBe('A       B\nup      x\nstraße  y\n');
    expect(renderTable(['A', 'B'], rows, true)).toBe('A       B\n\u001b[32mup\u001b[39m      x\nstraße  y\n');
    expect(renderTable(['A'], [], true)).toBe('');
  });
});
