import type { Kernel } from '../kernel/kernel.ts';
import { ActionFailed } from './action-error.ts';
import { waitUntil } from './clock.ts';
import type { Clock } from './clock.ts';
import { harmlessCommand } from './hook.ts';
import type { HookTarget } from './hook.ts';
import type { HookPlace, JournalEntry, JournalWrite } from './journal-entry.ts';
import type { KernelWriter } from './kernel-writer.ts';
import type { WorkState } from './running-work.ts';

/** What taking a hook back works with. */
export interface UndoTools {
  readonly kernel: Kernel;
  readonly writer: KernelWriter;
  readonly clock: Clock;
  readonly workState: (work: bigint, functionAddress: bigint) => WorkState;
}

/** How long it waits for the guest, milliseconds. */
export interface UndoLimits {
  /** For the guest to have handled the keys. */
  readonly fenceMs: number;
  /** For the guest to have begun and ended the work. */
  readonly workMs: number;
}

const POLL_MS = 1;

/**
 * Takes a hook out of the guest, each step only when the one before makes it safe:
 *
 * 1. The fence: no key of ours can come any more. A Ctrl-Alt-Del that came after the hook is gone would restart the guest, so without the
 *    fence nothing is taken back; the hook stays, with a harmless command.
 * 2. The gate is closed as it was.
 * 3. The work item is not pending: a worker has it and knows its function, or it was never used.
 * 4. The function is as it was: no new run can reach ours.
 * 5. No worker runs ours: nobody will read the command any more. The original command is the one that powers off.
 * 6. The command is as it was.
 *
 * It can be done again at any time, from any state.
 *
 * @param isFenced whether no key of ours can come any more
 * @throws ActionFailed `fence-lost`, `work-stuck`, `changed-by-others`, `guest-changed`, `write-failed`, always with `left`
 */
export async function undoHook(tools: UndoTools, hook: HookTarget, entry: JournalEntry, isFenced: () => boolean, limits: UndoLimits): Promise<void> {
  const { kernel, clock } = tools;
  if (!(await waitUntil(clock, limits.fenceMs, POLL_MS, isFenced))) {
    makeHarmless(tools, entry);
    throw new ActionFailed('fence-lost', 'the guest has not handled the keys yet: what they do stays changed, with a harmless command, until it has (taking it back now could restart the guest)', { left: true });
  }
  restore(tools, entry, hook.gate.place);
  const isTaken = () => {
    const data = kernel.readU64(hook.dataPlace);
    return data !== null && (data & 1n) === 0n;
  };
  if (!(await waitUntil(clock, limits.workMs, POLL_MS, isTaken))) stuck(tools, entry);
  restore(tools, entry, 'function');
  if (!(await waitUntil(clock, limits.workMs, POLL_MS, () => tools.workState(hook.work, hook.hookFunction) === 'idle'))) stuck(tools, entry);
  restore(tools, entry, 'command');
}

function stuck(tools: UndoTools, entry: JournalEntry): never {
  makeHarmless(tools, entry);
  throw new ActionFailed('work-stuck', "the guest's work queue does not get to the command, or does not end it: it stays hooked, with a harmless command", { left: true });
}

/** Puts the harmless command where ours still is. */
function makeHarmless(tools: UndoTools, entry: JournalEntry): void {
  const write = entry.writes.find(({ place }) => place === 'command');
  if (write === undefined || !readPlace(tools, write).equals(write.after)) return;
  tools.writer.write(write.address, harmlessCommand());
}

/** Restores one place, only where it still holds what we wrote. */
export function restore(tools: UndoTools, entry: JournalEntry, place: HookPlace): void {
  const write = entry.writes.find((candidate) => candidate.place === place);
  if (write === undefined) return;
  const now = readPlace(tools, write);
  if (now.equals(write.before)) return;
  if (!now.equals(write.after) && !(place === 'command' && now.equals(harmlessCommand()))) {
    // Ctrl-Alt-Del may be switched by the guest's own init at any time: what it chose stays.
    if (place === 'ctrl-alt-del') return;
    throw new ActionFailed('changed-by-others', `somebody else changed ${place} in the guest: it is left as it is`, { left: true });
  }
  tools.writer.write(write.address, write.before);
}

function readPlace(tools: UndoTools, write: JournalWrite): Buffer {
  const now = Buffer.alloc(write.before.length);
  if (!tools.kernel.verify() || !tools.kernel.read(write.address, now)) {
    throw new ActionFailed('guest-changed', "the guest's kernel is not the one any more that was hooked, or cannot be read", { left: true });
  }
  return now;
}
