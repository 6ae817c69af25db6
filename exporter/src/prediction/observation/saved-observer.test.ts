import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObserver, observe } from './observer.ts';
import type { Observer } from './observer.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { restoreObserver, saveObserver } from './saved-observer.ts';
import { dailyPattern, freshReading, readingAfter } from './simulated-domain.ts';
import { randomNumbers } from '../hmm/random-model.ts';

const NORMAL = { frozen: false, ownOperation: false };

function used(): Observer {
  const observer = createObserver();
  const random = randomNumbers(1);
  let reading = freshReading(36_000_000);
  for (let n = 0; n < 400; n++) {
    observe(observer, reading, NORMAL);
    reading = readingAfter(reading, 5, dailyPattern(reading.atMs, random));
  }
  return observer;
}

describe('a saved observer', () => {
  it('goes on after a restart as if there had been none, but for one tick', () => {
    const [before, restored] = [used(), restoreObserver(JSON.parse(JSON.stringify(saveObserver(used()))), DEFAULT_PARAMETERS)!];
    const random = randomNumbers(8);
    let reading = { ...freshReading(50_000_000) };
    before.previous = null;
    for (let n = 0; n < 300; n++) {
      const [one, other] = [observe(before, reading, NORMAL), observe(restored, reading, NORMAL)];
      expect(other).toEqual(one);
      if (n === 0) expect(other.missing).toEqual([{ signal: null, why: 'first-reading' }]);
      if (n > 0) expect(other.coldStart).toBe(false);
      reading = readingAfter(reading, 5, dailyPattern(reading.atMs, random));
    }
  });

  it('is small', () => expect(JSON.stringify(saveObserver(used())).length).toBeLessThan(8 * 1024));

  const saved = saveObserver(used());
  it.each([
    ['nothing', undefined],
    ['a list', []],
    ['another version', { ...saved, version: 0 }],
    ['an unknown source', { ...saved, memorySource: '__proto__' }],
    ['no flag', { ...saved, thinDiskSeen: 1 }],
    ['times of nothing', { ...saved, frozenSeconds: Number.NaN }],
    ['times below zero', { ...saved, learntSeconds: -1 }],
    ['a signal less', { ...saved, quantiles: { ...saved.quantiles, cpuRatio: undefined } }],
    ['signals of another scale', { ...saved, quantiles: { ...saved.quantiles, cpuRatio: saved.quantiles.diskRequestSeconds } }],
  ])('hostile: %s', (_, hostile) => expect(restoreObserver(hostile, DEFAULT_PARAMETERS)).toBeNull());

  it('hostile: anything at all', () => {
    fc.assert(fc.property(fc.anything(), fc.dictionary(fc.constantFrom('version', 'memorySource', 'thinDiskSeen', 'learntSeconds', 'frozenSeconds', 'quantiles'), fc.anything(), { minKeys: 1 }), (any, changes) => {
      expect(() => restoreObserver(any, DEFAULT_PARAMETERS)).not.toThrow();
      expect(() => restoreObserver({ ...saved, ...changes }, DEFAULT_PARAMETERS)).not.toThrow();
    }));
  });
});
