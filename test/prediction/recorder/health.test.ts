import { describe, expect, it } from 'vitest';
import { judge, startHealth } from './health.ts';
import type { Check } from './health.ts';

/** The first failure in checks that are 5 s apart, from the first at 5 s. */
function firstFailure(checks: readonly Omit<Check, 'atMs'>[]) {
  let health = startHealth(0);
  for (const [index, check] of checks.entries()) {
    const result = judge(health, { atMs: (index + 1) * 5000, ...check });
    if (result.failed !== null) return result.failed;
    health = result.health;
  }
  return null;
}

const counts = (values: readonly (number | null)[]) => values.map((count) => ({ count, failures: count === null ? null : 0 }));

describe('judge', () => {
  it('leaves a guest alone that serves, or misses two checks now and then', () => {
    expect(firstFailure(counts([1, 2, 3, 3, 4, null, null, 5, null, null, 6]))).toBeNull();
  });
  it('dates a silence to its first check', () => {
    expect(firstFailure(counts([1, 2, null, null, null, null]))).toEqual({ atMs: 15_000, detail: 'silent' });
  });
  it('calls a counter stuck that has not moved for 25 s', () => {
    expect(firstFailure(counts([1, 2, 2, 2, 2, 2]))).toBeNull();
    expect(firstFailure(counts([1, 2, 2, 2, 2, 2, 2]))).toEqual({ atMs: 35_000, detail: 'stuck' });
  });
  it('counts writes that failed since the first check', () => {
    const at = (failures: number, count: number) => ({ count, failures });
    expect(firstFailure([at(7, 1), at(7, 2), at(8, 3)])).toBeNull();
    expect(firstFailure([at(7, 1), at(8, 2), at(9, 3)])).toEqual({ atMs: 15_000, detail: 'cannot-write' });
  });
  it('takes a guest that never answered for silent', () => {
    expect(firstFailure(counts([null, null, null]))).toEqual({ atMs: 5000, detail: 'silent' });
  });
});
