import { describe, expect, it } from 'vitest';
import { alarmTick, quietAlarm, silenceAlarm } from './alarm.ts';
import type { Alarm } from './alarm.ts';

const SETTINGS = { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 30, clearForSeconds: 30 };

/** Ticks of 10 s, from `fromSeconds` on. @returns `failing` after each */
function run(alarm: Alarm, probabilities: readonly number[], fromSeconds = 0, settings = SETTINGS): boolean[] {
  return probabilities.map((probability, n) => {
    const monotonicMs = (fromSeconds + 10 * n) * 1000;
    const before = alarm.failing;
    const changed = alarmTick(alarm, settings, { probability, atMs: 1e12 + monotonicMs, monotonicMs, longestGapMs: 35_000 });
    expect(changed).toBe(alarm.failing !== before);
    return alarm.failing;
  });
}

describe('an alarm', () => {
  it('is raised after the whole time beyond the upper limit, and cleared after the whole time below the lower', () => {
    const alarm = quietAlarm();
    expect(run(alarm, [0.8, 0.9, 1, 0.8])).toEqual([false, false, false, true]);
    expect(alarm.failingSinceMs).toBe(1e12 + 30_000);
    expect(run(alarm, [0.5, 0.39, 0, 0.1, 0.2], 40)).toEqual([true, true, true, true, false]);
    expect(alarm.failingSinceMs).toBeNull();
  });

  it('is neither raised nor cleared by what hovers at a limit', () => {
    const alarm = quietAlarm();
    expect(run(alarm, [0.9, 0.9, 0.9, 0.79, 0.9, 0.9, 0.9])).not.toContain(true);
    run(alarm, [0.9], 70);
    expect(alarm.failing).toBe(true);
    expect(run(alarm, [0.3, 0.3, 0.3, 0.4, 0.3, 0.3, 0.3], 80)).not.toContain(false);
  });

  it('follows at once where no time is asked for', () => {
    expect(run(quietAlarm(), [0.8, 0.5, 0.39], 0, { ...SETTINGS, raiseForSeconds: 0, clearForSeconds: 0 })).toEqual([true, true, false]);
  });

  it('has a time for each way', () => {
    expect(run(quietAlarm(), [0.8, 0.8, 0.39, 0.39, 0.39, 0.39], 0, { ...SETTINGS, raiseForSeconds: 10 })).toEqual([false, true, true, true, true, false]);
    expect(run(quietAlarm(), [0.8, 0.8, 0.8, 0.8, 0.39], 0, { ...SETTINGS, clearForSeconds: 0 })).toEqual([false, false, false, true, false]);
  });

  it('takes nothing for lasting that a silence lies in', () => {
    const alarm = quietAlarm();
    expect(run(alarm, [0.9])).toEqual([false]);
    expect(run(alarm, [0.9, 0.9, 0.9, 0.9], 3600)).toEqual([false, false, false, true]);
  });

  it('is not raised by what is no number', () => {
    expect(run(quietAlarm(), Array<number>(9).fill(Number.NaN))).not.toContain(true);
  });

  it('is silenced when its target ends', () => {
    const alarm = quietAlarm();
    run(alarm, [1, 1, 1, 1]);
    expect([silenceAlarm(alarm), silenceAlarm(alarm), alarm.failing]).toEqual([true, false, false]);
  });
});
