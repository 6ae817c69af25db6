import { ActionFailed, ActionRefused, messageOf } from './action-error.ts';
import { waitUntil } from './clock.ts';
import { install, journalize, prepareHook } from './hook-start.ts';
import type { PreparedHook } from './hook-start.ts';
import { keyboardTarget } from './hook.ts';
import { CTRL_AND_ALT, pressDeleteAndRelease, pressModifiers, releaseModifiers } from './keys.ts';
import { requireMayAct } from './tools.ts';
import type { ActionTools, StartResult } from './tools.ts';
import { undoHook } from './undo.ts';

/** How long each step may take, milliseconds. */
export interface KeyboardLimits {
  /** Until the guest has seen Ctrl and Alt. */
  readonly modifiersMs: number;
  /** Until it has seen them go up again: the fence. */
  readonly fenceMs: number;
  /** Until it has begun the command, and until it has ended its start. */
  readonly workMs: number;
}

export const KEYBOARD_LIMITS: KeyboardLimits = { modifiersMs: 2000, fenceMs: 15_000, workMs: 15_000 };
const POLL_MS = 1;

/**
 * Starts a command in the guest as its root, without stopping a processor: what Ctrl-Alt-Del does is changed for some milliseconds to
 * running the command, and the keys are pressed.
 *
 * Ctrl and Alt go down first, and the guest has to be seen to notice (`shift_state`): nothing is written before. Then the hook is written and
 * Delete goes down and up, then Alt and Ctrl up. Keys are handled in order, so once the modifiers are seen up, Delete has been handled:
 * the fence. Only behind it the hook is taken back.
 *
 * @throws ActionRefused the guest is as it was
 * @throws ActionFailed with `left` where something stays until `heal` takes it back
 */
export async function startByKeyboard(tools: ActionTools, command: readonly string[], limits: KeyboardLimits = KEYBOARD_LIMITS): Promise<StartResult> {
  const began = tools.clock.now();
  const prepared = await prepareHook(tools, 'keyboard', () => keyboardTarget(tools.kernel), command);
  const shiftState = tools.kernel.symbol('shift_state');
  const modifiers = () => tools.kernel.readU32(shiftState);
  requireMayAct(tools);
  journalize(tools, prepared.entry);
  await holdModifiers(tools, limits, modifiers);
  const written = tools.clock.now();
  const isFenced = () => {
    prepared.watch.look();
    const state = modifiers();
    return state !== null && (state & CTRL_AND_ALT) === 0;
  };
  const problem = await trigger(tools, prepared);
  await undoHook(prepared.undo, prepared.hook, prepared.entry, isFenced, limits);
  tools.journal.remove(tools.domain.uuid);
  const ended = tools.clock.now();
  if (problem !== null) throw problem;
  const result = prepared.watch.result();
  if (result === null) throw new ActionFailed('not-started', 'the guest handled the keys and did not start the command; it is as it was', { left: false });
  return { ...result, heldMs: ended - written, totalMs: ended - began };
}

/** Ctrl and Alt down, and seen by the guest; else up again and refused. */
async function holdModifiers(tools: ActionTools, limits: KeyboardLimits, modifiers: () => number | null): Promise<void> {
  let pressed: unknown = null;
  try {
    await pressModifiers(tools.monitor);
  } catch (error) {
    pressed = error;
  }
  if (pressed === null && (await waitUntil(tools.clock, limits.modifiersMs, POLL_MS, () => modifiers() === CTRL_AND_ALT))) return;
  try {
    await releaseModifiers(tools.monitor);
  } catch (error) {
    if (pressed === null || !isWithoutKeyboard(pressed)) {
      throw new ActionFailed('monitor-failed', `Ctrl and Alt may be down in the guest: ${messageOf(error)}`, { left: true, cause: error });
    }
  }
  tools.journal.remove(tools.domain.uuid);
  if (pressed !== null && !isWithoutKeyboard(pressed)) throw new ActionFailed('monitor-failed', `QEMU did not take the keys: ${messageOf(pressed)}`, { left: false, cause: pressed });
  throw new ActionRefused('keyboard-dead', 'the guest did not notice Ctrl and Alt: it has no keyboard driver, no keyboard, or is too slow; nothing was written', { cause: pressed });
}

function isWithoutKeyboard(error: unknown): boolean {
  return /input handler not found/i.test(messageOf(error));
}

/**
 * Writes the hook and presses Delete. Whatever goes wrong, the modifiers are sent up, so that the fence can be reached.
 *
 * @returns what went wrong, after which the hook is to be taken back just the same; null: nothing
 */
async function trigger(tools: ActionTools, prepared: PreparedHook): Promise<Error | null> {
  try {
    await prepared.recheck();
    requireMayAct(tools);
    install(tools, prepared.entry);
    await pressDeleteAndRelease(tools.monitor);
    return null;
  } catch (error) {
    await releaseModifiers(tools.monitor).catch(() => undefined);
    if (error instanceof ActionRefused) return error;
    if (error instanceof ActionFailed) return new ActionFailed(error.reason, error.message, { left: false, cause: error });
    return new ActionFailed('monitor-failed', `QEMU did not take the keys: ${messageOf(error)}`, { left: false, cause: error });
  }
}
