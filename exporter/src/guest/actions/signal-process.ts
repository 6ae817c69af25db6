import { ActionFailed, ActionRefused, refusingGuestErrors } from './action-error.ts';
import { INJECTION_LIMITS, injectCall } from './injection/call.ts';
import type { InjectionLimits, InjectionResult } from './injection/call.ts';
import { createActionTasks, findTask } from './tasks.ts';
import type { ActionTask } from './tasks.ts';
import type { ActionTools } from './tools.ts';

/** Signals by name, with Linux's numbers on x86-64. */
export const SIGNAL_NUMBERS = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, USR2: 12, TERM: 15, CONT: 18, STOP: 19 } as const;
export type SignalName = keyof typeof SIGNAL_NUMBERS;

/** A process of the guest: pid and start time together mean one for ever. */
export interface ProcessName {
  readonly pid: number;
  readonly startTimeNanoseconds: number;
}

const INIT = 1;

/**
 * Sends a signal to a process of the guest, from its kernel (`send_sig`). Pid and start time are compared once more while the guest
 * stands still, just before the call. Process 1 and kernel threads get none.
 *
 * @param folder where QEMU may make a socket
 * @throws ActionRefused `process-gone`, `process-protected` and all others of injections
 * @throws ActionFailed
 */
export async function signalProcess(tools: ActionTools, folder: string, target: ProcessName, signal: SignalName, limits: InjectionLimits = INJECTION_LIMITS): Promise<InjectionResult> {
  const tasks = refusingGuestErrors(() => createActionTasks(tools.kernel));
  const find = (): ActionTask => {
    const list = tasks.list();
    if (list === null) throw new ActionRefused('inconsistent', "no consistent list of the guest's processes could be read: try again");
    const task = findTask(list, target.pid, target.startTimeNanoseconds);
    if (task === undefined) throw new ActionRefused('process-gone', `process ${target.pid} of the guest is not there any more, or is ending: look at its processes anew`);
    if (task.pid === INIT || task.isKernelThread) throw new ActionRefused('process-protected', `process ${task.pid} of the guest is ${task.pid === INIT ? 'its first' : 'a kernel thread'}: it gets no signals`);
    return task;
  };
  const argsFor = (task: ActionTask) => [BigInt(SIGNAL_NUMBERS[signal]), task.address, 1n];
  const result = await injectCall(tools, folder, { function: 'send_sig', args: argsFor(find()), refresh: () => argsFor(find()) }, limits);
  if (result.returned !== 0) throw new ActionFailed('call-failed', `the guest's kernel did not send the signal (error ${-result.returned})`, { left: false });
  return result;
}
