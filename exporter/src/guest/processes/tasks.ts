import { GuestError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from './addresses.ts';
import { defineView } from './view.ts';

/** Largest pid that any Linux kernel gives, PID_MAX_LIMIT. */
const MAXIMUM_PID = 4_194_304;
const PF_KTHREAD = 0x0020_0000;
/** `TASK_COMM_LEN` */
const NAME_BYTES = 16;

/** What `task_struct` says, of a process's first thread or of any other. Addresses are the kernel's virtual ones. */
export interface Task {
  address: bigint;
  pid: number;
  tgid: number;
  name: string;
  state: number;
  exitState: number;
  kernelThread: boolean;
  startTimeNanoseconds: bigint;
  userNanoseconds: bigint;
  systemNanoseconds: bigint;
  runtimeNanoseconds: bigint;
  voluntarySwitches: bigint;
  involuntarySwitches: bigint;
  parent: bigint;
  /** 0n: none. */
  mm: bigint;
  signal: bigint;
  realCred: bigint;
  cred: bigint;
  /** 0n where the kernel has no control groups. */
  cgroups: bigint;
  threadPid: bigint;
  /** 0n: none. */
  files: bigint;
  /** `tasks.next` and `.prev`: addresses of the `tasks` member of the neighbours. */
  next: bigint;
  previous: bigint;
  /** `thread_node.next` and `.prev`. */
  nextThread: bigint;
  previousThread: bigint;
}

export interface Tasks {
  /** Address of `init_task`, pid 0. */
  readonly initTask: bigint;
  /** Offset of `thread_node` in `task_struct`. */
  readonly threadNode: bigint;
  read(address: bigint): Task | null;
  /** Process id of the process that the task at `address` belongs to; null: not readable, or no possible one. */
  processIdOf(address: bigint): number | null;
  /**
   * Every process once, in the kernel's order (by start). A pass in which the list changes is done again.
   *
   * @throws GuestError `not-up-yet` where there is no process yet, `inconsistent` where no pass came out right
   */
  list(): { tasks: Task[]; retries: number };
}

export interface TaskLimits {
  processes: number;
  retries: number;
}

/** Reads the kernel's list of processes. */
export function createTasks(kernel: Kernel, limits: TaskLimits): Tasks {
  const initTask = kernel.symbol('init_task');
  const tasksOffset = BigInt(kernel.offsetOf('task_struct', 'tasks'));
  const tgidOffset = BigInt(kernel.offsetOf('task_struct', 'tgid'));
  const read = createTaskReader(kernel);

  /** One pass; text: what didn't fit. */
  function pass(): Task[] | string {
    const head = initTask + tasksOffset;
    const first = kernel.readU64(head);
    if (first === null) return 'init_task cannot be read';
    const tasks: Task[] = [];
    const seen = new Set<bigint>();
    let previous = head;
    let node = first;
    while (node !== head) {
      if (tasks.length >= limits.processes) return `more than ${limits.processes} processes`;
      const address = node - tasksOffset;
      if (!isKernelPointer(node) || seen.has(node)) return `a link of the list leads to ${node.toString(16)}`;
      seen.add(node);
      const task = read(address);
      if (task === null) return `the task at ${address.toString(16)} cannot be read`;
      if (task.previous !== previous) return `the task at ${address.toString(16)} is not linked back`;
      if (task.pid !== task.tgid || task.pid <= 0 || task.pid > MAXIMUM_PID) return `a process with pid ${task.pid}, thread group ${task.tgid}`;
      tasks.push(task);
      previous = node;
      node = task.next;
    }
    if (kernel.readU64(head + 8n) !== previous) return 'the last task is not linked back';
    const pids = new Set(tasks.map((task) => task.pid));
    return pids.size === tasks.length ? tasks : 'a pid is there twice';
  }

  return {
    initTask,
    threadNode: BigInt(kernel.offsetOf('task_struct', 'thread_node')),
    read,
    processIdOf: (address) => {
      if (!isKernelPointer(address)) return null;
      const tgid = kernel.readU32(address + tgidOffset);
      return tgid !== null && tgid <= MAXIMUM_PID ? tgid : null;
    },
    list: () => {
      let problem = '';
      for (let retries = 0; retries <= limits.retries; retries++) {
        const tasks = pass();
        if (typeof tasks === 'string') {
          problem = tasks;
          continue;
        }
        if (tasks.length === 0) throw new GuestError('not-up-yet', 'the guest has no process yet: it is starting; look again later');
        return { tasks, retries };
      }
      throw new GuestError('inconsistent', `no consistent list of processes in ${limits.retries + 1} passes: ${problem}; look again later`);
    },
  };
}

function createTaskReader(kernel: Kernel): (address: bigint) => Task | null {
  const view = defineView(
    kernel,
    'task_struct',
    {
      tasks: 'tasks',
      pid: 'pid',
      tgid: 'tgid',
      comm: 'comm',
      state: '__state',
      exitState: 'exit_state',
      flags: 'flags',
      startTime: 'start_boottime',
      utime: 'utime',
      stime: 'stime',
      runtime: 'se.sum_exec_runtime',
      voluntary: 'nvcsw',
      involuntary: 'nivcsw',
      parent: 'real_parent',
      mm: 'mm',
      signal: 'signal',
      realCred: 'real_cred',
      cred: 'cred',
      threadPid: 'thread_pid',
      files: 'files',
      threadNode: 'thread_node',
    },
    { cgroups: 'cgroups' },
  );
  const { at } = view;
  const { cgroups } = view.maybe;
  return (address) => {
    if (!isKernelPointer(address)) return null;
    const bytes = view.read(address);
    if (bytes === null) return null;
    const u64 = (offset: number) => bytes.readBigUInt64LE(offset);
    return {
      address,
      pid: bytes.readInt32LE(at.pid),
      tgid: bytes.readInt32LE(at.tgid),
      name: textUpToNul(bytes, at.comm, NAME_BYTES),
      state: bytes.readUInt32LE(at.state),
      exitState: bytes.readUInt32LE(at.exitState),
      kernelThread: (bytes.readUInt32LE(at.flags) & PF_KTHREAD) !== 0,
      startTimeNanoseconds: u64(at.startTime),
      userNanoseconds: u64(at.utime),
      systemNanoseconds: u64(at.stime),
      runtimeNanoseconds: u64(at.runtime),
      voluntarySwitches: u64(at.voluntary),
      involuntarySwitches: u64(at.involuntary),
      parent: u64(at.parent),
      mm: u64(at.mm),
      signal: u64(at.signal),
      realCred: u64(at.realCred),
      cred: u64(at.cred),
      cgroups: cgroups === null ? 0n : u64(cgroups),
      threadPid: u64(at.threadPid),
      files: u64(at.files),
      next: u64(at.tasks),
      previous: u64(at.tasks + 8),
      nextThread: u64(at.threadNode),
      previousThread: u64(at.threadNode + 8),
    };
  };
}

/** Text in `bytes` from `start` up to a NUL, at most `maximum` bytes. */
export function textUpToNul(bytes: Buffer, start: number, maximum: number): string {
  const end = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, end < 0 || end > start + maximum ? start + maximum : end);
}
