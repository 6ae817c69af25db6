import { ActionFailed, ActionRefused, messageOf, refusingGuestErrors } from './action-error.ts';
import { bootIdentity } from './boot-identity.ts';
import { encodeCommand } from './command-line.ts';
import { readDomainFacts } from './domain-facts.ts';
import { readGuestFacts } from './guest-facts.ts';
import { planWrites } from './hook.ts';
import type { HookTarget } from './hook.ts';
import type { JournalEntry } from './journal-entry.ts';
import { refuseByRules } from './rules.ts';
import type { Way } from './rules.ts';
import { createWorkReader } from './running-work.ts';
import { watchRun } from './run-watch.ts';
import type { RunWatch } from './run-watch.ts';
import { createActionTasks } from './tasks.ts';
import type { ActionTools } from './tools.ts';
import type { UndoTools } from './undo.ts';

/** A start by a hook that every rule allows, with what it writes; nothing is written yet. */
export interface PreparedHook {
  readonly hook: HookTarget;
  readonly entry: JournalEntry;
  readonly watch: RunWatch;
  readonly undo: UndoTools;
  /** Asks the rules once more, with everything read anew: the guest may have been given time since. @throws ActionRefused */
  recheck(): Promise<void>;
}

/**
 * Asks all rules and plans the writes.
 *
 * @throws ActionRefused
 */
export async function prepareHook(tools: ActionTools, way: Way, makeTarget: () => HookTarget, command: readonly string[]): Promise<PreparedHook> {
  const bytes = encodeCommand(command);
  const { kernel, domain } = tools;
  if (!kernel.verify()) throw new ActionRefused('inconsistent', "the guest's kernel is not the one that was found before: it may have restarted; try again");
  const { hook, tasks, workState } = refusingGuestErrors(() => {
    const actionTasks = createActionTasks(kernel);
    return { hook: makeTarget(), tasks: actionTasks, workState: createWorkReader(kernel, actionTasks) };
  });
  const request = { ...tools.request, unhealed: hasUnhealed(tools) };
  const ask = async (isRecheck: boolean) => {
    const domainFacts = await readDomainFacts(tools.monitor, tools.libvirt);
    const guest = refusingGuestErrors(() => readGuestFacts(kernel, hook, workState));
    // Our own modifiers are down the second time.
    const facts = isRecheck && guest.hook !== null ? { ...guest, hook: { ...guest.hook, shiftState: 0 } } : guest;
    refuseByRules(way, { request, domain: domainFacts, guest: facts });
  };
  await ask(false);
  const entry: JournalEntry = {
    domain: domain.uuid,
    kind: hook.kind,
    openedAt: tools.clock.date().toISOString(),
    qemuPid: domain.qemuPid,
    qemuStartTicks: domain.qemuStartTicks,
    boot: refusingGuestErrors(() => bootIdentity(kernel)),
    work: hook.work,
    hookFunction: hook.hookFunction,
    writes: planWrites(kernel, hook, bytes),
    gdbSocket: null,
    gracePeriod: null,
  };
  const watch = watchRun(kernel, tasks, workState, hook, command[0] ?? '');
  return { hook, entry, watch, undo: { kernel, writer: tools.writer, clock: tools.clock, workState }, recheck: () => ask(true) };
}

/** @throws ActionFailed `journal-failed`: nothing has been done yet */
export function journalize(tools: Pick<ActionTools, 'journal'>, entry: JournalEntry): void {
  try {
    tools.journal.write(entry);
  } catch (error) {
    throw new ActionFailed('journal-failed', `the undo journal cannot be written, so nothing is done: ${messageOf(error)}`, { left: false, cause: error });
  }
}

/** Writes everything that the entry says, in its order. @throws ActionFailed */
export function install(tools: Pick<ActionTools, 'writer'>, entry: JournalEntry): void {
  for (const { address, after } of entry.writes) tools.writer.write(address, after);
}

function hasUnhealed(tools: ActionTools): boolean {
  try {
    return tools.journal.read(tools.domain.uuid) !== null;
  } catch (error) {
    throw new ActionRefused('journal-unhealed', `the undo journal of this domain cannot be read, so whether something is left in the guest is not known: ${messageOf(error)}`, { cause: error });
  }
}
