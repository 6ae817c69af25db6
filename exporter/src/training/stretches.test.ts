import { describe, expect, it } from 'vitest';
import { MISSING } from '../prediction/hmm/model.ts';
import type { Interval, SymbolRecord } from '../prediction/states-known.ts';
import { maskOf } from '../prediction/states.ts';
import { materialOf } from './material.ts';
import { DEFAULT_TRAINING } from './train.ts';
import { endOf, stretchesOf } from './stretches.ts';
import type { CutOptions } from './stretches.ts';

const TICK_S = 60;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const record = (hours: number, startMs = 0): SymbolRecord => ({ startMs, tickSeconds: TICK_S, symbols: Int16Array.from({ length: hours * 60 }, (_, n) => n % 81) });
const cut = (whole: SymbolRecord, failures: Interval[], holdBack: CutOptions['holdBack'] = 'quiet') => stretchesOf(whole, { failures, censored: [] }, { leadSeconds: 900, holdBack });
const minutes = ({ record: one }: { record: SymbolRecord }): [number, number] => [one.startMs / MINUTE_MS, endOf(one) / MINUTE_MS];

describe('stretches', () => {
  it('of quiet hours hold ten minutes back, always the same ones, each of the hour at some time', () => {
    const held = (whole: SymbolRecord): number[] => cut(whole, []).quiet.filter((stretch) => stretch.heldBack).map((stretch) => minutes(stretch)[0]);
    const { quiet, eventful } = cut(record(24 * 14), []);
    expect(eventful).toEqual([]);
    expect(quiet.map(minutes).flatMap(([from, to], n, all) => (n > 0 && all[n - 1]![1] !== from ? [from, to] : []))).toEqual([]);
    expect(quiet.filter((stretch) => stretch.heldBack).map(minutes).every(([from, to]) => to - from === 10)).toBe(true);
    const all = held(record(24 * 14));
    expect(all.map((minute) => Math.floor(minute / 60))).toEqual(Array.from({ length: 24 * 14 }, (_, hour) => hour));
    expect(held(record(24, 5 * HOUR_MS))).toEqual(all.slice(5, 29));
    for (let hour = 0; hour < 24; hour++) expect(new Set(all.filter((_, n) => n % 24 === hour).map((minute) => minute % 60)).size, `${hour}:00`).toBeGreaterThan(2);
  });

  it('keep a failure with what led to it whole; of a long one the first hour', () => {
    const { quiet, eventful } = cut(record(6), [{ fromMs: 100 * MINUTE_MS, toMs: 300 * MINUTE_MS }]);
    expect(eventful.map(minutes)).toEqual([[85, 160]]);
    const covered = quiet.map(minutes).flatMap(([from, to]) => Array.from({ length: to - from }, (_, n) => from + n));
    expect(covered).toEqual(Array.from({ length: 360 }, (_, n) => n).filter((minute) => minute < 85 || minute >= 300));
  });

  it('of failures that follow closely are one', () => {
    const { eventful } = cut(record(4), [{ fromMs: 100 * MINUTE_MS, toMs: 105 * MINUTE_MS }, { fromMs: 110 * MINUTE_MS, toMs: 112 * MINUTE_MS }]);
    expect(eventful.map((stretch) => [...minutes(stretch), stretch.failures])).toEqual([[85, 112, 2]]);
  });

  it('know of a failure that came after the last tick', () => {
    const { eventful, quiet } = cut(record(1), [{ fromMs: 62.5 * MINUTE_MS, toMs: HOUR_MS * 5 }]);
    expect(eventful.map(minutes)).toEqual([[48, 64]]);
    expect([...eventful[0]!.record.symbols.subarray(-4)]).toEqual([MISSING, MISSING, MISSING, MISSING]);
    expect([minutes(quiet[0]!)[0], minutes(quiet.at(-1)!)[1]]).toEqual([0, 48]);
  });

  it('hold one failure in six back, always the same ones, whatever else there is', () => {
    const failures = Array.from({ length: 300 }, (_, n) => ({ fromMs: n * HOUR_MS + 17_000 * n + 30 * MINUTE_MS, toMs: n * HOUR_MS + 17_000 * n + 32 * MINUTE_MS }));
    const heldBack = (some: Interval[]): number[] => cut(record(303), some, 'all').eventful.filter((stretch) => stretch.heldBack).map((stretch) => minutes(stretch)[0]);
    const held = heldBack(failures);
    expect(held.length).toBeGreaterThan(30);
    expect(held.length).toBeLessThan(75);
    expect(heldBack(failures.slice(100)).length).toBeGreaterThan(15);
    expect(heldBack(failures.slice(100)).every((minute) => held.includes(minute))).toBe(true);
    expect(cut(record(303), failures, 'quiet').eventful.some((stretch) => stretch.heldBack)).toBe(false);
  });
});

describe('material', () => {
  const options = { ...DEFAULT_TRAINING, tickSeconds: TICK_S, holdBack: 'quiet' as const };

  it('never trains on what is held back, and labels each tick as the whole record would', () => {
    const failure = { fromMs: 100 * MINUTE_MS, toMs: 110 * MINUTE_MS };
    const { eventful, quiet, heldBack, counts } = materialOf({ records: [record(3)], labels: { failures: [failure], censored: [{ fromMs: 0, toMs: 20 * MINUTE_MS }] } }, options);
    expect(eventful.map(({ possible }) => [...possible!])).toEqual([[...Array<number>(15).fill(maskOf('normal', 'abnormal')), ...Array<number>(10).fill(maskOf('failed'))]]);
    const ticksOf = (sequences: typeof quiet): number => sequences.reduce((sum, { symbols }) => sum + symbols.length, 0);
    // Without what is censored and what is around the failure.
    expect(ticksOf(quiet) + ticksOf(heldBack)).toBe(180 - 20 - 25);
    expect(counts).toEqual({ observed: 180, trained: ticksOf(quiet) + 25, heldBack: ticksOf(heldBack), failures: 1, fromMs: 0, toMs: 3 * HOUR_MS });
    expect(ticksOf(heldBack)).toBeGreaterThan(0);
    // Each tick's symbol is its minute.
    const seen = [...quiet, ...heldBack].flatMap(({ symbols }) => [...symbols]);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 180 }, (_, n) => n).filter((n) => n >= 20 && (n < 85 || n >= 110)).map((n) => n % 81).sort((a, b) => a - b));
  });

  it('thins quiet hours and counts the rest for more; failures stay', () => {
    const failures = [{ fromMs: 100 * HOUR_MS, toMs: 100 * HOUR_MS + 5 * MINUTE_MS }];
    const { quiet, quietWeight, counts } = materialOf({ records: [record(300)], labels: { failures, censored: [] } }, { ...options, mostTicks: 3000 });
    const ticks = quiet.reduce((sum, { symbols }) => sum + symbols.length, 0);
    expect(ticks).toBeGreaterThan(2500);
    expect(ticks).toBeLessThan(3100);
    expect(ticks * quietWeight).toBeCloseTo(300 * 50, -2);
    expect(counts.failures).toBe(1);
    const firsts = quiet.map(({ symbols }) => symbols[0]!);
    expect(new Set(firsts).size).toBeGreaterThan(20);
  });

  it('takes the newest failures where there are more than half of what it may take', () => {
    const failures = Array.from({ length: 100 }, (_, n) => ({ fromMs: (n + 0.5) * HOUR_MS, toMs: (n + 0.6) * HOUR_MS }));
    const { counts, eventful } = materialOf({ records: [record(101)], labels: { failures, censored: [] } }, { ...options, mostTicks: 420 });
    expect(counts.failures).toBe(10);
    expect(eventful[0]!.symbols[0]).toBe((99 * 60 + 15) % 81);
  });
});
