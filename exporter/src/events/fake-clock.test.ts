import { describe, expect, it } from 'vitest';
import { sleep } from './clock.ts';
import { createFakeClock } from './fake-clock.ts';

describe('fake clock', () => {
  it('runs timers in order of time, then of setting, and stops at its goal', async () => {
    const clock = createFakeClock(1_000);
    const seen: string[] = [];
    clock.after(20, () => seen.push(`late ${clock.monotonicMs()}`));
    clock.after(10, () => seen.push(`first ${clock.monotonicMs()}`));
    clock.after(10, () => seen.push(`second ${clock.nowMs()}`));
    await clock.advance(15);
    expect(seen).toEqual(['first 10', 'second 1010']);
    expect([clock.monotonicMs(), clock.timers]).toEqual([15, 1]);
    await clock.advance(5);
    expect(seen.at(-1)).toBe('late 20');
  });

  it('lets promises set further timers within the same advance', async () => {
    const clock = createFakeClock();
    const seen: number[] = [];
    const work = async (): Promise<void> => {
      for (let index = 0; index < 3; index += 1) {
        await sleep(clock, 10);
        seen.push(clock.monotonicMs());
      }
    };
    const done = work();
    await clock.advance(100);
    await done;
    expect(seen).toEqual([10, 20, 30]);
  });

  it('forgets cancelled timers and steps the wall clock alone', async () => {
    const clock = createFakeClock(5_000);
    const cancel = clock.after(1, () => expect.unreachable());
    cancel();
    cancel();
    clock.stepWall(-2_000);
    await clock.advance(10);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([3_010, 10]);
    await expect(clock.advance(-1)).rejects.toThrow(/does not go back/);
  });
});
