import type { Kernel } from '../kernel/kernel.ts';
import type { Monitor } from '../memory/memory.ts';
import { GuestError } from '../error.ts';
import { ActionFailed, ActionRefused, messageOf } from './action-error.ts';
import { bootIdentity } from './boot-identity.ts';
import { waitUntil } from './clock.ts';
import type { Clock } from './clock.ts';
import { readDomainFacts } from './domain-facts.ts';
import { checkEntry, keyboardTarget, sysrqTarget } from './hook.ts';
import type { HookTarget } from './hook.ts';
import type { JournalEntry } from './journal-entry.ts';
import { JournalError } from './journal-entry.ts';
import type { Journal } from './journal.ts';
import type { KernelWriter } from './kernel-writer.ts';
import { CTRL_AND_ALT, releaseModifiers } from './keys.ts';
import { createWorkReader } from './running-work.ts';
import { closeGate, isQuiet } from './sysrq-gate.ts';
import { createActionTasks } from './tasks.ts';
import type { DomainProcess } from './tools.ts';
import { undoHook } from './undo.ts';
import type { UndoTools } from './undo.ts';

/** What healing works with. */
export interface HealTools {
  readonly domain: DomainProcess;
  readonly monitor: Monitor;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Finds the guest's kernel anew. @throws GuestError */
  readonly openGuest: () => Promise<{ kernel: Kernel; writer: KernelWriter }>;
  /** Ends a gdb server of ours and lets the guest run on; null: it is not ours. @throws ActionFailed */
  readonly releaseDebugger: (socket: string) => Promise<'released' | 'not-ours'>;
}

/**
 * What healing a domain came to. `clean`: there was nothing. `healed`: the guest is as it was. `dropped`: what was in it went with its
 * restart. `left`: it has to be healed again later, `reason` says why.
 */
export interface HealOutcome {
  readonly domain: string;
  readonly result: 'clean' | 'healed' | 'dropped' | 'left';
  readonly reason: string | null;
  readonly text: string;
}

export interface HealLimits {
  readonly fenceMs: number;
  readonly workMs: number;
}

export const HEAL_LIMITS: HealLimits = { fenceMs: 3000, workMs: 3000 };
const POLL_MS = 5;

/**
 * Takes back what an action that did not come to its end left in a guest: a hook, keys that are down, a gdb server that holds it. Done
 * at every start and again while anything is left; doing it twice does nothing more. Never throws.
 */
export async function healDomain(tools: HealTools, limits: HealLimits = HEAL_LIMITS): Promise<HealOutcome> {
  const outcome = (result: HealOutcome['result'], text: string, reason: string | null = null): HealOutcome => ({ domain: tools.domain.uuid, result, reason, text });
  try {
    const entry = tools.journal.read(tools.domain.uuid);
    if (entry === null) return outcome('clean', 'nothing was left in the guest');
    const result = entry.kind === 'injection' ? await healDebugger(tools, entry) : await healHook(tools, entry, limits);
    tools.journal.remove(tools.domain.uuid);
    return outcome(result, result === 'healed' ? 'the guest is as it was before the action' : 'the guest restarted since: nothing of the action is in it');
  } catch (error) {
    return outcome('left', messageOf(error), reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ActionFailed || error instanceof ActionRefused || error instanceof GuestError) return error.reason;
  return error instanceof JournalError ? 'journal-unreadable' : 'monitor-failed';
}

async function healDebugger(tools: HealTools, entry: JournalEntry): Promise<'healed' | 'dropped'> {
  if (entry.qemuPid !== tools.domain.qemuPid || entry.qemuStartTicks !== tools.domain.qemuStartTicks) return 'dropped';
  if (entry.gdbSocket === null) return 'healed';
  const released = await tools.releaseDebugger(entry.gdbSocket);
  if (released === 'not-ours') throw new ActionRefused('foreign-gdbserver', 'a gdb server that is not ours is open on this domain: end it, then this heals');
  return 'healed';
}

async function healHook(tools: HealTools, entry: JournalEntry, limits: HealLimits): Promise<'healed' | 'dropped'> {
  const facts = await readDomainFacts(tools.monitor, null);
  if (facts.unclear.length > 0) throw new ActionRefused('domain-unclear', `QEMU did not tell what has to be known before the guest is touched: ${facts.unclear.join('; ')}`);
  if (facts.status !== 'running') throw new ActionRefused('paused', `the domain is not running but ${facts.status}: the guest can be healed when it runs`);
  if (facts.migration !== null) throw new ActionRefused('migrating', 'the domain is being migrated or saved: the guest can be healed after it');
  const { kernel, writer } = await tools.openGuest();
  if (bootIdentity(kernel) !== entry.boot) return 'dropped';
  const hook = entry.kind === 'keyboard-start' ? keyboardTarget(kernel) : sysrqTarget(kernel);
  checkEntry(entry, hook);
  const undo: UndoTools = { kernel, writer, clock: tools.clock, workState: createWorkReader(kernel, createActionTasks(kernel)) };
  if (entry.kind === 'keyboard-start') await healKeyboard(tools, undo, hook, entry, limits);
  else await healSysrq(tools, undo, hook, entry, limits);
  return 'healed';
}

async function healKeyboard(tools: HealTools, undo: UndoTools, hook: HookTarget, entry: JournalEntry, limits: HealLimits): Promise<void> {
  const shiftState = undo.kernel.symbol('shift_state');
  const isFenced = () => {
    const state = undo.kernel.readU32(shiftState);
    return state !== null && (state & CTRL_AND_ALT) === 0;
  };
  // Also where they are seen up: they may have been pressed and not yet been handled.
  await releaseModifiers(tools.monitor);
  await waitUntil(tools.clock, limits.fenceMs, POLL_MS, isFenced);
  await undoHook(undo, hook, entry, isFenced, { fenceMs: 0, workMs: limits.workMs });
}

async function healSysrq(tools: HealTools, undo: UndoTools, hook: HookTarget, entry: JournalEntry, limits: HealLimits): Promise<void> {
  const closed = entry.gracePeriod === null ? closeGate(undo, tools.journal, hook, entry) : entry;
  await undoHook(undo, hook, closed, () => isQuiet(undo, closed), limits);
}
