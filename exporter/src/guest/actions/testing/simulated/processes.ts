import type { Machine } from './machine.ts';
import { MEMBERS } from './memory.ts';

const PF_KTHREAD = 0x20_0000;
const PF_WQ_WORKER = 0x20;
const LONGEST_NAME = 15;

export type SimulatedProcesses = ReturnType<typeof simulateProcesses>;

/** The list of processes: systemd at first, and whatever is started. */
export function simulateProcesses({ memory, time, speed, happened }: Machine) {
  const { address, allocate, get64, put32, put64, putText, getText } = memory;
  const tasks: bigint[] = [];
  let nextPid = 1;

  function link(): void {
    const ring = [address('init_task'), ...tasks];
    ring.forEach((task, index) => {
      put64(task + 16n, (ring[(index + 1) % ring.length] ?? task) + 16n);
      put64(task + 24n, (ring[(index + ring.length - 1) % ring.length] ?? task) + 16n);
    });
  }

  function add(name: string, flags: number): bigint {
    const task = allocate(MEMBERS['task_struct']?.['__size'] ?? 0);
    put32(task + 40n, nextPid);
    put32(task + 44n, nextPid++);
    putText(task + 56n, name);
    put64(task + 80n, BigInt(Math.round(time.now() * 1e6) + nextPid));
    put32(task + 92n, flags);
    tasks.push(task);
    link();
    return task;
  }

  function remove(task: bigint): void {
    tasks.splice(tasks.indexOf(task), 1);
    link();
  }

  add('systemd', 0);
  return {
    /** A thread of the kernel that takes work items. */
    addWorker(kthread: bigint): void {
      put64(add('kworker/0:1', PF_KTHREAD | PF_WQ_WORKER) + 96n, kthread);
    },
    /** Runs what `poweroff_cmd` says, as the kernel does; it ends after a while. */
    startCommand(): void {
      const command = getText(address('poweroff_cmd'));
      happened.ran.push(command);
      if (command === '/sbin/poweroff') happened.powerOffs++;
      put64(address('total_forks'), get64(address('total_forks')) + 1n);
      const task = add((command.split(' ')[0]?.split('/').at(-1) ?? '').slice(0, LONGEST_NAME), 0);
      time.later(speed.run(), () => remove(task));
    },
  };
}
