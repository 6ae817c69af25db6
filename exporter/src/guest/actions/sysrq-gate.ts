import type { Kernel } from '../kernel/kernel.ts';
import type { HookTarget } from './hook.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Journal } from './journal.ts';
import { restore } from './undo.ts';
import type { UndoTools } from './undo.ts';

/** Lowest bits of a grace period's number: they tell that one is under way (RCU_SEQ_STATE_MASK). */
const UNDER_WAY = 3n;

/**
 * Forbids SysRq-F again. A key that comes from now on is refused by the guest; one that it is just working on may still queue the work.
 * That ends with RCU's next whole grace period, as the kernel looks at the permission and acts on it in one RCU read section
 * (`__handle_sysrq`). Its number is noted.
 *
 * @returns the entry as it is in the journal now
 * @throws ActionFailed
 */
export function closeGate(tools: UndoTools, journal: Journal, hook: HookTarget, entry: JournalEntry): JournalEntry {
  restore(tools, entry, hook.gate.place);
  const now = readGracePeriod(tools.kernel);
  // As rcu_seq_snap: the end of a grace period that has not begun yet.
  const closed = { ...entry, gracePeriod: now === null ? null : BigInt.asUintN(64, now + 2n * UNDER_WAY + 1n) & ~UNDER_WAY };
  journal.write(closed);
  return closed;
}

/** Whether no key can queue the work any more. */
export function isQuiet(tools: UndoTools, entry: JournalEntry): boolean {
  const now = readGracePeriod(tools.kernel);
  return entry.gracePeriod !== null && now !== null && BigInt.asIntN(64, now - entry.gracePeriod) >= 0n;
}

/** @throws GuestError where the kernel lacks it */
export function readGracePeriod(kernel: Kernel): bigint | null {
  return kernel.readU64(kernel.symbol('rcu_state') + BigInt(kernel.offsetOf('rcu_state', 'gp_seq')));
}
