import { columnPeaks, probabilityAt } from './paintProbability';

const plot = { width: 10, range: { fromMs: 0, toMs: 1000 } };

test('peaks stay where many samples share a column', () => {
  const timesMs = Array.from({ length: 100 }, (_, i) => i * 10);
  const values = timesMs.map((ms) => (ms === 550 ? 0.9 : 0.1));
  expect([...columnPeaks({ timesMs, values, stepMs: 10 }, plot)]).toEqual([
    0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1,
  ]);
});

test('a value holds until the next, what is none is empty', () => {
  const peaks = columnPeaks({ timesMs: [0, 400, 600], values: [0.5, NaN, 0.2], stepMs: 250 }, plot);
  expect([...peaks]).toEqual([0.5, 0.5, 0.5, 0.5, NaN, NaN, 0.2, 0.2, NaN, NaN]);
});

test('where samples are missing there is a gap: a value is not drawn on through it', () => {
  const series = { timesMs: [0, 100, 700], values: [0.5, 0.6, 0.2], stepMs: 100 };
  expect([...columnPeaks(series, plot)]).toEqual([0.5, 0.6, NaN, NaN, NaN, NaN, NaN, 0.2, NaN, NaN]);
  expect([0, 150, 200, 699, 750, 800].map((ms) => probabilityAt(series, ms))).toEqual([
    0.5,
    0.6,
    null,
    null,
    0.2,
    null,
  ]);
});

test('one late sample is no gap', () => {
  const series = { timesMs: [0, 170, 270], values: [0.5, 0.6, 0.2], stepMs: 100 };
  expect(probabilityAt(series, 169)).toBe(0.5);
});

test('the value at a time', () => {
  const series = { timesMs: [100, 200], values: [0.1, NaN], stepMs: 100 };
  expect([50, 100, 150, 250].map((ms) => probabilityAt(series, ms))).toEqual([null, 0.1, 0.1, null]);
});
