import { describe, expect, it } from 'vitest';
import { orderOf, sumsOf } from './windows.ts';
import type { Window } from './windows.ts';

const on = (change: Partial<Window>): Window => ({ watched: true, seconds: 60, virtmedicSeconds: 1.2, libvirtdSeconds: 3, guestSeconds: 57, responseMs: [104], ...change });
const off = (change: Partial<Window>): Window => ({ ...on({ virtmedicSeconds: null, libvirtdSeconds: 0.6, responseMs: [100] }), watched: false, ...change });

describe('windows with and without', () => {
  it('come in turns that cancel a drift', () => expect(orderOf(3)).toEqual([true, false, false, true, true, false]));

  it('are compared round by round', () => {
    const sums = sumsOf([on({}), off({}), off({ responseMs: [200] }), on({ responseMs: [206] }), on({ responseMs: [320, 330, 340] }), off({ responseMs: [300] })]);
    expect(sums.cpuShare).toBeCloseTo(0.02, 9);
    expect(sums.daemonCpuShare).toBeCloseTo(0.04, 9);
    expect(sums.daemonCpuShareWithout).toBeCloseTo(0.01, 9);
    expect(sums.guestCpuShare).toBeCloseTo(0.95, 9);
    // Of 1.04, 1.03 and 1.1.
    expect(sums.responseRatio).toBeCloseTo(1.04, 9);
  });

  it('are refused where one is missing', () => {
    expect(() => sumsOf([])).toThrow(RangeError);
    expect(() => sumsOf([on({})])).toThrow(RangeError);
    expect(() => sumsOf([on({}), on({}), off({}), off({})])).toThrow(/round 1/);
    expect(() => sumsOf([on({}), off({ responseMs: [] })])).toThrow(RangeError);
  });
});
