import fc from 'fast-check';
import { expect, it } from 'vitest';
import { afterReboot, countCpu, NO_CPU, type CpuTotal } from './cpu-total.ts';
import { MOST_FOLLOWED } from './members.ts';
import { process } from './testing/looks.ts';

const used = (pid: number, userNanoseconds: number | null, systemNanoseconds: number | null = 0) => process({ pid, userNanoseconds, systemNanoseconds });
/** The total after each list. */
function totals(...lists: ReturnType<typeof used>[][]): number[] {
  let total: CpuTotal = NO_CPU;
  return lists.map((members) => (total = countCpu(total, members)).nanoseconds);
}

it('keeps what ended processes had done, and counts on what the others do in the same step', () => {
  expect(totals([used(1, 5, 1), used(2, 4)], [used(1, 9, 2)], [], [used(3, 2)], [used(3, 2), used(4, 7)])).toEqual([10, 15, 15, 17, 24]);
});

it('counts a process that comes back only once', () => {
  expect(totals([used(1, 5), used(2, 3)], [used(2, 3)], [used(1, 6), used(2, 3)])).toEqual([8, 8, 9]);
});

it('tells processes with the same pid apart, and begins no process anew over another boot', () => {
  const later = process({ pid: 1, startTimeNanoseconds: 11e9, userNanoseconds: 2 });
  expect(totals([used(1, 5)], [later])).toEqual([5, 7]);
  const booted = afterReboot(countCpu(NO_CPU, [used(1, 5)]));
  expect(countCpu(booted, [used(1, 3)]).nanoseconds).toBe(8);
});

it('waits for what is not known, and leaves lists of too many out', () => {
  expect(totals([used(1, 5)], [used(1, null)], [used(1, 7)])).toEqual([5, 5, 7]);
  const many = Array.from({ length: MOST_FOLLOWED + 1 }, (_, index) => used(index + 1, 100));
  expect(totals([used(1, 5)], many, [used(1, 6)])).toEqual([5, 5, 6]);
});

it('never falls, counts no more than was used, and all that was seen of those that went', () => {
  fc.assert(
    // What each process used by each list, from the list on in which it begins until it is gone.
    fc.property(fc.array(fc.record({ begins: fc.nat(5), steps: fc.array(fc.nat(1000), { minLength: 1, maxLength: 10 }) }), { maxLength: 8 }), (lives) => {
      const lists = Array.from({ length: 16 }, (_, at) =>
        lives.flatMap(({ begins, steps }, index) => (at < begins || at >= begins + steps.length ? [] : [used(index + 2, steps.slice(0, at - begins + 1).reduce((sum, step) => sum + step, 0))])),
      );
      const counted = totals(...lists);
      counted.forEach((total, at) => {
        const seen = lives.reduce((sum, { begins, steps }) => sum + steps.slice(0, Math.max(0, at - begins + 1)).reduce((own, step) => own + step, 0), 0);
        expect(total).toBe(seen);
        expect(total).toBeGreaterThanOrEqual(counted[at - 1] ?? 0);
      });
    }),
  );
});

it('is of bounded size, however many processes come and go', () => {
  let total: CpuTotal = NO_CPU;
  for (let round = 0; round < 50; round++) total = countCpu(total, Array.from({ length: 500 }, (_, index) => used(500 * round + index + 1, 1)));
  expect(total.nanoseconds).toBe(25_000);
  expect(total.counted.length).toBeLessThanOrEqual(MOST_FOLLOWED + 64);
});
