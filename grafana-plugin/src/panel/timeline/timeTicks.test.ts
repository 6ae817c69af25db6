import fc from 'fast-check';
import { timeTicks } from './timeTicks';

const at = (text: string) => Date.parse(text);

test('hours of the time zone, with the day at its midnight', () => {
  const range = { fromMs: at('2026-03-01T15:20:00Z'), toMs: at('2026-03-02T06:00:00Z') };
  expect(timeTicks(range, 'utc', 6).map(({ label }) => label)).toEqual(['18:00', '21:00', '03/02', '03:00', '06:00']);
  expect(timeTicks(range, 'Asia/Kolkata', 6).map(({ label }) => label)).toEqual([
    '21:00',
    '03/02',
    '03:00',
    '06:00',
    '09:00',
  ]);
});

test('midnight stays midnight when the clocks change', () => {
  const ticks = timeTicks({ fromMs: at('2026-03-27T12:00:00Z'), toMs: at('2026-03-31T12:00:00Z') }, 'Europe/Berlin', 5);
  expect(ticks.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 13))).toEqual([
    '2026-03-27T23',
    '2026-03-28T23',
    '2026-03-29T22',
    '2026-03-30T22',
  ]);
});

test('seconds, months and years', () => {
  const labels = (from: string, to: string) =>
    timeTicks({ fromMs: at(from), toMs: at(to) }, 'utc', 4).map(({ label }) => label);
  expect(labels('2026-01-01T00:00:10Z', '2026-01-01T00:00:20Z')).toEqual(['00:00:10', '00:00:15', '00:00:20']);
  expect(labels('2026-01-15T00:00:00Z', '2026-05-15T00:00:00Z')).toEqual(['2026-02', '2026-03', '2026-04', '2026-05']);
  expect(labels('2012-06-01T00:00:00Z', '2026-06-01T00:00:00Z')).toEqual(['2015', '2020', '2025']);
});

test('property: within the range, ascending, never more than room for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1e9, max: 2e12 }),
      fc.integer({ min: 1000, max: 4e11 }),
      fc.constantFrom('utc', 'Asia/Kolkata', 'America/New_York'),
      (fromMs, length, timeZone) => {
        const ticks = timeTicks({ fromMs, toMs: fromMs + length }, timeZone, 8).map(({ atMs }) => atMs);
        expect(ticks.length).toBeLessThanOrEqual(10);
        expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
        for (const atMs of ticks) {
          expect(atMs).toBeGreaterThanOrEqual(fromMs - 3_600_000);
          expect(atMs).toBeLessThanOrEqual(fromMs + length);
        }
      }
    )
  );
});

test('no range has no marks', () => {
  expect(timeTicks({ fromMs: 5, toMs: 5 }, 'utc', 5)).toEqual([]);
});
