import { expect, test } from 'vitest';
import { fillVariables, parseDurationMs, stepMs } from './prometheus-step.ts';

const HOUR = 3_600_000;

test('the step is round, not below the scrape interval and not above 11,000 points', () => {
  expect(stepMs({ refId: 'A', expr: 'up', maxDataPoints: 1000 }, 0, HOUR, '')).toBe(15_000);
  expect(stepMs({ refId: 'A', expr: 'up', maxDataPoints: 1000 }, 0, HOUR, '5s')).toBe(5000);
  expect(stepMs({ refId: 'A', expr: 'up', maxDataPoints: 100 }, 0, 6 * HOUR, '5s')).toBe(300_000);
  expect(stepMs({ refId: 'A', expr: 'up', interval: '2s', maxDataPoints: 1_000_000 }, 0, 24 * HOUR, '5s')).toBe(10_000);
});

test('the rate interval is four scrapes or one more than the step', () => {
  const query = { refId: 'A', expr: 'rate(x[$__rate_interval]) + ${__range_s} + $__interval_ms', intervalMs: 5000 };
  expect(fillVariables(query, 5000, 0, HOUR, '5s')).toBe('rate(x[20s]) + 3600 + 5000');
  expect(fillVariables({ ...query, intervalMs: 60_000 }, 60_000, 0, HOUR, '5s')).toBe('rate(x[65s]) + 3600 + 60000');
});

test('lengths of time', () => {
  expect(['250ms', '15s', '2m', '1h', '3', 'x'].map(parseDurationMs)).toEqual([250, 15_000, 120_000, HOUR, 3000, undefined]);
});
