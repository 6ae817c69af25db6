import type { Kernel } from '../kernel/kernel.ts';
import type { ActionTasks } from './tasks.ts';

/** What the workers of the kernel's work queues are at. `unknown`: it could not be read, so it may be running. */
export type WorkState = 'running' | 'idle' | 'unknown';

/**
 * Workers of the guest whose last function was this one (`worker.last_func`): something that lasts until they do something else.
 * Empty where it cannot be told.
 */
export function workersThatRan(kernel: Kernel, tasks: ActionTasks, functionAddress: bigint): ReadonlySet<bigint> {
  const data = kernel.tryOffsetOf('kthread', 'data');
  const lastFunction = kernel.tryOffsetOf('worker', 'last_func');
  if (data === null || lastFunction === null) return new Set();
  const workers = (tasks.list() ?? []).flatMap((task) => (task.isWorker && task.workerPrivate !== 0n ? (kernel.readU64(task.workerPrivate + BigInt(data)) ?? []) : []));
  return new Set(workers.filter((worker) => worker !== 0n && kernel.readU64(worker + BigInt(lastFunction)) === functionAddress));
}

/**
 * Whether a worker of the guest runs a function for a work item at this moment, out of `worker.current_work` and `.current_func`.
 *
 * A worker notes both before it marks the item as no longer pending, and forgets them after the function returned. So once an
 * item was seen as not pending, `idle` proves that whatever was begun before has ended.
 *
 * @param work address of the `work_struct`
 * @throws GuestError where the kernel lacks a member
 */
export function createWorkReader(kernel: Kernel, tasks: ActionTasks): (work: bigint, functionAddress: bigint) => WorkState {
  const data = BigInt(kernel.offsetOf('kthread', 'data'));
  const currentWork = BigInt(kernel.offsetOf('worker', 'current_work'));
  const currentFunction = BigInt(kernel.offsetOf('worker', 'current_func'));
  return (work, functionAddress) => {
    const list = tasks.list();
    if (list === null) return 'unknown';
    let state: WorkState = 'idle';
    for (const task of list) {
      if (!task.isWorker || task.workerPrivate === 0n) continue;
      const worker = kernel.readU64(task.workerPrivate + data);
      // A worker that has just been made is not tied to its thread yet, and has nothing to do.
      if (worker === 0n) continue;
      const running = worker === null ? null : kernel.readU64(worker + currentFunction);
      const item = worker === null ? null : kernel.readU64(worker + currentWork);
      if (running === null || item === null) state = 'unknown';
      else if (running === functionAddress || item === work) return 'running';
    }
    return state;
  };
}
