import { ActionFailed, ActionRefused, messageOf, refusingGuestErrors } from './action-error.ts';
import { waitUntil } from './clock.ts';
import { install, journalize, prepareHook } from './hook-start.ts';
import { sysrqTarget } from './hook.ts';
import { requireMayAct } from './tools.ts';
import type { ActionTools, StartResult } from './tools.ts';
import { closeGate, isQuiet, readGracePeriod } from './sysrq-gate.ts';
import { undoHook } from './undo.ts';

/** The serial line that is the guest kernel's console. */
export interface SerialConsole {
  /** Sends a BREAK and then, within 5 s (after that the kernel forgets the BREAK), the text. */
  breakAndType(text: string): Promise<void>;
}

export interface SysrqLimits {
  /** Until the guest was seen to have taken the key. */
  readonly keyMs: number;
  /** Until no key can be taken any more: a grace period of RCU. */
  readonly fenceMs: number;
  readonly workMs: number;
}

export const SYSRQ_LIMITS: SysrqLimits = { keyMs: 3000, fenceMs: 15_000, workMs: 15_000 };
const POLL_MS = 1;

/**
 * Starts a command in a guest that has no working keyboard: what SysRq-F (kill the largest process) does is changed to running the
 * command, SysRq-F is allowed, and BREAK and F go to the serial console.
 *
 * A key that came late, with the function restored and SysRq-F allowed, would kill a process. So it is only done where the guest does not
 * allow SysRq-F by itself; the permission is taken back first, from when on a late key is refused; and the function only when a grace period
 * of RCU has ended since: the fence. Without it the function stays, with a harmless command.
 *
 * @throws ActionRefused the guest is as it was
 * @throws ActionFailed with `left` where something stays until `heal` takes it back
 */
export async function startBySysrq(tools: ActionTools, console: SerialConsole | null, command: readonly string[], limits: SysrqLimits = SYSRQ_LIMITS): Promise<StartResult> {
  const began = tools.clock.now();
  const prepared = await prepareHook(tools, 'sysrq', () => sysrqTarget(tools.kernel), command);
  refusingGuestErrors(() => readGracePeriod(tools.kernel));
  if (console === null) throw new ActionRefused('no-serial-console', 'the domain has no serial console that can be written to: it needs one of type pty, and the guest its kernel console on it');
  requireMayAct(tools);
  journalize(tools, prepared.entry);
  const written = tools.clock.now();
  let problem: Error | null = null;
  try {
    install(tools, prepared.entry);
    await console.breakAndType('f');
  } catch (error) {
    problem = error instanceof ActionFailed ? new ActionFailed(error.reason, error.message, { left: false, cause: error }) : new ActionFailed('monitor-failed', `the serial console did not take the keys: ${messageOf(error)}`, { left: false, cause: error });
  }
  const isSeen = () => {
    prepared.watch.look();
    return prepared.watch.isSeen;
  };
  await waitUntil(tools.clock, problem === null ? limits.keyMs : 0, POLL_MS, isSeen);
  const closed = closeGate(prepared.undo, tools.journal, prepared.hook, prepared.entry);
  await undoHook(prepared.undo, prepared.hook, closed, () => isQuiet(prepared.undo, closed), limits);
  tools.journal.remove(tools.domain.uuid);
  const ended = tools.clock.now();
  if (problem !== null) throw problem;
  const result = prepared.watch.result();
  if (result === null) throw new ActionFailed('not-started', 'the guest did not take the key, or did not start the command; it is as it was', { left: false });
  return { ...result, heldMs: ended - written, totalMs: ended - began };
}
