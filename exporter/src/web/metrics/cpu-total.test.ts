import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countCpu } from './cpu-total.ts';
import type { CpuTotal } from './cpu-total.ts';

function totals(sums: readonly number[]): number[] {
  let state: CpuTotal | null = null;
  return sums.map((sum) => (state = countCpu(state, sum)).totalNanoseconds);
}

it('counts what is used, and keeps what was counted before the sum began anew', () => {
  expect(totals([5, 7, 7, 2, 3, 0, 0, 10])).toEqual([5, 7, 7, 7, 8, 8, 8, 18]);
});

it('never falls, and never counts more than was used', () => {
  fc.assert(
    // What each process used by each scrape; it is gone from a scrape on.
    fc.property(fc.array(fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 8 }), (steps) => {
      const scrapes = Math.max(...steps.map(({ length }) => length));
      const used = (own: number[], scrape: number): number => own.slice(0, scrape + 1).reduce((sum, one) => sum + one, 0);
      const sums = Array.from({ length: scrapes }, (_, scrape) => steps.reduce((sum, own) => sum + (scrape < own.length ? used(own, scrape) : 0), 0));
      const counted = totals(sums);
      counted.forEach((total, scrape) => {
        expect(total).toBeGreaterThanOrEqual(counted[scrape - 1] ?? 0);
        expect(total).toBeGreaterThanOrEqual(sums[scrape] ?? 0);
        expect(total).toBeLessThanOrEqual(steps.reduce((sum, own) => sum + used(own, scrape), 0));
      });
    }),
  );
});
