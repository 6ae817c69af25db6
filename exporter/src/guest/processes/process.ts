import type { ProcessState } from './state.ts';

/**
 * A process of the guest, as its own `ps` would show it to root. Texts come from the guest: they may hold any character, control
 * characters too. Null is unknown, never "none" (where nothing else is said).
 */
export interface GuestProcess {
  /** In the guest's first pid namespace. */
  pid: number;
  /** 0 for the first process and for kthreadd; null: its parent ended while this was read. */
  parentPid: number | null;
  /** `comm`, at most 15 bytes; kernel threads are not given the longer names that ps shows. */
  name: string;
  /** Of the first thread. It is Z also where the first thread ended and others run on: `threads` is above 1 then. */
  state: ProcessState;
  threads: number;
  /** How many threads are in which state; null while they change too fast to be counted. */
  threadStates: Readonly<Partial<Record<ProcessState, number>>> | null;
  /** Since the guest's boot, time asleep included; with `pid` it names a process. */
  startTimeNanoseconds: number;
  /**
   * CPU time of all its threads, ended ones too, divided as /proc/PID/stat does it; null while the threads change too fast. Neither part falls from
   * list to list of one lister, so after the guest itself has looked they may be some ticks apart from what it sees; their sum is not.
   */
  userNanoseconds: number | null;
  systemNanoseconds: number | null;
  /** All its threads, ended ones too. */
  voluntarySwitches: number | null;
  involuntarySwitches: number | null;
  /** As ps prints it: on kernels since 6.2 without what single processors still have to add. 0 without an address space. */
  residentBytes: number | null;
  /** Arguments without empty ones at the end; null: none (kernel threads, zombies) or not in memory (swapped out). */
  commandLine: string[] | null;
  /** The command line was longer than what is read of it. */
  commandLineCut: boolean;
  /** Path within its mount namespace; null: none (kernel threads, zombies) or unknown. */
  executable: string | null;
  /** The file of that path was deleted or replaced since. */
  executableDeleted: boolean;
  /** Real user id in the guest's first user namespace. */
  uid: number | null;
  effectiveUid: number | null;
  /** Path in cgroup v2, else in systemd's hierarchy of cgroup v1. */
  cgroup: string | null;
  /** systemd's unit (service or scope) that the cgroup belongs to; null also where it belongs to none. */
  unit: string | null;
  /** The unit of a user's own systemd, within `unit` user@….service. */
  userUnit: string | null;
  /** The process's pid in each namespace that it is in, outermost first; the last one is the one that it sees itself. */
  namespacePids: number[];
  kernelThread: boolean;
}
