import { describe, expect, test } from 'vitest';
import { keyboardTarget, planWrites } from './hook.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { WorkState } from './running-work.ts';
import { simulateGuest } from './testing/simulated-guest.ts';
import { DOMAIN, reasonOf } from './testing/simulated-tools.ts';
import { undoHook } from './undo.ts';

const LIMITS = { fenceMs: 10, workMs: 10 };

/** A guest in which the hook was written. */
function hookedGuest() {
  const guest = simulateGuest();
  const { kernel, writer } = guest;
  const hook = keyboardTarget(kernel);
  const command = Buffer.alloc(256);
  command.write('/bin/ours');
  const writes = planWrites(kernel, hook, command);
  const entry: JournalEntry = { domain: DOMAIN.uuid, kind: 'keyboard-start', openedAt: '2026-01-01T00:00:00Z', qemuPid: 1, qemuStartTicks: 1, boot: 'ab'.repeat(32), work: hook.work, hookFunction: hook.hookFunction, writes, gdbSocket: null, gracePeriod: null };
  const before = guest.hooked();
  for (const { address, after } of writes) writer.write(address, after);
  const undo = (state: WorkState, isFenced = true) => undoHook({ kernel, writer, clock: guest.clock, workState: () => state }, hook, entry, () => isFenced, LIMITS);
  return { guest, before, undo, command: () => kernel.readText(hook.command), original: () => kernel.readU64(hook.functionPlace) === hook.original };
}

describe('taking a hook back', () => {
  test('leaves the guest as it was, and does nothing more the second time', async () => {
    const { guest, before, undo } = hookedGuest();
    await undo('idle');
    expect(guest.hooked()).toBe(before);
    await undo('idle');
    expect(guest.hooked()).toBe(before);
  });

  test.each(['running', 'unknown'] as const)('keeps the command, harmless, while what the workers do is %s', async (state) => {
    const { undo, command, original } = hookedGuest();
    expect(await reasonOf(undo(state))).toBe('work-stuck');
    expect([command(), original()]).toEqual(['/bin/true', true]);
  });

  test('waits for a work item that is pending', async () => {
    const { guest, undo, command, original } = hookedGuest();
    guest.set64('cad_work.2', 1n);
    expect(await reasonOf(undo('idle'))).toBe('work-stuck');
    expect([command(), original()]).toEqual(['/bin/true', false]);
  });

  test('writes nothing over a command of somebody else', async () => {
    for (const [state, isFenced, reason] of [['idle', false, 'fence-lost'], ['running', true, 'work-stuck'], ['idle', true, 'changed-by-others']] as const) {
      const { guest, undo, command } = hookedGuest();
      guest.setText('poweroff_cmd', '/sbin/theirs');
      expect(await reasonOf(undo(state, isFenced))).toBe(reason);
      expect(command()).toBe('/sbin/theirs');
    }
  });
});
