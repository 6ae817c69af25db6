import type { HookTarget } from './hook.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Journal } from './journal.ts';
import { restore } from './undo.ts';
import type { UndoTools } from './undo.ts';

/**
 * Ticks of the guest's kernel, from when SysRq-F is no longer allowed, after which no key can be on its way any more: the kernel forgets
 * a BREAK after 5 s, and looks at the permission in the same interrupt as it queues the work. 15 s at 1000 ticks a second, more at less.
 */
const QUIET_JIFFIES = 15_000n;

/**
 * Forbids SysRq-F again and notes when, for a key that was not seen to be taken.
 *
 * @returns the entry as it is in the journal now
 * @throws ActionFailed
 */
export function closeGate(tools: UndoTools, journal: Journal, hook: HookTarget, entry: JournalEntry): JournalEntry {
  restore(tools, entry, hook.gate.place);
  const closed = { ...entry, closedAtJiffies: tools.kernel.readU64(tools.kernel.symbol('jiffies_64')) };
  journal.write(closed);
  return closed;
}

/** Whether no key can be on its way any more. */
export function isQuiet(tools: UndoTools, entry: JournalEntry): boolean {
  const now = tools.kernel.readU64(tools.kernel.symbol('jiffies_64'));
  return entry.closedAtJiffies !== null && now !== null && now - entry.closedAtJiffies >= QUIET_JIFFIES;
}
