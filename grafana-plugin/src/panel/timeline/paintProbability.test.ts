import { columnPeaks, probabilityAt } from './paintProbability';

const plot = { width: 10, range: { fromMs: 0, toMs: 1000 } };

test('peaks stay where many samples share a column', () => {
  const timesMs = Array.from({ length: 100 }, (_, i) => i * 10);
  const values = timesMs.map((ms) => (ms === 550 ? 0.9 : 0.1));
  expect([...columnPeaks({ timesMs, values }, plot)]).toEqual([0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1]);
});

test('a value holds until the next, a gap is empty', () => {
  const peaks = columnPeaks({ timesMs: [0, 400, 600], values: [0.5, NaN, 0.2] }, plot);
  expect([...peaks]).toEqual([0.5, 0.5, 0.5, 0.5, NaN, NaN, 0.2, 0.2, NaN, NaN]);
});

test('the value at a time', () => {
  const series = { timesMs: [100, 200], values: [0.1, NaN] };
  expect([50, 100, 150, 250].map((ms) => probabilityAt(series, ms))).toEqual([null, 0.1, 0.1, null]);
});
