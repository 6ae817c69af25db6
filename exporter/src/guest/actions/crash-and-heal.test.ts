import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ActionFailed, ActionRefused } from './action-error.ts';
import { healDomain } from './heal.ts';
import type { HealOutcome } from './heal.ts';
import { startByKeyboard } from './keyboard-start.ts';
import { Killed, simulateGuest } from './testing/simulated-guest.ts';
import type { GuestSpeed, SimulatedGuest } from './testing/simulated-guest.ts';
import { simulatedHealTools, simulatedTools } from './testing/simulated-tools.ts';
import { startBySysrq } from './sysrq-start.ts';

const COMMAND = ['/usr/bin/systemctl', 'restart', 'nginx.service'];
const ALLOWED = new Set([COMMAND.join(' '), '/bin/true']);
const MOST_DELAY_MS = 40_000;
/** A start has somewhat fewer writes, commands of the monitor and changes of the journal. */
const MOST_OPERATIONS = 36;

/** Delays that are mostly short and now and then very long, one after the other out of a list. */
const speeds: fc.Arbitrary<GuestSpeed> = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 20 }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: MOST_DELAY_MS }) }), { minLength: 8, maxLength: 24 })
  .map((delays) => {
    let at = 0;
    const next = () => delays[at++ % delays.length] ?? 0;
    return { key: next, pickUp: next, read: next, run: next };
  });

type Start = (guest: SimulatedGuest) => Promise<unknown>;
// Short limits, so that guests are often too slow for them.
const byKeyboard: Start = (guest) => startByKeyboard(simulatedTools(guest), COMMAND, { modifiersMs: 1000, fenceMs: 2000, workMs: 2000 });
const bySysrq: Start = (guest) => startBySysrq(simulatedTools(guest), guest, COMMAND, { keyMs: 2000, fenceMs: 2000, workMs: 2000 });

async function run(start: Start, guest: SimulatedGuest): Promise<unknown> {
  try {
    return await start(guest);
  } catch (error) {
    if (error instanceof Killed || error instanceof ActionFailed || error instanceof ActionRefused) return error;
    throw error;
  }
}

/** Heals with pauses until nothing is left; the guest handles all keys in that time. */
async function healAll(guest: SimulatedGuest): Promise<HealOutcome> {
  let outcome: HealOutcome = { domain: '', result: 'left', reason: null, text: '' };
  for (let tries = 0; tries < 60 && outcome.result === 'left'; tries++) {
    outcome = await healDomain(simulatedHealTools(guest));
    guest.pass(10_000);
  }
  return outcome;
}

function expectUnharmed(guest: SimulatedGuest): void {
  expect(guest.happened).toMatchObject({ restarts: [], powerOffs: 0, oomKills: 0 });
  for (const command of guest.happened.ran) expect(ALLOWED).toContain(command);
}

describe.each([
  ['keyboard', byKeyboard],
  ['serial console', bySysrq],
])('by the %s', (_name, start) => {
  test('however slow the guest is, the hook is never gone before the key was handled', async () => {
    await fc.assert(
      fc.asyncProperty(speeds, async (speed) => {
        const guest = simulateGuest(speed);
        const before = guest.hooked();
        const result = await run(start, guest);
        const isLeft = result instanceof ActionFailed && result.left;
        expect(guest.journal.domains()).toHaveLength(isLeft ? 1 : 0);
        guest.pass(10 * MOST_DELAY_MS);
        expectUnharmed(guest);
        if (!isLeft) expect(guest.hooked()).toBe(before);
        expect((await healAll(guest)).result).toBe(isLeft ? 'healed' : 'clean');
        guest.pass(10 * MOST_DELAY_MS);
        expectUnharmed(guest);
        expect(guest.hooked()).toBe(before);
      }),
      { numRuns: 60 },
    );
  });

  test('killed at any step and healed later, the guest runs on and is as it was', async () => {
    await fc.assert(
      fc.asyncProperty(speeds, fc.integer({ min: 1, max: MOST_OPERATIONS }), fc.boolean(), fc.integer({ min: 0, max: 2 * MOST_DELAY_MS }), async (speed, killAt, isAfter, pauseMs) => {
        const guest = simulateGuest(speed, { killAt, isAfter });
        const before = guest.hooked();
        await run(start, guest);
        guest.revive();
        guest.pass(pauseMs);
        expect((await healAll(guest)).result).not.toBe('left');
        guest.pass(10 * MOST_DELAY_MS);
        expectUnharmed(guest);
        expect(guest.hooked()).toBe(before);
        expect(guest.journal.domains()).toEqual([]);
        expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'clean' });
      }),
      { numRuns: 100 },
    );
  });

  test('killed while it heals, and healed again, the guest is as it was', async () => {
    await fc.assert(
      fc.asyncProperty(speeds, fc.integer({ min: 1, max: MOST_OPERATIONS }), fc.integer({ min: 1, max: 12 }), fc.boolean(), async (speed, killAt, killAgain, isAfter) => {
        const options = { killAt, isAfter };
        const guest = simulateGuest(speed, options);
        const before = guest.hooked();
        await run(start, guest);
        guest.revive();
        options.killAt = guest.operations() + killAgain;
        await healDomain(simulatedHealTools(guest)).catch(() => undefined);
        guest.revive();
        expect((await healAll(guest)).result).not.toBe('left');
        guest.pass(10 * MOST_DELAY_MS);
        expectUnharmed(guest);
        expect(guest.hooked()).toBe(before);
      }),
      { numRuns: 60 },
    );
  });
});

test('a hook that is undone too early does restart the simulated guest', async () => {
  const guest = simulateGuest({ key: () => 50, pickUp: () => 1, read: () => 1, run: () => 1 });
  const keys = [['ctrl', true], ['alt', true], ['delete', true], ['delete', false], ['alt', false], ['ctrl', false]];
  await guest.monitor.execute('input-send-event', { events: keys.map(([data, down]) => ({ data: { down, key: { data } } })) });
  guest.pass(1000);
  expect(guest.happened.restarts).toEqual(['SIGINT to process 1']);
});

test('a key on the serial console that comes after the function was restored does kill in the simulated guest', async () => {
  const guest = simulateGuest();
  guest.set32('sysrq_enabled', 0x1f6);
  await guest.breakAndType('f');
  guest.pass(1000);
  expect(guest.happened.oomKills).toBe(1);
});
