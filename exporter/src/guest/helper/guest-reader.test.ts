import { describe, expect, it } from 'vitest';
import { GuestError, KernelError } from '../error.ts';
import { createGuestReader } from './guest-reader.ts';
import type { GuestReaderOptions } from './guest-reader.ts';
import type { DomainContext } from './handlers.ts';
import type { LookAnswer } from './look.ts';
import { LOOKED } from './testing/answers.ts';
import { UUID } from './testing/fake-proc.ts';

interface World {
  opened: number[];
  closed: number[];
  nowMs: number;
  isSame: boolean;
  isRunning: boolean;
  /** How often a virtual CPU was asked. */
  asked: number;
  /** What the next look says. */
  look: () => LookAnswer;
  open: () => Promise<void>;
}

function world(options: Partial<GuestReaderOptions> = {}) {
  const state: World = { opened: [], closed: [], nowMs: 0, isSame: true, isRunning: true, asked: 0, look: () => LOOKED, open: async () => undefined };
  const reader = createGuestReader({
    async open({ pid }) {
      state.opened.push(pid);
      await state.open();
      return {
        look: () => state.look(),
        isRunning: async () => ((state.asked += 1), state.isRunning),
        close: () => void state.closed.push(pid),
      };
    },
    nowMs: () => state.nowMs,
    ...options,
  });
  const read = (pid = 20, signal = new AbortController().signal) =>
    reader.look({ qemu: { uuid: UUID, name: 'web', pid, startTicks: 7 }, signal, isSameProcess: () => state.isSame } satisfies DomainContext);
  return { state, reader, read };
}

describe('guest reader', () => {
  it('opens a guest once, for all that ask at once and later', async () => {
    const { state, reader, read } = world();
    expect(await Promise.all([read(), read()])).toEqual([LOOKED, LOOKED]);
    await read();
    expect([state.opened, state.closed]).toEqual([[20], []]);
    reader.close();
    await Promise.resolve();
    await expect.poll(() => state.closed).toEqual([20]);
  });

  it('opens it anew when another kernel runs in it, once for each look', async () => {
    const { state, read } = world();
    let looks = 0;
    state.look = () => {
      looks += 1;
      if (looks === 2 || looks >= 4) throw new GuestError('inconsistent', 'another kernel');
      return LOOKED;
    };
    await read();
    await read();
    expect([state.opened, state.closed]).toEqual([[20, 20], [20]]);
    await expect(read()).rejects.toMatchObject({ reason: 'inconsistent' });
    expect(state.opened).toEqual([20, 20, 20]);
  });

  it('asks once a second whether the kernel still runs that it opened, and takes nothing from one that a restart left behind', async () => {
    const { state, read } = world();
    await read();
    state.nowMs = 999;
    await read();
    expect(state.asked).toBe(0);
    state.nowMs = 1000;
    await read();
    expect([state.asked, state.opened]).toEqual([1, [20]]);
    state.nowMs = 1999;
    await read();
    expect(state.asked).toBe(1);
    state.nowMs = 2500;
    state.isRunning = false;
    // Opened anew: opening itself tells that what was found runs.
    expect(await read()).toEqual(LOOKED);
    expect([state.asked, state.opened]).toEqual([2, [20, 20]]);
    await expect.poll(() => state.closed).toEqual([20]);
    state.nowMs = 4000;
    state.open = () => Promise.reject(new KernelError('not-up-yet', 'it boots'));
    await expect(read()).rejects.toMatchObject({ reason: 'not-up-yet' });
  });

  it.each([
    ['not-linux', [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
    ['not-up-yet', [1000, 2000, 4000, 4000, 4000, 4000, 4000]],
  ] as const)('waits ever longer for a guest that is %s, and begins anew once it was opened', async (reason, waits) => {
    const { state, read } = world();
    const fail = () => Promise.reject(new KernelError(reason, 'no'));
    state.open = fail;
    for (const waitMs of waits) {
      const before = state.opened.length;
      await expect(Promise.all([read(), read()])).rejects.toMatchObject({ reason });
      state.nowMs += waitMs - 1;
      await expect(read()).rejects.toMatchObject({ reason });
      expect(state.opened).toHaveLength(before + 1);
      state.nowMs += 1;
    }
    state.open = async () => undefined;
    await read();
    state.isRunning = false;
    state.open = fail;
    state.nowMs += 1000;
    await expect(read()).rejects.toMatchObject({ reason });
    state.nowMs += 1000;
    const before = state.opened.length;
    await expect(read()).rejects.toMatchObject({ reason });
    expect(state.opened).toHaveLength(before + 1);
  });

  it('does not try at each question what could not be opened', async () => {
    const { state, read } = world({ retryMs: 1000 });
    state.open = () => Promise.reject(new KernelError('not-up-yet', 'it boots'));
    await expect(read()).rejects.toMatchObject({ reason: 'not-up-yet' });
    await expect(read()).rejects.toMatchObject({ reason: 'not-up-yet' });
    expect(state.opened).toEqual([20]);
    state.nowMs = 1000;
    state.open = async () => undefined;
    expect(await read()).toEqual(LOOKED);
  });

  it('uses nothing of a process that became another one while it was opened, or since', async () => {
    const { state, read } = world();
    state.open = async () => void (state.isSame = false);
    await expect(read()).rejects.toMatchObject({ reason: 'domain-changed' });
    expect(state.closed).toEqual([20]);
    state.open = async () => undefined;
    state.isSame = true;
    await read();
    state.isSame = false;
    await expect(read()).rejects.toMatchObject({ reason: 'domain-changed' });
    await expect.poll(() => state.closed).toEqual([20, 20]);
  });

  it('opens one after the other, and not what nobody waits for any more', async () => {
    const { state, read } = world();
    const first = Promise.withResolvers<void>();
    state.open = () => first.promise;
    const gone = new AbortController();
    const [one, two] = [read(20), read(30, gone.signal)];
    await expect.poll(() => state.opened).toEqual([20]);
    gone.abort(new Error('gone'));
    first.resolve();
    await one;
    await expect(two).rejects.toThrow('gone');
    expect(state.opened).toEqual([20]);
  });

  it('does not let one that has gone take the guest from another that waits for it', async () => {
    const { state, read } = world();
    const first = Promise.withResolvers<void>();
    state.open = () => first.promise;
    const gone = new AbortController();
    const [before, leaves, waits] = [read(20), read(30, gone.signal), read(30)];
    await expect.poll(() => state.opened).toEqual([20]);
    gone.abort(new Error('gone'));
    first.resolve();
    await before;
    await expect(leaves).rejects.toThrow('gone');
    expect(await waits).toEqual(LOOKED);
  });

  it('keeps as many open as it may at the moment', async () => {
    let most = 2;
    const { state, read } = world({ mostOpen: async () => most });
    for (const pid of [20, 30, 20, 40]) await read(pid);
    await expect.poll(() => state.closed).toEqual([30]);
    most = 3;
    await read(30);
    expect(state.opened).toEqual([20, 30, 40, 30]);
    most = 0;
    await read(50);
    await expect.poll(() => state.closed.toSorted()).toEqual([20, 30, 30, 40]);
  });

  it('keeps all of many guests open', async () => {
    const { state, read } = world();
    const pids = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const pid of [...pids, ...pids]) await read(pid);
    expect([state.opened, state.closed]).toEqual([pids, []]);
  });
});
