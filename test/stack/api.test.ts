import { expect, test } from 'vitest';
import { seriesValue } from './api.ts';

const TEXT = `# HELP x_total Things.
# TYPE x_total counter
x_total{a="b"} 12
x_total{a="bc"} 13 1700000000000
y 1.5e9
`;

test('the value of exactly one series', () => {
  expect(seriesValue(TEXT, 'x_total{a="b"}')).toBe(12);
  expect(seriesValue(TEXT, 'x_total{a="bc"}')).toBe(13);
  expect(seriesValue(TEXT, 'y')).toBe(1.5e9);
  expect(seriesValue(TEXT, 'x_total')).toBeUndefined();
});
