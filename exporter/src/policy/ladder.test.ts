import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIONS, APP_ACTIONS, APP_FAULTS, ATTEMPT_RESULTS, FAULTS, isAppAction, isAppFault } from '../vocabulary.ts';
import type { Action, AttemptResult, Fault } from '../vocabulary.ts';
import { nextRung, waitEndMs } from './ladder.ts';
import type { NextRung, PastAttempt } from './ladder.ts';
import { DEFAULT_LADDERS, unavailable } from './tables.ts';
import type { Ladder } from './types.ts';

const DENIED = { relocate: false, restartPaused: false };
const attempt = (action: Action, result: AttemptResult = 'failed', endedAtMs = 0): PastAttempt => ({ action, result, endedAtMs });

interface Climb {
  fault?: Fault;
  ladder?: Ladder;
  policy?: { relocate: boolean; restartPaused: boolean };
  openedAtMs?: number;
  nowMs?: number;
}

function next(attempts: PastAttempt[], { fault = 'domain_crashed', policy = DENIED, openedAtMs = 0, nowMs = 10 ** 9, ladder }: Climb = {}): NextRung {
  return nextRung({ fault, ladder: ladder ?? DEFAULT_LADDERS[fault], attempts, policy, openedAtMs, nowMs });
}

/** Climbs a ladder on which every attempt ends with `result`; the actions and their delays in order. */
function climb(fault: Fault, result: AttemptResult, policy = DENIED): string[] {
  const attempts: PastAttempt[] = [];
  const taken: string[] = [];
  for (let nowMs = 0; ; ) {
    const step = next(attempts, { fault, policy, nowMs });
    if (step.kind === 'exhausted') return taken;
    if (step.kind === 'wait') {
      taken.push(`+${(step.untilMs! - nowMs) / 1000}s`);
      nowMs = step.untilMs!;
      continue;
    }
    taken.push(step.rung.action);
    attempts.push(attempt(step.rung.action, result, nowMs));
  }
}

describe('default ladders, rung after rung', () => {
  const resumes = ['resume', '+15s', 'resume', '+30s', 'resume', '+60s', 'resume', '+120s', 'resume', '+240s', 'resume', '+300s', 'resume'];
  const expected: Record<Fault, string[]> = {
    domain_crashed: ['start', 'restart'],
    domain_stopped: ['start', 'restart'],
    domain_panicked: ['reset', 'restart'],
    domain_hung: ['reset', 'restart'],
    domain_paused: resumes,
    domain_missing: ['rebuild'],
    domain_failing: ['notify'],
    domain_unknown: ['notify'],
    domain_duplicated: ['notify'],
    host_degraded: ['notify'],
    app_down: ['restart_app', '+10s', 'restart_app'],
    app_hung: ['restart_app', '+10s', 'restart_app'],
    app_degraded: ['notify'],
  };
  test.each(FAULTS)('%s', (fault) => {
    expect(climb(fault, 'failed')).toEqual(expected[fault]);
  });

  test('domain_paused ends with a restart only where restartPaused allows it', () => {
    expect(climb('domain_paused', 'failed', { relocate: false, restartPaused: true })).toEqual([...resumes, 'restart']);
  });

  test.each(FAULTS)('%s has the limits, budget and cooldown of the design', (fault) => {
    const { rungs, budget, cooldownSeconds } = DEFAULT_LADDERS[fault];
    const limits = { notify: 30, start: 60, restart: 90, reset: 90, relocate: 120, rebuild: 120, resume: 30, restart_app: 30 } as Record<Action, number>;
    for (const rung of rungs) expect(rung.timeoutSeconds).toBe(limits[rung.action]);
    const starts = fault === 'domain_crashed' || fault === 'domain_stopped';
    const three = starts || fault === 'domain_panicked' || fault === 'domain_hung';
    const two = fault === 'domain_missing' ? { recoveries: 2, windowSeconds: 3600 } : null;
    const five = fault === 'app_down' || fault === 'app_hung' ? { recoveries: 5, windowSeconds: 1800 } : two;
    expect(budget).toEqual(three ? { recoveries: 3, windowSeconds: 1800 } : five);
    expect(cooldownSeconds).toBe(starts ? 30 : 0);
  });
});

function renderLadder(fault: Fault): string {
  const { rungs, budget, cooldownSeconds } = DEFAULT_LADDERS[fault];
  const steps = rungs.map(({ action, timeoutSeconds, delaySeconds }) => `${action} (${timeoutSeconds} s)${delaySeconds ? ` after ${delaySeconds} s` : ''}`);
  const allowed = budget ? `${budget.recoveries} in ${budget.windowSeconds / 60} min` : 'none';
  return `| ${fault} | ${steps.join(', ')} | ${allowed} | ${cooldownSeconds} s |`;
}

test('the default ladders stand in README.md', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  expect(readme).toContain(FAULTS.map(renderLadder).join('\n'));
});

describe('what policy forbids', () => {
  test.each([false, true])('relocate is skipped with its reason (relocate: %s)', (relocate) => {
    const step = next([attempt('start'), attempt('restart')], { policy: { relocate, restartPaused: false } });
    expect(step).toMatchObject({ kind: 'exhausted', skipped: [{ index: 2, rung: { action: 'relocate' } }] });
  });

  test('a rung recorded as unavailable is not skipped again', () => {
    expect(next([attempt('start'), attempt('restart'), attempt('relocate', 'unavailable')])).toEqual({ kind: 'exhausted', skipped: [] });
  });

  test('an intact paused guest is never ended unless restartPaused says so, whatever ladder is configured', () => {
    const ladder: Ladder = { rungs: ACTIONS.map((action) => ({ action, timeoutSeconds: 1 })), budget: null, cooldownSeconds: 0 };
    const allowed = ACTIONS.filter((action) => unavailable(action, 'domain_paused', DENIED) === null);
    expect(allowed).toEqual(['notify', 'start', 'resume']);
    expect(next([attempt('notify'), attempt('start'), attempt('resume')], { fault: 'domain_paused', ladder }).kind).toBe('exhausted');
  });

  test('a forecast permits to tell and, where relocate is on, to migrate; a fault is not mended by migrating', () => {
    const allowed = (fault: Fault, relocate: boolean) => ACTIONS.filter((action) => unavailable(action, fault, { relocate, restartPaused: true }) === null);
    expect(allowed('domain_failing', true)).toEqual(['notify', 'migrate']);
    expect(allowed('domain_failing', false)).toEqual(['notify']);
    for (const fault of FAULTS) expect(allowed(fault, true).includes('migrate')).toBe(fault === 'domain_failing');
    expect(unavailable('migrate', 'requested', { relocate: true, restartPaused: false })).toBeNull();
    expect(unavailable('migrate', 'requested', DENIED)).toContain('relocate is off');
  });

  test('what is done to apps is for their faults and for orders; of what is done to domains only reset is for them', () => {
    const allowed = (fault: Fault) => ACTIONS.filter((action) => unavailable(action, fault, { relocate: true, restartPaused: true }) === null);
    for (const fault of FAULTS.filter((one) => !isAppFault(one))) expect(allowed(fault).filter(isAppAction)).toEqual([]);
    for (const fault of APP_FAULTS) expect(allowed(fault)).toEqual(['notify', 'reset', ...APP_ACTIONS]);
    for (const action of APP_ACTIONS) expect(unavailable(action, 'requested', DENIED)).toBeNull();
  });

  test('what runs twice or is in no inventory is only told', () => {
    for (const fault of ['domain_duplicated', 'domain_unknown', 'host_degraded'] as const) {
      for (const action of ACTIONS) expect(unavailable(action, fault, { relocate: true, restartPaused: true }) === null).toBe(action === 'notify');
    }
  });
});

describe('attempts whose end is not known', () => {
  test('an attempt under way is waited for', () => {
    expect(next([{ action: 'start', result: null, endedAtMs: null }])).toEqual({ kind: 'wait', untilMs: null });
  });

  test('an interrupted rung is tried once more, and then counts as used', () => {
    expect(next([attempt('start', 'interrupted')])).toMatchObject({ kind: 'run', rung: { action: 'start' } });
    expect(next([attempt('start', 'interrupted'), attempt('start', 'interrupted')])).toMatchObject({ rung: { action: 'restart' } });
    expect(next([attempt('start', 'interrupted'), attempt('start', 'failed')])).toMatchObject({ rung: { action: 'restart' } });
    expect(climb('domain_paused', 'interrupted').filter((step) => step === 'resume')).toHaveLength(14);
    expect(climb('domain_crashed', 'interrupted')).toEqual(['start', 'start', 'restart', 'restart']);
  });
});

describe('a fault class that is refined while the incident is open', () => {
  test('goes on with the new ladder; only attempts at its own actions count', () => {
    const attempts = [attempt('reset'), attempt('restart')];
    expect(next(attempts, { fault: 'domain_crashed' })).toMatchObject({ kind: 'run', rung: { action: 'start' } });
    expect(next([...attempts, attempt('start')], { fault: 'domain_crashed' })).toMatchObject({ kind: 'exhausted' });
    expect(next([attempt('start'), attempt('restart')], { fault: 'domain_missing' })).toMatchObject({ rung: { action: 'rebuild' } });
  });

  test('flipping for ever still ends: at most two attempts a rung of all ladders together', () => {
    const most = 2 * FAULTS.reduce((sum, fault) => sum + DEFAULT_LADDERS[fault].rungs.length, 0);
    const flip = fc.array(fc.tuple(fc.constantFrom(...FAULTS), fc.constantFrom(...ATTEMPT_RESULTS)), { minLength: 300, maxLength: 400 });
    fc.assert(
      fc.property(flip, (flips) => {
        const attempts: PastAttempt[] = [];
        for (const [fault, result] of flips) {
          const step = next(attempts, { fault, policy: { relocate: true, restartPaused: true } });
          if (step.kind === 'run') attempts.push(attempt(step.rung.action, result));
        }
        expect(attempts.length).toBeLessThanOrEqual(most);
      }),
    );
  });
});

const anyLadder: fc.Arbitrary<Ladder> = fc
  .array(fc.record({ action: fc.constantFrom(...ACTIONS), timeoutSeconds: fc.constant(1), delaySeconds: fc.integer({ min: 0, max: 3600 }) }), { minLength: 1, maxLength: 20 })
  .map((rungs) => ({ rungs, budget: null, cooldownSeconds: 0 }));

test('any ladder ends after at most two attempts a rung, and never repeats a rung that was not interrupted', () => {
  const results = fc.infiniteStream(fc.constantFrom(...ATTEMPT_RESULTS));
  fc.assert(
    fc.property(anyLadder, fc.constantFrom(...FAULTS), fc.boolean(), results, (ladder, fault, allowed, stream) => {
      const attempts: PastAttempt[] = [];
      const finished = new Set<number>();
      const tried = new Map<number, number>();
      let nowMs = 0;
      for (const result of stream) {
        let step = next(attempts, { fault, ladder, policy: { relocate: allowed, restartPaused: allowed }, nowMs });
        if (step.kind === 'wait') {
          nowMs = step.untilMs!;
          step = next(attempts, { fault, ladder, policy: { relocate: allowed, restartPaused: allowed }, nowMs });
        }
        if (step.kind !== 'run') {
          expect(step.kind).toBe('exhausted');
          break;
        }
        expect(finished).not.toContain(step.index);
        tried.set(step.index, (tried.get(step.index) ?? 0) + 1);
        if (result !== 'interrupted') finished.add(step.index);
        attempts.push(attempt(step.rung.action, result, nowMs));
      }
      expect(attempts.length).toBeLessThanOrEqual(2 * ladder.rungs.length);
      for (const times of tried.values()) expect(times).toBeLessThanOrEqual(2);
    }),
  );
});

describe('delays', () => {
  const ladder: Ladder = { rungs: [{ action: 'start', timeoutSeconds: 1, delaySeconds: 10 }, { action: 'restart', timeoutSeconds: 1, delaySeconds: 20 }], budget: null, cooldownSeconds: 0 };

  test('the first one counts from the beginning, the others from the end of the attempt before', () => {
    expect(next([], { ladder, openedAtMs: 1000, nowMs: 1000 })).toEqual({ kind: 'wait', untilMs: 11_000 });
    expect(next([], { ladder, openedAtMs: 1000, nowMs: 11_000 }).kind).toBe('run');
    expect(next([attempt('start', 'failed', 50_000)], { ladder, nowMs: 50_001 })).toEqual({ kind: 'wait', untilMs: 70_000 });
  });

  test('an unavailable rung does not begin the delay anew', () => {
    expect(next([attempt('start', 'unavailable', 50_000)], { ladder, nowMs: 50_000 }).kind).toBe('run');
  });

  test('a wall clock that was set back never makes a wait longer than twice its length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 7 }), fc.integer({ min: 0, max: 10 ** 6 }), fc.integer({ min: 0, max: 10 ** 7 }), (fromMs, delayMs, nowMs) => {
        const endMs = waitEndMs(fromMs, delayMs, nowMs);
        if (endMs !== null) {
          expect(endMs).toBeGreaterThan(nowMs);
          expect(endMs - nowMs).toBeLessThanOrEqual(2 * delayMs);
        } else expect(fromMs + delayMs <= nowMs || fromMs - nowMs > delayMs).toBe(true);
      }),
    );
  });
});
