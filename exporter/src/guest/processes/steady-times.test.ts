import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSteadyTimes } from './steady-times.ts';

const PROCESS = { pid: 5, startTimeNanoseconds: 77n };

it('neither part falls when the kernel divides the same time otherwise, and the sum stays', () => {
  const steady = createSteadyTimes();
  expect(steady.of(PROCESS, { user: 60n, system: 40n })).toEqual({ user: 60n, system: 40n });
  expect(steady.of(PROCESS, { user: 50n, system: 60n })).toEqual({ user: 60n, system: 50n });
  expect(steady.of(PROCESS, { user: 90n, system: 30n })).toEqual({ user: 70n, system: 50n });
});

it('another process, and another one with the same pid, begin anew', () => {
  const steady = createSteadyTimes();
  steady.of(PROCESS, { user: 60n, system: 40n });
  expect(steady.of({ ...PROCESS, startTimeNanoseconds: 99n }, { user: 1n, system: 2n })).toEqual({ user: 1n, system: 2n });
  steady.keepOnly([{ pid: 6, startTimeNanoseconds: 1n }]);
  expect(steady.of(PROCESS, { user: 3n, system: 4n })).toEqual({ user: 3n, system: 4n });
});

it('never falls, whatever comes', () => {
  const time = fc.bigInt({ min: 0n, max: 2n ** 64n });
  fc.assert(
    fc.property(fc.array(fc.record({ user: time, system: time })), (all) => {
      const steady = createSteadyTimes();
      let last = { user: 0n, system: 0n };
      for (const times of all) {
        steady.keepOnly([PROCESS]);
        const now = steady.of(PROCESS, times);
        expect(now.user >= last.user && now.system >= last.system).toBe(true);
        last = now;
      }
    }),
  );
});
