import type { Kernel } from '../kernel/kernel.ts';
import type { HookTarget } from './hook.ts';
import { workersThatRan } from './running-work.ts';
import type { WorkState } from './running-work.ts';
import type { ActionTasks } from './tasks.ts';
import type { StartResult } from './tools.ts';

const NAME_BYTES = 15;

/** Watches whether a guest starts a command. Made before it can. */
export interface RunWatch {
  /** Looks once. A look costs one list of processes. */
  look(): void;
  /** The guest was seen to have taken the work item, so the key that makes it do so has been handled. */
  readonly isSeen: boolean;
  /** Looks for the new process, and says what was seen all together; null: nothing. */
  result(): Pick<StartResult, 'started' | 'process'> | null;
}

export function watchRun(
  kernel: Kernel,
  tasks: ActionTasks,
  workState: (work: bigint, functionAddress: bigint) => WorkState,
  hook: HookTarget,
  program: string,
): RunWatch {
  const name = program.slice(program.lastIndexOf('/') + 1).slice(0, NAME_BYTES);
  const known = new Set((tasks.list() ?? []).map((task) => `${task.pid}:${task.startTimeNanoseconds}`));
  const ranBefore = workersThatRan(kernel, tasks, hook.hookFunction);
  const dataBefore = kernel.readU64(hook.dataPlace);
  const forksAddress = kernel.hasSymbol('total_forks') ? kernel.symbol('total_forks') : null;
  const forks = () => (forksAddress === null ? null : kernel.readU64(forksAddress));
  const forksBefore = forks();
  const hasRun = () => [...workersThatRan(kernel, tasks, hook.hookFunction)].some((worker) => !ranBefore.has(worker));
  let isSeen = false;

  return {
    look() {
      if (isSeen) return;
      const data = kernel.readU64(hook.dataPlace);
      isSeen = (data !== null && data !== dataBefore) || workState(hook.work, hook.hookFunction) === 'running' || hasRun();
    },
    get isSeen() {
      return isSeen;
    },
    result() {
      this.look();
      const added = (tasks.list() ?? []).filter((task) => !task.isKernelThread && task.name === name && !known.has(`${task.pid}:${task.startTimeNanoseconds}`));
      const [only] = added;
      // Two of that name may be the guest's own: whose is whose cannot be told.
      const process = only !== undefined && added.length === 1 ? { pid: only.pid, startTimeNanoseconds: only.startTimeNanoseconds } : null;
      if (isSeen || process !== null) return { started: 'seen', process };
      return forks() === forksBefore ? null : { started: 'likely', process };
    },
  };
}
