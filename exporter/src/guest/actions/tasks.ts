import type { Kernel } from '../kernel/kernel.ts';

/** Largest pid that any Linux kernel gives, PID_MAX_LIMIT. */
const MOST_PID = 4_194_304;
const MOST_TASKS = 65_536;
const MOST_PASSES = 50;
const NAME_BYTES = 16;
const PF_EXITING = 0x4;
const PF_WQ_WORKER = 0x20;
const PF_KTHREAD = 0x20_0000;
/** Lowest address of the kernel's half, with 5 levels of page tables. */
const KERNEL_HALF = 0xff00_0000_0000_0000n;

/** What actions need of a process; addresses are the kernel's virtual ones. */
export interface ActionTask {
  readonly address: bigint;
  readonly pid: number;
  readonly parent: bigint;
  readonly name: string;
  /** `start_boottime` */
  readonly startTimeNanoseconds: number;
  /** Zombie, dead, or on its way there. */
  readonly isEnding: boolean;
  readonly isKernelThread: boolean;
  readonly isWorker: boolean;
  /** `struct kthread` of a kernel thread. */
  readonly workerPrivate: bigint;
}

export interface ActionTasks {
  /** All processes of one consistent pass; null: no pass came out right. Never an empty list. */
  list(): ActionTask[] | null;
  /** What is at `address` now; null: not readable. */
  read(address: bigint): ActionTask | null;
}

/**
 * Reads the kernel's list of processes, only as far as actions need it.
 *
 * @throws GuestError where the kernel lacks a member
 */
export function createActionTasks(kernel: Kernel): ActionTasks {
  const at = (path: string) => kernel.offsetOf('task_struct', path);
  const size = kernel.sizeOf('task_struct');
  const offset = {
    tasks: at('tasks'),
    pid: at('pid'),
    tgid: at('tgid'),
    parent: at('real_parent'),
    name: at('comm'),
    start: at('start_boottime'),
    exitState: at('exit_state'),
    flags: at('flags'),
    private: at('worker_private'),
  };
  if (Object.values(offset).some((value) => value + NAME_BYTES > size)) throw new RangeError('task_struct is smaller than its members');
  const bytes = Buffer.alloc(size);
  const head = kernel.symbol('init_task') + BigInt(offset.tasks);

  function read(address: bigint): ActionTask | null {
    if (address < KERNEL_HALF || !kernel.read(address, bytes)) return null;
    const flags = bytes.readUInt32LE(offset.flags);
    const end = bytes.indexOf(0, offset.name);
    const isKernelThread = (flags & PF_KTHREAD) !== 0;
    return {
      address,
      pid: bytes.readInt32LE(offset.pid),
      parent: bytes.readBigUInt64LE(offset.parent),
      name: bytes.toString('utf8', offset.name, end < 0 ? offset.name + NAME_BYTES : Math.min(end, offset.name + NAME_BYTES)),
      startTimeNanoseconds: Number(bytes.readBigUInt64LE(offset.start)),
      isEnding: bytes.readUInt32LE(offset.exitState) !== 0 || (flags & PF_EXITING) !== 0,
      isKernelThread,
      isWorker: isKernelThread && (flags & PF_WQ_WORKER) !== 0,
      workerPrivate: bytes.readBigUInt64LE(offset.private),
    };
  }

  function pass(): ActionTask[] | null {
    const tasks: ActionTask[] = [];
    let previous = head;
    let node = kernel.readU64(head);
    while (node !== head) {
      if (node === null || tasks.length >= MOST_TASKS) return null;
      const task = read(node - BigInt(offset.tasks));
      if (task === null || bytes.readBigUInt64LE(offset.tasks + 8) !== previous) return null;
      if (task.pid <= 0 || task.pid > MOST_PID || task.pid !== bytes.readInt32LE(offset.tgid)) return null;
      tasks.push(task);
      previous = node;
      node = bytes.readBigUInt64LE(offset.tasks);
    }
    return tasks.length > 0 ? tasks : null;
  }

  return {
    read,
    list() {
      for (let passes = 0; passes < MOST_PASSES; passes++) {
        const tasks = pass();
        if (tasks !== null) return tasks;
      }
      return null;
    },
  };
}

/** The process of that pid and start time, not ending; undefined: there is none in `tasks`. */
export function findTask(tasks: readonly ActionTask[], pid: number, startTimeNanoseconds: number): ActionTask | undefined {
  return tasks.find((task) => task.pid === pid && task.startTimeNanoseconds === startTimeNanoseconds && !task.isEnding);
}
