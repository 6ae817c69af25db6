import { ActionFailed, ActionRefused } from './action-error.ts';
import type { ActionRefusal } from './action-error.ts';
import { checkCommand } from './command-line.ts';
import { INJECTION_LIMITS, injectCall } from './injection/call.ts';
import type { InjectionLimits } from './injection/call.ts';
import { startByKeyboard } from './keyboard-start.ts';
import type { Way } from './rules.ts';
import { startBySysrq } from './sysrq-start.ts';
import type { SerialConsole } from './sysrq-start.ts';
import type { ActionTools, StartResult } from './tools.ts';

const ENVIRONMENT = ['HOME=/', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
/** `UMH_WAIT_EXEC`: returns when the program has begun or could not begin. */
const WAIT_FOR_EXEC = 1n;

/** What the ways need besides the tools. */
export interface Ways {
  /** In the order in which they are tried. */
  readonly order: readonly Way[];
  readonly console: SerialConsole | null;
  /** Where QEMU may make a socket; null: no injections. */
  readonly gdbFolder: string | null;
}

/** Refusals that are about one way only: another one may do. All others would meet them as well. */
const OF_ONE_WAY: ReadonlySet<ActionRefusal> = new Set<ActionRefusal>([
  'sysrq-not-opted-in',
  'command-too-long',
  'command-needs-quoting',
  'poweroff-force-set',
  'poweroff-command-unexpected',
  'cad-work-unexpected',
  'cad-work-pending',
  'modifier-down',
  'keyboard-dead',
  'keyboard-off',
  'sysrq-work-unexpected',
  'sysrq-work-pending',
  'sysrq-open',
  'no-serial-console',
  'pause-budget-spent',
  'no-safe-site',
  'gadget-missing',
  'symbol-missing',
  'symbol-ambiguous',
  'type-missing',
]);

/**
 * Starts a command in the guest as its root, by the first way that is not refused. A way that had begun and failed is not followed by
 * another: whether the command runs is unknown then.
 *
 * @throws ActionRefused by the last way
 * @throws ActionFailed
 */
export async function startProcess(tools: ActionTools, ways: Ways, command: readonly string[]): Promise<StartResult & { readonly way: Way }> {
  let refusal: ActionRefused | null = null;
  for (const way of ways.order) {
    try {
      return { way, ...(await startBy(way, tools, ways, command)) };
    } catch (error) {
      if (!(error instanceof ActionRefused) || !OF_ONE_WAY.has(error.reason)) throw error;
      refusal = error;
    }
  }
  throw refusal ?? new ActionRefused('not-opted-in', 'no way of starting a program is allowed for this domain: opt it in with write: true in the configuration of the guest helper');
}

function startBy(way: Way, tools: ActionTools, ways: Ways, command: readonly string[]): Promise<StartResult> {
  switch (way) {
    case 'keyboard':
      return startByKeyboard(tools, command);
    case 'sysrq':
      return startBySysrq(tools, ways.console, command);
    case 'injection':
      if (ways.gdbFolder === null) throw new ActionRefused('no-safe-site', 'there is no folder in which QEMU may open its gdb server: the run folder of the guest helper has to be had');
      return startByInjection(tools, ways.gdbFolder, command);
  }
}

/**
 * Starts a command in the guest by a call of `call_usermodehelper`: arguments may hold anything, and the kernel says whether the program
 * began.
 *
 * @throws ActionRefused
 * @throws ActionFailed `call-failed`: the program could not be started
 */
export async function startByInjection(tools: ActionTools, folder: string, command: readonly string[], limits: InjectionLimits = INJECTION_LIMITS): Promise<StartResult> {
  checkCommand(command);
  const began = tools.clock.now();
  const result = await injectCall(tools, folder, { function: 'call_usermodehelper', args: [command[0] ?? '', command, ENVIRONMENT, WAIT_FOR_EXEC] }, limits);
  if (result.returned !== 0) {
    throw new ActionFailed('call-failed', `the guest could not start ${command[0] ?? ''}: error ${-result.returned}${result.returned === -2 ? ', no such file' : ''}`, { left: false });
  }
  return { started: 'returned', process: null, heldMs: result.pausedMs, totalMs: tools.clock.now() - began };
}
