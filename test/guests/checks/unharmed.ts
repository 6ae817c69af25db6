import { keyboardTarget, sysrqTarget } from '../../../exporter/src/guest/actions/hook.ts';
import { kernelTrouble, openLabTools } from '../../../exporter/src/guest/actions/testing/lab-tools.ts';
import type { LabTools } from '../../../exporter/src/guest/actions/testing/lab-tools.ts';
import type { Kernel } from '../../../exporter/src/guest/index.ts';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import type { LinuxGuest } from '../../lab/lab.ts';
import { watchLasting } from './lasting.ts';
import type { LastingProcesses } from './lasting.ts';

export { kernelTrouble } from '../../../exporter/src/guest/actions/testing/lab-tools.ts';

/** A guest in which actions are tried: what has to be afterwards as it was before. */
export interface ActedOn extends AsyncDisposable {
  readonly opened: LabTools;
  /** Everything that a start changes in the guest's memory, as it is now. */
  hookBytes(): string;
  /**
   * @param isTarget processes that the actions were to end
   * @throws where the guest restarted, its kernel complains, it does not run, something of an action is left in it, or another process that lasts is gone
   */
  expectAsBefore(isTarget?: (process: GuestProcess) => boolean): Promise<void>;
}

/** @throws where the guest's kernel has something to complain of already */
export async function actOn(guest: LinuxGuest): Promise<ActedOn> {
  const opened = await openLabTools(guest);
  try {
    const before = { boot: await bootId(guest), bytes: hookBytes(opened.tools.kernel), lasting: await watchLasting(guest, opened.tools.kernel) };
    const trouble = await kernelTrouble(guest);
    if (trouble.length > 0) throw new Error(`the guest's kernel complains beforehand: ${trouble.join('\n')}`);
    return {
      opened,
      hookBytes: () => hookBytes(opened.tools.kernel),
      expectAsBefore: (isTarget = () => false) => expectAsBefore(guest, opened, before, isTarget),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

async function expectAsBefore(guest: LinuxGuest, { tools }: LabTools, before: { boot: string; bytes: string; lasting: LastingProcesses }, isTarget: (process: GuestProcess) => boolean): Promise<void> {
  const { status } = (await tools.monitor.execute('query-status')) as { status: string };
  if (status !== 'running') throw new Error(`the domain is ${status}`);
  const left = tools.journal.domains();
  if (left.length > 0) throw new Error('something is left in the undo journal');
  const bytes = hookBytes(tools.kernel);
  if (bytes !== before.bytes) throw new Error(`hooked memory is not as it was:\n${before.bytes}\n${bytes}`);
  if ((await bootId(guest)) !== before.boot) throw new Error('the guest restarted');
  const gone = before.lasting.gone(isTarget);
  if (gone.length > 0) throw new Error(`processes that the actions were not about are gone: ${gone.join(', ')}`);
  const trouble = await kernelTrouble(guest);
  if (trouble.length > 0) throw new Error(`the guest's kernel complains: ${trouble.join('\n')}`);
}

export async function bootId(guest: LinuxGuest): Promise<string> {
  return (await guest.agent.run('cat /proc/sys/kernel/random/boot_id')).trim();
}

const COMMAND_BYTES = 256;

/** Both hooks' places, byte by byte; of the modifier keys whether one is down. @throws where one cannot be read */
function hookBytes(kernel: Kernel): string {
  const hooks = [keyboardTarget(kernel), sysrqTarget(kernel)];
  const places: [bigint, number][] = hooks.flatMap((hook) => [[hook.command, COMMAND_BYTES], [hook.functionPlace, 8], [hook.gate.address, 4]] as [bigint, number][]);
  const others: [bigint, number][] = [[kernel.symbol('poweroff_force'), 1], [kernel.symbol('shift_state'), 4]];
  return [...places, ...others]
    .map(([address, length]) => {
      const bytes = Buffer.alloc(length);
      if (!kernel.read(address, bytes)) throw new Error(`hooked memory at 0x${address.toString(16)} cannot be read`);
      return bytes.toString('hex');
    })
    .join(' ');
}

/** The reason of an action that was refused or failed; undefined: it was done. @throws any other error */
export async function reasonOf(action: Promise<unknown>): Promise<string | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    const { reason } = error as { reason?: unknown };
    if (typeof reason !== 'string') throw error;
    return reason;
  }
}
