import { describe, expect, it } from 'vitest';
import { createPlaces, createRateLimit } from './limits.ts';
import { limitLog } from './log.ts';

describe('rate limit', () => {
  it('gives a burst at once, then its rate, and never saves up more than a burst', () => {
    const take = createRateLimit({ burst: 3, perSecond: 2 });
    const at = (nowMs: number, times: number) => Array.from({ length: times }, () => take(nowMs));
    expect(at(1000, 4)).toEqual([true, true, true, false]);
    expect(at(1499, 1)).toEqual([false]);
    expect(at(1500, 2)).toEqual([true, false]);
    expect(at(1e9, 4)).toEqual([true, true, true, false]);
  });

  it('gives nothing for a clock that goes back', () => {
    const take = createRateLimit({ burst: 1, perSecond: 1 });
    expect([take(5000), take(1000), take(1500)]).toEqual([true, false, false]);
  });
});

describe('places', () => {
  it('are given back once each, however often that is asked', () => {
    const take = createPlaces(2);
    const [first, second] = [take(), take()];
    expect(take()).toBeNull();
    first?.();
    first?.();
    expect([take() !== null, take()]).toEqual([true, null]);
    second?.();
    expect(take()).not.toBeNull();
  });
});

describe('log of a flood', () => {
  it('has so many lines of each kind a minute, and says how many were left out', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const note = (values: Record<string, unknown>, text: string): void => void lines.push(`${text} ${JSON.stringify(values)}`);
    const log = limitLog({ info: note, warn: note, error: note }, 2, () => nowMs);
    for (let time = 0; time < 5; time++) log.warn({ time }, 'turned away');
    log.error({}, 'failed');
    nowMs = 60_000;
    log.warn({ time: 9 }, 'turned away');
    expect(lines).toEqual(['turned away {"time":0}', 'turned away {"time":1}', 'failed {}', 'turned away (more of it before) {"leftOut":3}', 'turned away {"time":9}']);
  });
});
