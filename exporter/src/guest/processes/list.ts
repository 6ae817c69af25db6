import { GuestError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { createAddressSpaceReader, type AddressSpace } from './address-space.ts';
import { withBudget } from './budget.ts';
import { createCgroupReader } from './cgroup.ts';
import { readCommandLine, type CommandLine } from './command-line.ts';
import { createCredentialReader } from './credentials.ts';
import { createNamespacePidReader } from './namespaces.ts';
import { createPaths, type GuestPath } from './path.ts';
import type { GuestProcess } from './process.ts';
import { stateLetter } from './state.ts';
import { createTasks, type Task } from './tasks.ts';
import { createSteadyTimes } from './steady-times.ts';
import { createThreadReader, type ThreadGroup } from './threads.ts';
import { unitsOfCgroup } from './unit.ts';

export interface ProcessListOptions {
  /** More processes than that are refused. Default 32,768. */
  maxProcesses?: number;
  /** Passes that are done again when the list changes under the reader. Default 8. */
  maxRetries?: number;
  /** Of each command line, bytes. Default 4096. */
  maxCommandLineBytes?: number;
  /** Of one list in all. Default 2000. */
  maxMilliseconds?: number;
  /** Reads of memory for one list in all. Default 1,000,000. */
  maxReads?: number;
}

export interface ProcessList {
  /** By start in the kernel's own order, no pid twice. */
  processes: GuestProcess[];
  /** Passes that were thrown away. */
  retries: number;
  /** Of each process, by pid, its first thread, or where that one ended before others, one of these; for what else is read in the same moment. */
  tasks: ReadonlyMap<number, Task>;
}

export interface ProcessLister {
  /**
   * The guest's processes now. What cannot be known of one is null in it; a list is never short of a process.
   *
   * @throws GuestError `inconsistent` (also: another kernel runs by now, or a limit was reached), `not-up-yet`
   */
  list(): ProcessList;
}

/** What a process shows as long as it has not executed something else. */
interface Details {
  space: AddressSpace | null;
  commandLine: CommandLine | null;
  executable: GuestPath | null;
}

const NO_DETAILS: Details = { space: null, commandLine: null, executable: null };

/** A process that executes something else just now is looked at again so often. */
const DETAIL_PASSES = 3;

/**
 * Reads the processes of a guest.
 *
 * @throws KernelError `type-missing`, `symbol-missing`, `symbol-ambiguous`, `unsupported-kernel` where this kernel's processes cannot be read
 */
export function createProcessLister(guest: Kernel, options: ProcessListOptions = {}): ProcessLister {
  const kernel = withBudget(guest, { reads: options.maxReads ?? 1_000_000, milliseconds: options.maxMilliseconds ?? 2000 });
  const tasks = createTasks(kernel, { processes: options.maxProcesses ?? 32_768, retries: options.maxRetries ?? 8 });
  const readThreads = createThreadReader(kernel, tasks);
  const readDetails = createDetailReader(kernel, tasks.read, options.maxCommandLineBytes ?? 4096);
  const readNamespacePids = createNamespacePidReader(kernel);
  const readCgroup = remembering(createCgroupReader(kernel) ?? (() => null));
  const credentials = remembering(createCredentialReader(kernel));
  const steadyTimes = createSteadyTimes();

  /** `pids` of the tasks that were listed, by address. */
  function describe(task: Task, group: ThreadGroup | null, pids: ReadonlyMap<bigint, number>): GuestProcess {
    const totals = group?.totals ?? null;
    const times = totals === null ? null : steadyTimes.of(task, { user: totals.userNanoseconds, system: totals.systemNanoseconds });
    const running = group?.running ?? task;
    const { space, commandLine, executable } = readDetails(running);
    const cgroup = readCgroup.of(task.cgroups);
    const namespacePids = readNamespacePids(task.threadPid);
    return {
      pid: task.pid,
      parentPid: pids.get(task.parent) ?? tasks.processIdOf(task.parent),
      name: task.name,
      state: stateLetter(task.state, task.exitState),
      threads: group?.threads ?? 1,
      threadStates: totals?.states ?? null,
      startTimeNanoseconds: Number(task.startTimeNanoseconds),
      userNanoseconds: times === null ? null : Number(times.user),
      systemNanoseconds: times === null ? null : Number(times.system),
      voluntarySwitches: totals === null ? null : Number(totals.voluntarySwitches),
      involuntarySwitches: totals === null ? null : Number(totals.involuntarySwitches),
      residentBytes: hasNoMemory(running) ? 0 : (space?.residentBytes ?? null),
      commandLine: commandLine?.arguments ?? null,
      commandLineCut: commandLine?.cut ?? false,
      executable: executable?.path ?? null,
      executableDeleted: executable?.deleted ?? false,
      uid: credentials.of(task.realCred)?.uid ?? null,
      effectiveUid: credentials.of(task.cred)?.effectiveUid ?? null,
      cgroup,
      ...(cgroup === null ? { unit: null, userUnit: null } : unitsOfCgroup(cgroup)),
      // A process that is ending has given its numbers back, or another has its memory by now.
      namespacePids: namespacePids?.[0] === task.pid ? namespacePids : [task.pid],
      kernelThread: task.kernelThread,
    };
  }

  return {
    list: () => {
      kernel.renew();
      if (!kernel.verify()) {
        throw new GuestError('inconsistent', 'the guest runs another kernel than the one that was found (it restarted?): open it anew');
      }
      const { tasks: found, retries } = tasks.list();
      const pids = new Map(found.map((task) => [task.address, task.pid]));
      steadyTimes.keepOnly(found);
      readCgroup.forget();
      credentials.forget();
      const running = new Map<number, Task>();
      const processes = found.map((task) => {
        const group = readThreads(task);
        running.set(task.pid, group?.running ?? task);
        return describe(task, group, pids);
      });
      return { processes, retries, tasks: running };
    },
  };
}

/** What was read at an address, until `forget`: many processes share it, and within one list it does not change. */
function remembering<Value>(read: (address: bigint) => Value): { of(address: bigint): Value; forget(): void } {
  const known = new Map<bigint, Value>();
  return {
    of: (address) => {
      let value = known.get(address);
      if (value === undefined) known.set(address, (value = read(address)));
      return value;
    },
    forget: () => known.clear(),
  };
}

/** Kernel threads borrow the memory of processes; it isn't theirs. */
const hasNoMemory = (task: Task) => task.kernelThread || task.mm === 0n;

function createDetailReader(kernel: Kernel, readTask: (address: bigint) => Task | null, commandLineBytes: number): (task: Task) => Details {
  const readSpace = createAddressSpaceReader(kernel);
  const paths = createPaths(kernel);
  const inFile = BigInt(kernel.offsetOf('file', 'f_path'));
  const once = (mm: bigint): Details => {
    const space = readSpace(mm);
    if (space === null) return NO_DETAILS;
    return {
      space,
      commandLine: readCommandLine(kernel, space, commandLineBytes),
      executable: space.executable === 0n ? null : paths.read(space.executable + inFile),
    };
  };
  return (task) => {
    let current = task;
    for (let pass = 0; pass < DETAIL_PASSES; pass++) {
      if (hasNoMemory(current)) return NO_DETAILS;
      const details = once(current.mm);
      // The memory of a process lives as long as the process points to it: what was read in between was its own.
      const after = readTask(task.address);
      if (after === null || after.pid !== task.pid || after.tgid !== task.tgid || after.startTimeNanoseconds !== task.startTimeNanoseconds) return NO_DETAILS;
      if (after.mm === current.mm) return details;
      current = after;
    }
    return NO_DETAILS;
  };
}
