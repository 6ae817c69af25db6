import { describe, expect, test } from 'vitest';
import { startByKeyboard } from './keyboard-start.ts';
import { restartUnit } from './restart-unit.ts';
import { simulateGuest } from './testing/simulated-guest.ts';
import { reasonOf, simulatedTools } from './testing/simulated-tools.ts';

const COMMAND = ['/usr/bin/systemctl', 'restart', 'nginx.service'];

describe('a permission that ends', () => {
  test.each([0, 1])('after it was asked %i times: nothing runs, and the guest is as it was', async (most) => {
    const guest = simulateGuest();
    const before = guest.hooked();
    let asked = 0;
    const mayAct = () => asked++ < most;
    expect(await reasonOf(startByKeyboard({ ...simulatedTools(guest), mayAct }, COMMAND))).toBe('may-not-act');
    guest.pass(100_000);
    expect(guest.happened).toMatchObject({ ran: [], restarts: [], powerOffs: 0 });
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
    expect(asked).toBe(most + 1);
  });

  test('in the middle keeps nothing from being undone', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    let asked = 0;
    // Right before the hook it is there still, and never again.
    await startByKeyboard({ ...simulatedTools(guest), mayAct: () => asked++ < 2 }, COMMAND);
    expect(asked).toBe(2);
    expect(guest.happened.ran).toEqual([COMMAND.join(' ')]);
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
  });
});

describe('a restart in two commands', () => {
  test('tells of the first also where the second is refused', async () => {
    const guest = simulateGuest();
    let asked = 0;
    const ran: string[] = [];
    const unit = { name: 'nginx.service', condition: 'hung' as const, earlier: [], isGone: () => true, onRun: ({ way }: { way: string }) => void ran.push(way) };
    const tools = { ...simulatedTools(guest), mayAct: () => asked++ < 2 };
    const reason = await reasonOf(restartUnit(tools, { order: ['keyboard'], console: null, gdbFolder: null }, unit));
    expect([reason, ran]).toEqual(['may-not-act', ['keyboard']]);
  });
});
