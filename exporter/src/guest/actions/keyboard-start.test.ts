import { describe, expect, test } from 'vitest';
import { healDomain } from './heal.ts';
import { startByKeyboard } from './keyboard-start.ts';
import { FAST, simulateGuest } from './testing/simulated-guest.ts';
import { DOMAIN, reasonOf, simulatedHealTools, simulatedTools } from './testing/simulated-tools.ts';

const COMMAND = ['/usr/bin/systemctl', 'restart', 'nginx.service'];

describe('a start by the keyboard', () => {
  test('runs the command once, tells its process, and leaves the guest as it was', async () => {
    const guest = simulateGuest({ ...FAST, run: () => 1000 });
    const before = guest.hooked();
    const result = await startByKeyboard(simulatedTools(guest), COMMAND);
    expect(result.started).toBe('seen');
    expect(result.process?.pid).toBeGreaterThan(1);
    expect(guest.happened).toMatchObject({ ran: ['/usr/bin/systemctl restart nginx.service'], restarts: [], powerOffs: 0 });
    expect(guest.hooked()).toBe(before);
    expect(guest.journal.domains()).toEqual([]);
  });

  test('a program that has ended before it could be looked for was still seen to be started', async () => {
    const guest = simulateGuest({ ...FAST, run: () => 0 });
    const result = await startByKeyboard(simulatedTools(guest), ['/bin/touch', '/tmp/a']);
    expect(result).toMatchObject({ started: 'seen', process: null });
  });

  test('the second start is seen although the work item looks as it did before', async () => {
    const guest = simulateGuest();
    await startByKeyboard(simulatedTools(guest), COMMAND);
    expect(await startByKeyboard(simulatedTools(guest), ['/bin/touch', '/tmp/b'])).toMatchObject({ started: 'seen' });
    expect(guest.happened.ran).toHaveLength(2);
  });

  test('a guest that takes 5 s for each key is waited for; the hook is there as long', async () => {
    let keys = 0;
    // Ctrl and Alt in time, the rest late.
    const guest = simulateGuest({ ...FAST, key: () => (++keys <= 2 ? 5 : 3000), pickUp: () => 4000, read: () => 2000 });
    const before = guest.hooked();
    const result = await startByKeyboard(simulatedTools(guest), COMMAND);
    expect(guest.happened).toMatchObject({ ran: [COMMAND.join(' ')], restarts: [], powerOffs: 0 });
    expect(guest.hooked()).toBe(before);
    expect(result.heldMs).toBeGreaterThan(12_000);
  });

  test.each([
    ['no driver', (guest: ReturnType<typeof simulateGuest>) => (guest.settings.hasDriver = false)],
    ['no keyboard', (guest: ReturnType<typeof simulateGuest>) => (guest.settings.hasKeyboard = false)],
  ])('with %s nothing is written', async (_name, prepare) => {
    const guest = simulateGuest();
    prepare(guest);
    const before = guest.hooked();
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe('keyboard-dead');
    guest.pass(100_000);
    expect(guest.hooked()).toBe(before);
    expect(guest.journal.domains()).toEqual([]);
  });

  test('a guest too slow for Ctrl and Alt gets them up again and is not touched, whenever it handles them', async () => {
    const guest = simulateGuest({ ...FAST, key: () => 30_000 });
    const before = guest.hooked();
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe('keyboard-dead');
    guest.pass(200_000);
    expect(guest.happened.keysHandled).toBe(4);
    expect(guest.hooked()).toBe(before);
  });

  test('a lost fence leaves the hook with a harmless command, and healing waits until the guest has handled the keys', async () => {
    let keys = 0;
    const guest = simulateGuest({ ...FAST, key: () => (++keys <= 2 ? 5 : 60_000) });
    const before = guest.hooked();
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe('fence-lost');
    expect(guest.hooked()).not.toBe(before);
    expect(guest.kernel.readText(guest.kernel.symbol('poweroff_cmd'))).toBe('/bin/true');
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason: 'fence-lost' });
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe('journal-unhealed');
    guest.pass(400_000);
    expect(guest.happened).toMatchObject({ ran: ['/bin/true'], restarts: [], powerOffs: 0 });
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'healed' });
    expect(guest.hooked()).toBe(before);
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'clean' });
  });

  test('the original command, which powers off, is not restored while a worker has not read ours yet', async () => {
    const guest = simulateGuest({ ...FAST, read: () => 6000 });
    const before = guest.hooked();
    await startByKeyboard(simulatedTools(guest), COMMAND);
    expect(guest.happened).toMatchObject({ ran: [COMMAND.join(' ')], powerOffs: 0 });
    expect(guest.hooked()).toBe(before);
  });

  test('a work queue that does not get to it keeps the hook, and healing takes it back later', async () => {
    const guest = simulateGuest({ ...FAST, pickUp: () => 100_000 });
    const before = guest.hooked();
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe('work-stuck');
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason: 'work-stuck' });
    guest.pass(100_000);
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'healed' });
    expect(guest.happened).toMatchObject({ ran: ['/bin/true'], restarts: [], powerOffs: 0 });
    expect(guest.hooked()).toBe(before);
  });

  test('keys that end at a console which does not follow them leave the guest as it was', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    // The console changes after the rules were asked.
    guest.settings.keyboardMode = 2;
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe('not-started');
    expect(guest.hooked()).toBe(before);
    expect(guest.journal.domains()).toEqual([]);
  });

  test('keys that QEMU takes no more are released and the hook is taken back', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = simulatedTools(guest);
    let calls = 0;
    const monitor = {
      ...tools.monitor,
      execute: async (command: string, args?: Record<string, unknown>) => {
        if (command === 'input-send-event' && ++calls === 2) throw new Error('monitor closed');
        return tools.monitor.execute(command, args);
      },
    };
    expect(await reasonOf(startByKeyboard({ ...tools, monitor }, COMMAND))).toBe('monitor-failed');
    expect(guest.hooked()).toBe(before);
    expect(guest.happened).toMatchObject({ ran: [], restarts: [] });
    expect(guest.journal.domains()).toEqual([]);
  });

  test('what the guest itself chose for Ctrl-Alt-Del meanwhile stays', async () => {
    const guest = simulateGuest({ ...FAST, pickUp: () => 500 });
    const tools = simulatedTools(guest);
    const monitor = {
      ...tools.monitor,
      execute: async (command: string, args?: Record<string, unknown>) => {
        const answer = await tools.monitor.execute(command, args);
        if (JSON.stringify(args ?? {}).includes('delete')) guest.set32('C_A_D', 2);
        return answer;
      },
    };
    await startByKeyboard({ ...tools, monitor }, COMMAND);
    expect(guest.get32('C_A_D')).toBe(2);
    expect(guest.journal.domains()).toEqual([]);
  });

  test('a journal that cannot be written stops it before anything is done', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = simulatedTools(guest);
    const journal = {
      ...tools.journal,
      write: () => {
        throw new Error('no space left');
      },
    };
    expect(await reasonOf(startByKeyboard({ ...tools, journal }, COMMAND))).toBe('journal-failed');
    expect(guest.happened.keysHandled).toBe(0);
    expect(guest.hooked()).toBe(before);
  });

  test('a guest that is another kernel than the one that was found is refused', async () => {
    const guest = simulateGuest();
    const tools = simulatedTools(guest);
    expect(await reasonOf(startByKeyboard({ ...tools, kernel: { ...tools.kernel, verify: () => false } }, COMMAND))).toBe('inconsistent');
  });

  test('nothing is ever written to a guest that restarts in the middle; what the journal says is dropped', async () => {
    const guest = simulateGuest({ ...FAST, pickUp: () => 500 });
    const tools = simulatedTools(guest);
    let isRestarted = false;
    const kernel = { ...tools.kernel, verify: () => !isRestarted };
    const monitor = {
      ...tools.monitor,
      execute: async (command: string, args?: Record<string, unknown>) => {
        const answer = await tools.monitor.execute(command, args);
        isRestarted ||= JSON.stringify(args ?? {}).includes('delete');
        return answer;
      },
    };
    const written = guest.operations();
    expect(await reasonOf(startByKeyboard({ ...tools, kernel, monitor }, COMMAND))).toBe('guest-changed');
    expect(guest.operations()).toBeGreaterThan(written);
    guest.set64('phys_base', 0x2000_0000n);
    const then = guest.hooked();
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'dropped' });
    expect(guest.hooked()).toBe(then);
    expect(guest.journal.read(DOMAIN.uuid)).toBeNull();
  });
});
