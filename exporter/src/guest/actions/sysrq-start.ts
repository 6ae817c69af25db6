import { ActionFailed, ActionRefused, messageOf } from './action-error.ts';
import { waitUntil } from './clock.ts';
import { install, journalize, prepareHook } from './hook-start.ts';
import { sysrqTarget } from './hook.ts';
import type { ActionTools, StartResult } from './tools.ts';
import { closeGate } from './sysrq-gate.ts';
import { undoHook } from './undo.ts';

/** The serial line that is the guest kernel's console. */
export interface SerialConsole {
  /** Sends a BREAK and then, within 5 s (after that the kernel forgets the BREAK), the text. */
  breakAndType(text: string): Promise<void>;
}

export interface SysrqLimits {
  /** Until the guest was seen to have taken the key. */
  readonly keyMs: number;
  readonly workMs: number;
}

export const SYSRQ_LIMITS: SysrqLimits = { keyMs: 5000, workMs: 15_000 };
const POLL_MS = 1;

/**
 * Starts a command in a guest that has no working keyboard: what SysRq-F (kill the largest process) does is changed to running the
 * command, SysRq-F is allowed, and BREAK and F go to the serial console.
 *
 * A key that came late, with the function restored and SysRq-F allowed, would kill a process. So it is only done where the guest does not
 * allow SysRq-F by itself; the permission is taken back first; and the function only where the guest was seen to have taken the key. Else
 * it stays, with a harmless command, until `heal` finds that long enough has passed.
 *
 * @throws ActionRefused the guest is as it was
 * @throws ActionFailed with `left` where something stays until `heal` takes it back
 */
export async function startBySysrq(tools: ActionTools, console: SerialConsole | null, command: readonly string[], limits: SysrqLimits = SYSRQ_LIMITS): Promise<StartResult> {
  const began = tools.clock.now();
  const prepared = await prepareHook(tools, 'sysrq', () => sysrqTarget(tools.kernel), command);
  if (console === null) throw new ActionRefused('no-serial-console', 'the domain has no serial console that can be written to');
  journalize(tools, prepared.entry);
  const written = tools.clock.now();
  let problem: Error | null = null;
  try {
    install(tools, prepared.entry);
    await console.breakAndType('f');
  } catch (error) {
    problem = error instanceof ActionFailed ? error : new ActionFailed('monitor-failed', `the serial console did not take the keys: ${messageOf(error)}`, { left: true, cause: error });
  }
  const isSeen = () => {
    prepared.watch.look();
    return prepared.watch.isSeen;
  };
  if (!(await waitUntil(tools.clock, problem === null ? limits.keyMs : 0, POLL_MS, isSeen))) closeGate(prepared.undo, tools.journal, prepared.hook, prepared.entry);
  await undoHook(prepared.undo, prepared.hook, prepared.entry, isSeen, { fenceMs: 0, workMs: limits.workMs });
  tools.journal.remove(tools.domain.uuid);
  const ended = tools.clock.now();
  if (problem !== null) throw problem;
  const result = prepared.watch.result();
  if (result === null) throw new ActionFailed('not-started', 'the guest took the key and did not start the command; it is as it was', { left: false });
  return { ...result, heldMs: ended - written, totalMs: ended - began };
}
