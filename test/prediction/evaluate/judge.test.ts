import { describe, expect, it } from 'vitest';
import type { Course } from './course.ts';
import { figuresOf } from './figures.ts';
import { judge } from './judge.ts';
import type { Scored } from './judge.ts';

const LIMITS = { raiseAbove: 0.5, clearBelow: 0.5, raiseForSeconds: 0, clearForSeconds: 0 };
const TICK_MS = 5000;
const TICKS = 1000;

/** Up in these intervals of ticks. */
function scored(course: Partial<Course>, ...up: readonly (readonly [number, number])[]): Scored {
  const healthy = { fromMs: 0, toMs: TICKS * TICK_MS };
  const atMs = Float64Array.from({ length: TICKS }, (_, t) => t * TICK_MS);
  const score = atMs.map((_, t) => (up.some(([from, to]) => t >= from && t < to) ? 1 : 0));
  return { course: { kind: 'idle', seed: 1, healthy, event: null, survived: false, ...course }, series: { atMs, score } };
}

const declining: Partial<Course> = {
  kind: 'memory-leak', healthy: { fromMs: 0, toMs: 500 * TICK_MS }, event: { watchedFromMs: 500 * TICK_MS, declineMs: 512 * TICK_MS, failedMs: 600 * TICK_MS, abrupt: false },
};

describe('judgement', () => {
  it.each<[string, readonly (readonly [number, number])[], number | null, number]>([
    ['no alarm', [], null, 0],
    ['an alarm that stays', [[550, 620]], 250, 0],
    ['one that is over before the failure', [[550, 600]], null, 0],
    ['one that comes again', [[520, 540], [570, 610]], 150, 0],
    ['one that stands since before the decline is a false one', [[499, 700]], null, 1],
    ['one at the first moment that counts', [[500, 700]], 500, 0],
    ['one with the failure', [[600, 700]], 0, 0],
    ['one after the failure', [[601, 700]], null, 0],
    ['a false one and a good one', [[100, 101], [300, 310], [560, 700]], 200, 2],
  ])('%s', (_, up, leadSeconds, falseAlarms) => {
    const tally = judge([scored(declining, ...up)], LIMITS);
    expect(tally.events).toEqual([{ kind: 'memory-leak', seed: 1, abrupt: false, declineSeconds: 440, leadSeconds }]);
    expect(tally.falseAlarms).toHaveLength(falseAlarms);
  });

  it('counts a false alarm once, however long it is', () => {
    const tally = judge([scored({}, [100, 900], [950, 1000])], LIMITS);
    expect(tally.falseAlarms).toEqual([{ kind: 'idle', seed: 1, atSeconds: 500, lastedSeconds: 4000 }, { kind: 'idle', seed: 1, atSeconds: 4750, lastedSeconds: 250 }]);
  });

  it('makes a decline that was survived neither an event nor a false alarm', () => {
    const tally = judge([scored({ ...declining, event: null, survived: true }, [550, 700]), scored({ ...declining, event: null, survived: true })], LIMITS);
    expect(tally).toMatchObject({ events: [], falseAlarms: [], survived: 2, alarmedSurvivors: 1 });
  });
});

describe('figures', () => {
  const abrupt: Partial<Course> = { ...declining, kind: 'kill', event: { watchedFromMs: 500 * TICK_MS, declineMs: 512 * TICK_MS, failedMs: 600 * TICK_MS, abrupt: true } };
  const tally = judge([
    scored(declining, [550, 700]), scored(declining, [590, 700]), scored(declining, [591, 700]), scored(declining), scored(abrupt), scored({}, [10, 20]),
  ], LIMITS);
  const figures = figuresOf(tally, 5);

  it('count an alarm ten ticks before, not nine; abrupt failures apart', () => {
    expect(figures).toMatchObject({ events: 4, recalled: 2, recall: 0.5, leadSecondsMedian: 150, abruptEvents: 1 });
  });
  it('tell of failures that came too soon after their decline for any alarm in time', () => {
    const sudden = { ...declining, event: { watchedFromMs: 545 * TICK_MS, declineMs: 591 * TICK_MS, failedMs: 600 * TICK_MS, abrupt: false } };
    const { events, recall, sudden: few, recallNotSudden } = figuresOf(judge([scored(declining, [550, 700]), scored(sudden, [591, 700])], LIMITS), 5);
    expect({ events, recall, few, recallNotSudden }).toEqual({ events: 2, recall: 0.5, few: 1, recallNotSudden: 1 });
  });
  it('count false alarms per day of healthy time', () => {
    const days = (5 * 2500 + 5000) / 86_400;
    expect(figures.healthyDays).toBeCloseTo(days, 12);
    expect(figures.falseAlarmsPerDay).toBeCloseTo(1 / days, 9);
    expect(figures.falseAlarmsPerDayUpper).toBeCloseTo(4.7439 / days, 2);
  });
  it('are there for each kind', () => {
    expect(figures.byKind.get('memory-leak')).toMatchObject({ events: 4, recalled: 2, falseAlarms: 0 });
    expect(figures.byKind.get('idle')).toMatchObject({ events: 0, recalled: 0, leadSecondsMedian: null, falseAlarms: 1 });
    expect(figures.byKind.has('batch')).toBe(false);
  });
  it('are null where nothing was seen', () => {
    expect(figuresOf(judge([], LIMITS), 5)).toMatchObject({ recall: null, leadSecondsMedian: null, falseAlarmsPerDay: null, falseAlarmsPerDayUpper: null });
  });
});
