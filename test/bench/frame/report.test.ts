import { describe, expect, it } from 'vitest';
import { formatTable, isMet, makeReport } from './report.ts';

const machine = { cpus: 2, memory_bytes: 2 ** 31, node: '24.0.0', kernel: '6.1.0' };

describe('isMet', () => {
  it('compares by its operator', () => {
    expect(isMet({ op: '<=', value: 0.5 }, 0.5)).toBe(true);
    expect(isMet({ op: '<', value: 0.5 }, 0.5)).toBe(false);
    expect(isMet({ op: '>=', value: 100 }, 99)).toBe(false);
    expect(isMet({ op: '>', value: 100 }, 101)).toBe(true);
    expect(isMet({ op: '==', value: 0 }, 0)).toBe(true);
  });

  it('is never met by what was not measured', () => {
    for (const figure of [undefined, null, Number.NaN, Number.POSITIVE_INFINITY, { inner: 1 }]) {
      expect(isMet({ op: '>=', value: 0 }, figure)).toBe(false);
    }
  });
});

describe('makeReport', () => {
  it('has exactly the published shape and stays valid JSON', () => {
    const report = makeReport(
      'sample',
      { wall_ratio: { op: '<=', value: 0.5 }, gone: { op: '>', value: 1 } },
      { figures: { wall_ratio: 0.12345678, broken: Number.NaN, by_kind: { disk: 3 } }, runs: 7, notes: ['for people'] },
      machine,
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual({
      bench: 'sample',
      figures: { wall_ratio: 0.123457, broken: null, by_kind: { disk: 3 } },
      goals: { wall_ratio: { op: '<=', value: 0.5, met: true }, gone: { op: '>', value: 1, met: false } },
      runs: 7,
      machine,
    });
  });
});

describe('formatTable', () => {
  it('names each figure, goal and miss', () => {
    const report = makeReport(
      'sample',
      { slow_ms: { op: '<', value: 5 }, gone: { op: '>', value: 1 } },
      { figures: { slow_ms: 9, by_kind: { disk: 3 } }, runs: 1 },
      machine,
    );
    const text = formatTable(report, ['a note']);
    expect(text).toMatch(/slow_ms +9 +< 5 +MISSED/);
    expect(text).toMatch(/gone +- +> 1 +MISSED/);
    expect(text).toMatch(/by_kind\.disk +3$/m);
    expect(text).toMatch(/1 runs; 2 CPUs, 2\.0 GiB, Node 24\.0\.0, Linux 6\.1\.0\na note$/);
  });
});
