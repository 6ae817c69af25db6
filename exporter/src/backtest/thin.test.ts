import { expect, it } from 'vitest';
import { createThinner } from './thin.ts';
import { replayed, simulatedValues } from './testing/leaking.ts';

it.each([[10, 4], [799, 100], [799, 2], [799, 1000]])('%i ticks as at most %i points lose neither a tick nor a maximum', (count, most) => {
  const ticks = replayed(simulatedValues({ ticks: count + 1, leakFromTick: 600 }));
  const thinner = createThinner(most);
  for (const tick of ticks) thinner.take(tick);
  const points = thinner.points();
  expect(points.length).toBeLessThanOrEqual(most);
  expect(points.length).toBeGreaterThanOrEqual(Math.min(count, most / 2));
  expect(points.reduce((sum, point) => sum + point.ticks, 0)).toBe(count);
  const highest = ticks.reduce((a, b) => (b.failureProbability > a.failureProbability ? b : a));
  const top = points.find(({ probability }) => probability === highest.failureProbability)!;
  expect(top.highestMs).toBe(highest.atMs);
  for (const feature of ['cpu', 'memory', 'network', 'disk'] as const) {
    const sum = (name: 'above' | 'below' | 'unknown'): number => points.reduce((total, point) => total + point.features[feature][name], 0);
    const levels = ticks.map(({ observation }) => observation.levels[feature]);
    expect([sum('above'), sum('below'), sum('unknown')]).toEqual([2, 0, null].map((level) => levels.filter((one) => one === level).length));
  }
  expect(Math.max(...points.map(({ features }) => features.memory.value ?? 0))).toBe(Math.max(...ticks.map(({ observation }) => observation.rates.values.memoryUsedRatio ?? 0)));
  expect(points.slice(1).every((point, n) => point.fromMs > points[n]!.toMs)).toBe(true);
});
