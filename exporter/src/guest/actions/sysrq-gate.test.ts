import { describe, expect, test } from 'vitest';
import { sysrqTarget } from './hook.ts';
import type { JournalEntry } from './journal-entry.ts';
import { closeGate, isQuiet } from './sysrq-gate.ts';
import { simulateGuest } from './testing/simulated-guest.ts';
import { DOMAIN } from './testing/simulated-tools.ts';

function setUp() {
  const { kernel, writer, clock, journal, set64, get32, set32 } = simulateGuest();
  const hook = sysrqTarget(kernel);
  const [before, after] = [Buffer.alloc(4), Buffer.alloc(4)];
  before.writeInt32LE(0x1b6);
  after.writeInt32LE(0x1f6);
  const entry: JournalEntry = {
    domain: DOMAIN.uuid, kind: 'sysrq-start', openedAt: '2026-01-01T00:00:00Z', qemuPid: 1, qemuStartTicks: 1, boot: 'ab'.repeat(32), work: hook.work, hookFunction: hook.hookFunction,
    writes: [{ place: 'sysrq-mask', address: hook.gate.address, before, after }], gdbSocket: null, gracePeriod: null,
  };
  const undo = { kernel, writer, clock, workState: () => 'idle' as const };
  return { undo, journal, hook, entry, setGracePeriod: (number: bigint) => set64('rcu_state', number, 8n), get32, set32 };
}

describe('the gate of SysRq-F', () => {
  // Numbers of grace periods as RCU has them: the two lowest bits tell that one is under way.
  test.each([
    ['none is under way: the next one has to end', 8n, 12n],
    ['one is under way, which may have begun before the key: the one after it has to end', 9n, 16n],
    ['numbers run over', 2n ** 64n - 4n, 0n],
  ])('%s', (_what, now, wanted) => {
    const { undo, journal, hook, entry, setGracePeriod, get32, set32 } = setUp();
    set32('sysrq_enabled', 0x1f6);
    setGracePeriod(now);
    const closed = closeGate(undo, journal, hook, entry);
    expect([get32('sysrq_enabled'), closed.gracePeriod]).toEqual([0x1b6, wanted]);
    expect(journal.read(DOMAIN.uuid)?.gracePeriod).toBe(wanted);
    for (const [number, isOver] of [[now, false], [BigInt.asUintN(64, wanted - 1n), false], [wanted, true], [wanted + 4n, true]] as const) {
      setGracePeriod(number);
      expect(isQuiet(undo, closed)).toBe(isOver);
    }
  });

  test('is not known to be quiet before it was closed', () => {
    const { undo, entry } = setUp();
    expect(isQuiet(undo, entry)).toBe(false);
  });
});
