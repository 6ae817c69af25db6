import { describe, expect, it } from 'vitest';
import { KINDS, KIND_NAMES, isHealthyKind, splitOf } from '../trace/kinds.ts';
import { requestsDue } from './flood.ts';
import { FAILING_ROUND, PLANS, healthyGuests } from './plans.ts';
import { makeScenario } from './scenario.ts';
import type { Pace } from './scenario.ts';

const PACE: Pace = { healthySeconds: 7200, baselineSeconds: [300, 480], haste: 1 };
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('makeScenario', () => {
  it.each(KIND_NAMES)('makes %s from its seed alone, in order of time', (kind) => {
    for (const seed of SEEDS) {
      const scenario = makeScenario(kind, seed, PACE);
      expect(makeScenario(kind, seed, PACE)).toEqual(scenario);
      const times = scenario.steps.map(({ atSeconds }) => atSeconds);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(scenario.failure === null).toBe(isHealthyKind(kind));
      expect(scenario.about.length).toBeLessThan(1000);
    }
    const different = new Set(SEEDS.map((seed) => JSON.stringify({ ...makeScenario(kind, seed, PACE), seed: 0 })));
    expect(different.size).toBe(kind === 'idle' ? 1 : SEEDS.length);
  });

  it('gives a decline at least five healthy minutes, and amounts that the guest takes', () => {
    for (const kind of KIND_NAMES.filter((name) => !isHealthyKind(name))) {
      for (const seed of SEEDS) {
        const { failure } = makeScenario(kind, seed, PACE);
        expect(failure?.declineAtSeconds).toBeGreaterThanOrEqual(300);
        if (failure?.decline.how === 'inside') expect(String(failure.decline.amount)).toMatch(/^[1-9]\d{0,4}$/);
      }
    }
  });

  it('sets loads that the guest takes', () => {
    for (const { action } of KIND_NAMES.flatMap((kind) => SEEDS.flatMap((seed) => makeScenario(kind, seed, PACE).steps))) {
      for (const amount of 'load' in action ? Object.values(action.load) : []) expect(String(amount)).toMatch(/^\d{1,6}$/);
    }
  });

  it('begins and ends what makes a healthy guest look worse', () => {
    for (const kind of ['batch', 'flash-crowd', 'backup'] as const) {
      const { steps } = makeScenario(kind, 3, PACE);
      const marks = steps.map(({ action }) => action.do).filter((mark) => mark !== 'load');
      expect(marks.length).toBeGreaterThan(4);
      marks.forEach((mark, index) => expect(mark).toBe(index % 2 === 0 ? 'busy-start' : 'busy-end'));
    }
  });
});

describe('plans', () => {
  it('put no kind into a split that may not see it, and at least half of the healthy time into the test', () => {
    for (const { kind, split } of Object.values(PLANS).flatMap(({ healthy, failing }) => [...healthy, ...failing])) {
      expect(KINDS[kind].testOnly && split === 'training').toBe(false);
      expect(splitOf(kind, split === 'training' ? 1 : 5000)).toBe(split);
    }
    const guests = healthyGuests(36);
    expect(guests.filter(({ split }) => split === 'test')).toHaveLength(30);
    for (const [split, kinds] of [['training', 6], ['test', 7]]) expect(new Set(guests.filter((guest) => guest.split === split).map(({ kind }) => kind)).size).toBe(kinds);
  });

  it('fail every kind for the test', () => {
    const failing = KIND_NAMES.filter((kind) => !isHealthyKind(kind));
    expect(failing.filter((kind) => !FAILING_ROUND.some((entry) => entry.kind === kind && entry.split === 'test'))).toEqual([]);
  });
});

describe('requestsDue', () => {
  const flood = { address: '', page: '/', startRequestsPerSecond: 10, doublingSeconds: 10 };
  const rateAt = (seconds: number) => requestsDue(flood, seconds + 0.5) - requestsDue(flood, seconds - 0.5);
  it('doubles its rate, up to a limit', () => {
    expect(requestsDue(flood, 0)).toBe(0);
    for (const [seconds, rate] of [[20, 40], [40, 160], [50, 320], [500, 500]] as const) expect(Math.abs(rateAt(seconds) / rate - 1)).toBeLessThan(0.03);
  });
});
