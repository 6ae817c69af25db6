import { describe, expect, it } from 'vitest';
import { brierOf } from './brier.ts';
import type { Course } from './course.ts';

const healthy: Course = { kind: 'idle', seed: 1, healthy: { fromMs: 0, toMs: 100_000 }, event: null, survived: false };
const failing: Course = { kind: 'memory-leak', seed: 1, healthy: { fromMs: 0, toMs: 50_000 }, event: { watchedFromMs: 50_000, declineMs: 50_000, failedMs: 80_000, abrupt: false }, survived: false };

function scored(course: Course, probability: (atMs: number) => number) {
  const atMs = Float64Array.from({ length: 20 }, (_, t) => t * 5000);
  return { course, series: { atMs, score: atMs.map(probability) } };
}

describe('the Brier score', () => {
  it('is 0 for who knows, and the variance for who says the share', () => {
    const known = brierOf([scored(healthy, () => 0), scored(failing, (atMs) => (atMs >= 60_000 ? 1 : 0))], 20);
    // Of 20 and 16 ticks four have the failure within 20 s.
    expect(known).toEqual({ score: 0, ticks: 36, rate: 4 / 36, base: (4 / 36) * (32 / 36) });
    const said = brierOf([scored(healthy, () => 4 / 36), scored(failing, () => 4 / 36)], 20);
    expect(said.score).toBeCloseTo(said.base!, 12);
  });
  it('leaves out what has no sign before, and ticks without a probability', () => {
    expect(brierOf([scored({ ...failing, event: { ...failing.event!, abrupt: true } }, () => 0)], 20)).toMatchObject({ ticks: 10, rate: 0 });
    expect(brierOf([scored({ ...failing, event: null, survived: true }, () => Number.NaN)], 20)).toEqual({ score: null, ticks: 0, rate: null, base: null });
  });
});
