import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process for all time: pids come round again, a pid with its start time does not while the machine is up. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since the machine started, field 22 of /proc/PID/stat (proc(5)). */
  startTicks: number;
}

/** Field 22 of a /proc/PID/stat line. The second field, the command's name, may hold spaces and brackets. */
export function parseStartTicks(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(afterName[19]);
  if (!Number.isSafeInteger(ticks)) throw new Error('not a /proc/PID/stat line');
  return ticks;
}

/** Undefined for a process that does not exist (any more). */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : { pid, startTicks: parseStartTicks(stat) };
}

/** True when this very process still exists, as a zombie too. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks;
}

/** Sends a signal to this very process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** This boot of the machine; start times of an earlier one mean nothing. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function allPids(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The pid namespace of a process, for example `pid:[4026532201]`; undefined when it is gone or a zombie. */
export function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** Every process of the namespace that `init` is the first process of. */
export function processesInside(init: ProcessIdentity): number[] {
  const namespace = isAlive(init) ? pidNamespace(init.pid) : undefined;
  if (namespace === undefined) return [];
  return allPids().filter((pid) => pidNamespace(pid) === namespace);
}

/** The machine's pid of the process that a namespace calls `innerPid`. */
export function outerPid(init: ProcessIdentity, innerPid: number): number | undefined {
  return processesInside(init).find((pid) => innermostPid(readOrUndefined(`/proc/${pid}/status`) ?? '') === innerPid);
}

/** The last number of the NSpid line of /proc/PID/status: what the process is called in its own pid namespace. */
export function innermostPid(status: string): number | undefined {
  const numbers = /^NSpid:\s+(.+)$/m.exec(status)?.[1]?.split(/\s+/);
  const last = numbers?.at(-1);
  return last === undefined ? undefined : Number(last);
}

export function commandLine(pid: number): string[] {
  return (readOrUndefined(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

/** A process in state Z has ended and only waits for its parent. */
export function isZombie(pid: number): boolean {
  return /^State:\s+Z/m.test(readOrUndefined(`/proc/${pid}/status`) ?? '');
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
