/** A process of a guest as the API shows it. */
import type { ProcessState } from '../guest/processes/state.ts';
import type { GuestProcess } from '../guest/processes/process.ts';

/** Texts come from the guest: they may hold any character. Null: not known, or there is none. */
export interface ShownProcess {
  pid: number;
  parentPid: number | null;
  name: string;
  state: ProcessState;
  threads: number;
  /** Since the guest's boot. */
  startSeconds: number;
  cpuSeconds: number | null;
  residentBytes: number | null;
  /** The arguments joined by blanks, or, where they are not to be shown, `nginx [3 arguments]`. Null also of kernel threads and zombies. */
  commandLine: string | null;
  /** Arguments after the command's own name. */
  argumentCount: number | null;
  executable: string | null;
  uid: number | null;
  cgroup: string | null;
  unit: string | null;
  userUnit: string | null;
  kernelThread: boolean;
}

const NANOSECONDS = 1e9;
const MOST_CHARACTERS = 4096;

export function shownProcess(process: GuestProcess, showArguments: boolean): ShownProcess {
  const { pid, parentPid, name, state, threads, residentBytes, uid, kernelThread, userNanoseconds, systemNanoseconds } = process;
  const argumentCount = process.commandLine === null ? null : Math.max(0, process.commandLine.length - 1);
  return {
    pid,
    parentPid,
    name: short(name),
    state,
    threads,
    startSeconds: process.startTimeNanoseconds / NANOSECONDS,
    cpuSeconds: userNanoseconds === null || systemNanoseconds === null ? null : (userNanoseconds + systemNanoseconds) / NANOSECONDS,
    residentBytes,
    commandLine: showArguments ? whole(process) : redacted(process, argumentCount),
    argumentCount,
    executable: orNull(process.executable),
    uid,
    cgroup: orNull(process.cgroup),
    unit: orNull(process.unit),
    userUnit: orNull(process.userUnit),
    kernelThread,
  };
}

function whole({ commandLine, commandLineCut }: GuestProcess): string | null {
  return commandLine === null ? null : short(`${commandLine.join(' ')}${commandLineCut ? '…' : ''}`);
}

/** Not the first argument either: programs write what they like into it, such as the query that they are at. */
function redacted({ executable, name, commandLineCut }: GuestProcess, argumentCount: number | null): string | null {
  if (argumentCount === null) return null;
  const own = short(executable?.slice(executable.lastIndexOf('/') + 1) || name);
  if (commandLineCut) return `${own} [more than ${argumentCount} arguments]`;
  return argumentCount === 0 ? own : `${own} [${argumentCount} ${argumentCount === 1 ? 'argument' : 'arguments'}]`;
}

function orNull(text: string | null): string | null {
  return text === null ? null : short(text);
}

function short(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
