import { expect, test } from 'vitest';
import { targetForecastSchema } from '../../exporter/src/prediction/forecast-schema.ts';
import { forecastAt } from './seed-forecast.ts';

const faultAtMs = 1_700_000_000_000;
const hung = [{ fault: 'domain_hung' as const, atMs: faultAtMs }];
const first = (atMs: number, faults = hung): number => forecastAt(atMs, faults).failureProbability[0]?.probability ?? NaN;

test('it rises before a fault that announces itself, is highest at it, and low again after', () => {
  const rising = [-301_000, -200_000, -100_000, -10_000, 0].map((beforeMs) => first(faultAtMs + beforeMs));
  expect(rising).toEqual(rising.toSorted((one, other) => one - other));
  expect(rising.at(0)).toBeLessThan(0.1);
  expect(rising.at(-1)).toBeGreaterThan(0.9);
  expect(first(faultAtMs + 1000)).toBeLessThan(0.1);
});

test('a killed domain gives no sign', () => {
  expect(forecastAt(faultAtMs, [{ fault: 'domain_crashed', atMs: faultAtMs }])).toMatchObject({ failing: false, failingSinceMs: null });
});

test('it is a forecast as virtmedic gives it: longer horizons are likelier, shares are 1 together, failing began before', () => {
  for (const atMs of [faultAtMs, faultAtMs - 5000, faultAtMs - 250_000, 0]) {
    const forecast = forecastAt(Math.round(atMs), hung);
    const [one, other] = forecast.failureProbability.map(({ probability }) => probability);
    expect(other).toBeGreaterThan(one ?? NaN);
    for (const shares of [forecast.health, forecast.load]) expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    if (forecast.failingSinceMs !== null) expect(forecast.failingSinceMs).toBeLessThanOrEqual(forecast.atMs);
    expect(targetForecastSchema.safeParse(forecast).error).toBeUndefined();
  }
  expect(forecastAt(faultAtMs, hung).failing).toBe(true);
});
