import { describe, expect, it } from 'vitest';
import { amountAxis, timeAxis } from './axis.ts';

const AT_MS = Date.parse('2026-03-28T21:30:00Z');

describe('time', () => {
  it.each([
    ['a minute', 60_000, ['21:30:00 2026-03-28', '21:30:10', '21:30:20', '21:30:30', '21:30:40', '21:30:50', '21:31:00']],
    ['three hours over midnight', 10_800_000, ['21:30 2026-03-28', '22:00', '22:30', '23:00', '23:30', '00:00 2026-03-29', '00:30']],
    ['a week', 7 * 86_400_000, ['2026-03-29', '2026-03-30', '2026-03-31', '2026-04-01', '2026-04-02', '2026-04-03', '2026-04-04']],
  ])('is marked at round times: %s', (_, spanMs, expected) => {
    const { marks, zone } = timeAxis(AT_MS, AT_MS + spanMs, true);
    expect(marks.map(({ time, date }) => [time, date].filter(Boolean).join(' ')).slice(0, 8)).toEqual(expect.arrayContaining(expected));
    expect([marks.length <= 9, zone]).toEqual([true, 'UTC']);
  });

  it.each([1, 1000, 3_600_000, 86_400_000, 4e10, 4e12])('has few marks within the picture over %i ms, in local time too', (spanMs) => {
    for (const utc of [true, false]) {
      const { marks, x } = timeAxis(AT_MS, AT_MS + spanMs, utc);
      expect(marks.length).toBeLessThanOrEqual(10);
      for (const mark of marks) expect(mark.x >= 70 && mark.x < 988.001).toBe(true);
      expect([x(AT_MS - 1), x(AT_MS + 2 * spanMs), x(AT_MS + spanMs / 2)].map(Math.round)).toEqual([70, 988, 529]);
    }
  });

  it('of one moment is one', () => {
    expect(timeAxis(AT_MS, AT_MS, true).x(AT_MS)).toBe(70);
  });
});

describe('amounts', () => {
  it.each([
    [0, ['0 B/s', '1 B/s']],
    [3, ['0 B/s', '1 B/s', '2 B/s', '3 B/s']],
    [1500, ['0 KiB/s', '0.5 KiB/s', '1 KiB/s', '1.5 KiB/s']],
    [50 * 2 ** 20, ['0 MiB/s', '20 MiB/s', '40 MiB/s', '60 MiB/s']],
    [1e15, ['0 TiB/s', '500 TiB/s', '1000 TiB/s']],
  ])('of %i bytes a second', (most, labels) => {
    const axis = amountAxis(most, 'bytes');
    expect(axis.marks.map(({ label }) => label)).toEqual(labels);
    expect(axis.most).toBeGreaterThanOrEqual(most);
  });

  it('of ratios are percent, always up to 100', () => {
    expect(amountAxis(0.1, 'ratio')).toMatchObject({ most: 1, marks: [{ label: '0 %' }, { label: '25 %' }, { label: '50 %' }, { label: '75 %' }, { label: '100 %' }] });
  });
});
