import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MISSING } from '../hmm/model.ts';
import { ABOVE, ANY_LEVEL, AROUND, atLeast, BELOW, codeOf, compatibleSymbols, FEATURES, isPartial, levelIn, levelsOf, only, symbolOf, SYMBOLS } from './symbol.ts';

const set = fc.integer({ min: 1, max: ANY_LEVEL });
const sets = fc.record({ cpu: set, memory: set, network: set, disk: set });

describe('the index of an observation', () => {
  it('is that of the paper, section 2.2', () => {
    expect(symbolOf({ cpu: ABOVE, memory: AROUND, network: BELOW, disk: ABOVE })).toBe(2 * 27 + 1 * 9 + 0 * 3 + 2);
    expect([symbolOf(levelsOf(0)), symbolOf(levelsOf(80)), SYMBOLS]).toEqual([0, 80, 81]);
  });

  it('and back, for each of the 81', () => {
    const all = Array.from({ length: SYMBOLS }, (_, symbol) => symbol);
    expect(all.map((symbol) => symbolOf(levelsOf(symbol)))).toEqual(all);
    expect(new Set(all.map((symbol) => JSON.stringify(levelsOf(symbol)))).size).toBe(SYMBOLS);
  });

  it.each([-1, 81, 1.5, Number.NaN])('%s is none', (symbol) => expect(() => levelsOf(symbol)).toThrow(RangeError));
});

describe('a partial observation', () => {
  it('can have been exactly the symbols whose levels lie in its sets', () => {
    fc.assert(fc.property(sets, (known) => {
      const symbols = [...compatibleSymbols(codeOf(known))];
      const wanted = Array.from({ length: SYMBOLS }, (_, symbol) => symbol).filter((symbol) => {
        const levels = levelsOf(symbol);
        return FEATURES.every((feature) => known[feature] & only(levels[feature]));
      });
      expect(symbols).toEqual(wanted);
    }));
  });

  it('has a code of its own that fits 16 bits', () => {
    const codes = new Set<number>();
    for (let cpu = 1; cpu <= 7; cpu++) for (let memory = 1; memory <= 7; memory++) for (let network = 1; network <= 7; network++) for (let disk = 1; disk <= 7; disk++) codes.add(codeOf({ cpu, memory, network, disk }));
    expect(codes.size).toBe(7 ** 4);
    expect([...Int16Array.from(codes)]).toEqual([...codes]);
    expect([...codes].filter((code) => !isPartial(code)).length).toBe(SYMBOLS + 1);
  });

  it('of all known is the symbol, of nothing known is MISSING', () => {
    const levels = levelsOf(46);
    expect(codeOf({ cpu: only(levels.cpu), memory: only(levels.memory), network: only(levels.network), disk: only(levels.disk) })).toBe(46);
    expect(codeOf({ cpu: 7, memory: 7, network: 7, disk: 7 })).toBe(MISSING);
    expect(compatibleSymbols(MISSING).length).toBe(SYMBOLS);
    expect([isPartial(46), isPartial(MISSING)]).toEqual([false, false]);
  });

  it('is listed once', () => {
    const code = codeOf({ cpu: only(ABOVE), memory: atLeast(AROUND), network: ANY_LEVEL, disk: only(BELOW) });
    expect(compatibleSymbols(code)).toBe(compatibleSymbols(code));
    expect(compatibleSymbols(code).length).toBe(6);
  });

  it('sets', () => {
    expect([atLeast(BELOW), atLeast(AROUND), atLeast(ABOVE)]).toEqual([7, 6, 4]);
    expect([1, 2, 4, 3, 7, 0].map(levelIn)).toEqual([BELOW, AROUND, ABOVE, null, null, null]);
    for (const wrong of [0, 8, -1, Number.NaN]) expect(() => codeOf({ cpu: wrong, memory: 7, network: 7, disk: 7 })).toThrow(/cpu/);
  });

  it('any other number is no code', () => {
    for (const wrong of [81, 1.5, Number.NaN, -5000, -Infinity, -2.5, -2]) expect(compatibleSymbols(wrong).length).toBe(0);
  });
});
