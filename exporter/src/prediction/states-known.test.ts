import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MISSING } from './hmm/model.ts';
import { ANY_LEVEL, codeOf, compatibleSymbols, only } from './observation/symbol.ts';
import { maskOf } from './states.ts';
import { labelledSequences } from './states-known.ts';
import type { Interval, LabelOptions, Labels } from './states-known.ts';

const NORMAL = maskOf('normal');
const LEAD = maskOf('normal', 'abnormal');
const ABNORMAL = maskOf('abnormal');
const FAILED = maskOf('failed');
const TICK_MS = 5000;
const NOTHING: Labels = { failures: [], censored: [] };
const OPTIONS: LabelOptions = { leadSeconds: 15, abnormalSeconds: 5, quietIsNormal: true };

/** Ticks 0, 1, 2, …, each its own symbol. */
const record = (length: number) => ({ startMs: 1_000_000, tickSeconds: TICK_MS / 1000, symbols: Int16Array.from({ length }, (_, t) => t) });
const ticks = (from: number, to: number): Interval => ({ fromMs: 1_000_000 + from * TICK_MS, toMs: 1_000_000 + to * TICK_MS });
const plain = (labels: Labels, length: number, options = OPTIONS) =>
  labelledSequences(record(length), labels, options).map(({ symbols, possible }) => ({ symbols: [...symbols], possible: [...possible!] }));

describe('labels', () => {
  it('a quiet record is one sequence, healthy throughout or not known', () => {
    expect(plain(NOTHING, 3)).toEqual([{ symbols: [0, 1, 2], possible: [NORMAL, NORMAL, NORMAL] }]);
    expect(plain(NOTHING, 3, { ...OPTIONS, quietIsNormal: false })).toEqual([{ symbols: [0, 1, 2], possible: [0, 0, 0] }]);
  });

  it('a failure has its lead before it, is failed while it lasts, and ends its sequence', () => {
    expect(plain({ failures: [ticks(5, 7)], censored: [] }, 10)).toEqual([
      { symbols: [0, 1, 2, 3, 4, 5, 6], possible: [NORMAL, NORMAL, LEAD, LEAD, ABNORMAL, FAILED, FAILED] },
      { symbols: [7, 8, 9], possible: [NORMAL, NORMAL, NORMAL] },
    ]);
  });

  it('a failure between two ticks is not lost', () => {
    expect(plain({ failures: [ticks(2.2, 2.8)], censored: [] }, 5)).toEqual([
      { symbols: [0, 1, 2, MISSING], possible: [LEAD, LEAD, ABNORMAL, FAILED] },
      { symbols: [3, 4], possible: [NORMAL, NORMAL] },
    ]);
  });

  it('a failure that goes on, and ones outside of the record', () => {
    expect(plain({ failures: [{ fromMs: ticks(2, 2).fromMs, toMs: Infinity }], censored: [] }, 4)[0]?.possible).toEqual([LEAD, ABNORMAL, FAILED, FAILED]);
    expect(plain({ failures: [ticks(-9, -5), ticks(50, 60)], censored: [ticks(-3, -1)] }, 3)).toEqual(plain(NOTHING, 3));
    expect(plain({ failures: [ticks(2.5, 60)], censored: [] }, 3)[0]?.possible).toEqual([LEAD, LEAD, ABNORMAL, FAILED]);
    expect(plain({ failures: [ticks(4, 60)], censored: [] }, 3)[0]?.possible).toEqual([NORMAL, LEAD, LEAD]);
  });

  it('censored ticks belong to no sequence', () => {
    expect(plain({ failures: [ticks(3, 4)], censored: [ticks(4, 6), ticks(8, 20)] }, 10)).toEqual([
      { symbols: [0, 1, 2, 3], possible: [LEAD, LEAD, ABNORMAL, FAILED] },
      { symbols: [6, 7], possible: [NORMAL, NORMAL] },
    ]);
  });

  it('a sequence in which nothing was seen is left out', () => {
    const empty = { ...record(3), symbols: Int16Array.of(MISSING, MISSING, MISSING) };
    expect(labelledSequences(empty, NOTHING)).toEqual([]);
    expect(labelledSequences({ ...empty, symbols: new Int16Array() }, NOTHING)).toEqual([]);
    expect(() => labelledSequences({ ...empty, tickSeconds: 0 }, NOTHING)).toThrow(/tickSeconds/);
  });

  it('partial observations become sets of symbols', () => {
    const partial = codeOf({ cpu: only(2), memory: ANY_LEVEL, network: only(0), disk: only(0) });
    const other = codeOf({ cpu: ANY_LEVEL, memory: only(2), network: ANY_LEVEL, disk: ANY_LEVEL });
    const symbols = Int16Array.of(7, partial, other, MISSING, partial, -32_768);
    const [sequence] = labelledSequences({ ...record(0), symbols }, NOTHING);
    expect([...sequence!.symbols]).toEqual([7, 81, 82, MISSING, 81, MISSING]);
    expect(sequence!.sets?.map((set) => [...set])).toEqual([[54, 63, 72], [...compatibleSymbols(other)]]);
    expect(labelledSequences(record(3), NOTHING)[0]!.sets).toBeUndefined();
  });

  it('each tick that is not censored is in exactly one sequence, in order, whatever the intervals', () => {
    const interval = fc.tuple(fc.double({ min: -5, max: 30, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true })).map(([from, length]) => ticks(from, from + length));
    fc.assert(fc.property(fc.array(interval, { maxLength: 4 }), fc.array(interval, { maxLength: 3 }), (failures, censored) => {
      const all = plain({ failures, censored }, 25);
      const seen = all.flatMap(({ symbols }) => symbols.filter((symbol) => symbol !== MISSING));
      const expected = [...record(25).symbols].filter((t) => !censored.some(({ fromMs, toMs }) => 1_000_000 + t * TICK_MS >= fromMs && 1_000_000 + t * TICK_MS < toMs));
      expect(seen).toEqual(expected);
      for (const { symbols, possible } of all) expect(possible.length === symbols.length && possible.every((mask) => mask > 0)).toBe(true);
    }));
  });
});
