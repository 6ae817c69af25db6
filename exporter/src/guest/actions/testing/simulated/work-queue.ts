import type { Machine } from './machine.ts';
import { functionOf } from './memory.ts';
import type { SimulatedProcesses } from './processes.ts';

const PENDING = 1n;
/** What is left in a work item that a worker has taken. */
const TAKEN = 0x20n;

export type SimulatedWorkQueue = ReturnType<typeof simulateWorkQueue>;

/** A work queue with one worker, which takes one item after the other and shows which function it runs. */
export function simulateWorkQueue({ memory, time, speed, happened }: Machine, processes: SimulatedProcesses) {
  const { address, allocate, get64, put64 } = memory;
  const queue: { work: bigint; dueMs: number }[] = [];
  let isBusy = false;
  const worker = allocate(64);
  const kthread = allocate(64);
  put64(kthread + 24n, worker);
  processes.addWorker(kthread);

  function takeNext(): void {
    if (isBusy) return;
    const next = queue.shift();
    if (next === undefined) return;
    isBusy = true;
    time.later(Math.max(0, next.dueMs - time.now()), () => take(next.work));
  }

  function take(work: bigint): void {
    const called = get64(functionOf(work));
    put64(worker + 16n, work);
    put64(worker + 24n, called);
    put64(work, TAKEN);
    time.later(speed.read(), () => call(called));
  }

  function call(called: bigint): void {
    if (called === address('deferred_cad')) happened.restarts.push('deferred_cad');
    else if (called === address('moom_callback')) happened.oomKills++;
    else if (called === address('poweroff_work_func')) processes.startCommand();
    time.later(speed.read(), () => {
      put64(worker + 32n, called);
      put64(worker + 16n, 0n);
      put64(worker + 24n, 0n);
      isBusy = false;
      takeNext();
    });
  }

  return {
    /** An item that is pending already is not queued again. */
    queue(work: bigint): void {
      if ((get64(work) & PENDING) !== 0n) return;
      put64(work, get64(work) | PENDING);
      queue.push({ work, dueMs: time.now() + speed.pickUp() });
      time.later(0, takeNext);
    },
  };
}
