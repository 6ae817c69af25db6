import type { Kernel } from '../kernel/kernel.ts';
import { stateLetter, type ProcessState } from './state.ts';
import type { Task, Tasks } from './tasks.ts';
import { defineView } from './view.ts';

/** What the threads of one process add up to. */
export interface ThreadGroup {
  threads: number;
  /** Null: the threads changed in every pass, or what they say is impossible. */
  totals: ThreadTotals | null;
  /** A thread that has memory and descriptors still: the first one, as long as it runs; null: none has. */
  running: Task | null;
}

export interface ThreadTotals {
  states: Partial<Record<ProcessState, number>>;
  userNanoseconds: bigint;
  systemNanoseconds: bigint;
  voluntarySwitches: bigint;
  involuntarySwitches: bigint;
}

/** What ended threads left, and how many live ones there are. */
interface Signal {
  threads: number;
  userNanoseconds: bigint;
  systemNanoseconds: bigint;
  runtimeNanoseconds: bigint;
  voluntarySwitches: bigint;
  involuntarySwitches: bigint;
  /** What the kernel showed last, which it never falls below. */
  shownUserNanoseconds: bigint;
  shownSystemNanoseconds: bigint;
  firstThread: bigint;
  lastThread: bigint;
}

/** So many passes over the threads of a process, which may end and start meanwhile. */
const PASSES = 4;
/** The kernel allows no more in all, PID_MAX_LIMIT; what a process says of itself is checked against it. */
const MAXIMUM_THREADS = 4_194_304;

/**
 * Reads the threads of a process. Answers null where `leader` is no process any more: its `signal_struct` can't be read or counts no thread.
 * Times are those that /proc/PID/stat shows, see `adjust`.
 */
export function createThreadReader(kernel: Kernel, tasks: Tasks): (leader: Task) => ThreadGroup | null {
  const readSignal = createSignalReader(kernel);
  const threadHead = BigInt(kernel.offsetOf('signal_struct', 'thread_head'));

  /** All threads of the group, once; null where links and number don't fit. */
  function walk(leader: Task, signal: Signal): Task[] | null {
    const head = leader.signal + threadHead;
    // The list of most processes is the first thread alone, which has been read already.
    if (signal.threads === 1 && signal.firstThread === leader.address + tasks.threadNode && signal.lastThread === signal.firstThread) return [leader];
    const found: Task[] = [];
    let previous = head;
    let node = signal.firstThread;
    while (node !== head) {
      if (found.length >= signal.threads) return null;
      const task = tasks.read(node - tasks.threadNode);
      if (task === null || task.signal !== leader.signal || task.tgid !== leader.pid || task.previousThread !== previous) return null;
      found.push(task);
      previous = node;
      node = task.nextThread;
    }
    return found.length === signal.threads ? found : null;
  }

  return (leader) => {
    let signal = readSignal(leader.signal);
    if (signal === null) return null;
    for (let pass = 0; pass < PASSES; pass++) {
      const threads = walk(leader, signal);
      if (threads?.[0] === leader) return { threads: 1, totals: sum(threads, signal), running: firstRunning(threads) };
      const after = readSignal(leader.signal);
      if (after === null) return null;
      // A thread that ends adds its times to the signal_struct and then leaves the list: nothing may have moved there meanwhile.
      if (threads !== null && sameEnded(signal, after)) return { threads: after.threads, totals: sum(threads, after), running: firstRunning(threads) };
      signal = after;
    }
    return { threads: signal.threads, totals: null, running: firstRunning([leader]) };
  };
}

/** A first thread that ended leaves a zombie without memory while others run on. */
const firstRunning = (threads: readonly Task[]) => threads.find((thread) => thread.mm !== 0n) ?? null;

function sameEnded(before: Signal, after: Signal): boolean {
  return (
    before.threads === after.threads &&
    before.runtimeNanoseconds === after.runtimeNanoseconds &&
    before.userNanoseconds === after.userNanoseconds &&
    before.systemNanoseconds === after.systemNanoseconds
  );
}

function sum(threads: readonly Task[], ended: Signal): ThreadTotals {
  const states: Partial<Record<ProcessState, number>> = {};
  let { userNanoseconds, systemNanoseconds, runtimeNanoseconds, voluntarySwitches, involuntarySwitches } = ended;
  for (const thread of threads) {
    const letter = stateLetter(thread.state, thread.exitState);
    states[letter] = (states[letter] ?? 0) + 1;
    userNanoseconds += thread.userNanoseconds;
    systemNanoseconds += thread.systemNanoseconds;
    runtimeNanoseconds += thread.runtimeNanoseconds;
    voluntarySwitches += thread.voluntarySwitches;
    involuntarySwitches += thread.involuntarySwitches;
  }
  const shown = { user: ended.shownUserNanoseconds, system: ended.shownSystemNanoseconds };
  const { user, system } = adjust({ user: userNanoseconds, system: systemNanoseconds }, runtimeNanoseconds, shown);
  return { states, userNanoseconds: user, systemNanoseconds: system, voluntarySwitches, involuntarySwitches };
}

/** CPU time in user and in system mode, nanoseconds or ticks. */
export interface Times {
  user: bigint;
  system: bigint;
}

/**
 * CPU time as the kernel shows it (`cputime_adjust()`): the run time, which is exact, divided by the ticks seen in user and in system
 * mode; neither part ever falls.
 *
 * @param shown what it showed last
 */
export function adjust(ticks: Times, runtime: bigint, shown: Times): Times {
  if (shown.user + shown.system >= runtime) return shown;
  let system: bigint;
  if (ticks.system === 0n) system = 0n;
  else if (ticks.user === 0n) system = runtime;
  else system = (ticks.system * runtime) / (ticks.system + ticks.user);
  if (system < shown.system) system = shown.system;
  let user = runtime - system;
  if (user < shown.user) {
    user = shown.user;
    system = runtime - user;
  }
  return { user, system };
}

function createSignalReader(kernel: Kernel): (address: bigint) => Signal | null {
  const view = defineView(kernel, 'signal_struct', {
    threads: 'nr_threads',
    head: 'thread_head',
    utime: 'utime',
    stime: 'stime',
    runtime: 'sum_sched_runtime',
    voluntary: 'nvcsw',
    involuntary: 'nivcsw',
    shownUser: 'prev_cputime.utime',
    shownSystem: 'prev_cputime.stime',
  });
  const { at } = view;
  return (address) => {
    const bytes = view.read(address);
    if (bytes === null) return null;
    const threads = bytes.readInt32LE(at.threads);
    if (threads < 1 || threads > MAXIMUM_THREADS) return null;
    const u64 = (offset: number) => bytes.readBigUInt64LE(offset);
    return {
      threads,
      userNanoseconds: u64(at.utime),
      systemNanoseconds: u64(at.stime),
      runtimeNanoseconds: u64(at.runtime),
      voluntarySwitches: u64(at.voluntary),
      involuntarySwitches: u64(at.involuntary),
      shownUserNanoseconds: u64(at.shownUser),
      shownSystemNanoseconds: u64(at.shownSystem),
      firstThread: u64(at.head),
      lastThread: u64(at.head + 8),
    };
  };
}
