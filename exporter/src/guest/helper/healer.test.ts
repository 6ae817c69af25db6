import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HealOutcome, Journal } from '../actions/index.ts';
import { createProfiles } from '../kernel/profiles.ts';
import { createHealer } from './healer.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';
import { OTHER_UUID, UUID } from './testing/fake-proc.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Real guests are healed in `acting.lab.test.ts`. */
function world(domains: string[]) {
  const state = { domains, running: new Set(domains), healed: [] as string[], result: 'healed' as HealOutcome['result'], logged: [] as string[], until: Promise.resolve() };
  const note = (_values: object, text: string): void => void state.logged.push(text);
  const healer = createHealer({
    journal: { domains: () => state.domains } as Journal,
    finder: { find: async (uuid) => (state.running.has(uuid) ? { uuid, name: 'web', pid: 20, startTicks: 7 } : Promise.reject(new Refusal('domain-not-found', 'off'))), isSame: () => true },
    connect: () => {
      throw new Error('not asked for');
    },
    profiles: createProfiles(),
    runFolder: '/nowhere',
    log: { info: note, warn: note, error: note },
    async healOne({ uuid }: QemuProcess) {
      state.healed.push(uuid);
      await state.until;
      if (state.result === 'healed') state.domains = state.domains.filter((other) => other !== uuid);
      return { domain: uuid, result: state.result, reason: null, text: '' };
    },
  });
  return { state, healer };
}

describe('healing', () => {
  it('goes over all domains at the start, and no more once nothing is left', async () => {
    const { state, healer } = world([UUID, OTHER_UUID]);
    healer.start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(state.healed).toEqual([UUID, OTHER_UUID]);
    expect(state.logged).toEqual(['a guest was healed', 'a guest was healed']);
  });

  it('comes back ever less often while something is left', async () => {
    const { state, healer } = world([UUID]);
    state.result = 'left';
    healer.start();
    const counts: number[] = [];
    for (const seconds of [1, 5, 10, 20, 40, 60, 60]) {
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      counts.push(state.healed.length);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7]);
    state.result = 'healed';
    await vi.advanceTimersByTimeAsync(600_000);
    expect(state.healed).toHaveLength(8);
  });

  it('leaves domains alone that do not run here, and those that an action is under way in', async () => {
    const { state, healer } = world([UUID, OTHER_UUID]);
    state.running.delete(OTHER_UUID);
    const release = healer.hold(UUID);
    healer.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state.healed).toEqual([]);
    release();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(state.healed).toEqual([UUID]);
  });

  it('is done once for all that wait for it', async () => {
    const { state, healer } = world([UUID]);
    const gate = Promise.withResolvers<void>();
    state.until = gate.promise;
    const qemu = { uuid: UUID, name: 'web', pid: 20, startTicks: 7 };
    const both = Promise.all([healer.heal(qemu), healer.heal(qemu)]);
    gate.resolve();
    expect((await both).map(({ result }) => result)).toEqual(['healed', 'healed']);
    expect(state.healed).toEqual([UUID]);
  });

  it('ends with the healing that is under way', async () => {
    const { state, healer } = world([UUID, OTHER_UUID]);
    const gate = Promise.withResolvers<void>();
    state.until = gate.promise;
    healer.start();
    await vi.advanceTimersByTimeAsync(1);
    let isStopped = false;
    const stopped = healer.stop().then(() => (isStopped = true));
    await vi.advanceTimersByTimeAsync(1);
    expect(isStopped).toBe(false);
    gate.resolve();
    await stopped;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(state.healed).toEqual([UUID]);
  });
});
