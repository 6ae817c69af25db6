import type { OwnProcess } from '../../../../../test/lab/guest-processes.ts';
import type { GuestProcess } from '../process.ts';

/** As the guest's own /proc shows it. */
export type ProcProcess = Omit<OwnProcess, 'residentKibibytes'>;

const TICK_NANOSECONDS = 1e7;
const PAGE_BYTES = 4096;

/**
 * What a guest's own list, made between two lists from outside, says otherwise; one line for each. Processes that are not in all
 * three are left out: they began or ended meanwhile. What changes all the time has to lie between what it was and what it became.
 */
export function compareLists(before: readonly GuestProcess[], own: readonly ProcProcess[], after: readonly GuestProcess[]): { compared: number; differences: string[] } {
  const earlier = new Map(before.map((process) => [process.pid, process]));
  const later = new Map(after.map((process) => [process.pid, process]));
  const differences: string[] = [];
  let compared = 0;
  for (const theirs of own) {
    const [first, last] = [earlier.get(theirs.pid), later.get(theirs.pid)];
    if (first === undefined || last === undefined || first.startTimeNanoseconds !== last.startTimeNanoseconds) continue;
    compared += 1;
    for (const [what, fits] of Object.entries(checks(first, theirs, last))) {
      if (!fits) differences.push(`${what} of ${theirs.pid} ${theirs.name}: ${show(first)}, ${JSON.stringify(theirs)}, ${show(last)}`);
    }
  }
  return { compared, differences };
}

const show = (process: GuestProcess) => JSON.stringify(process);
const ticks = (nanoseconds: number | null) => (nanoseconds === null ? NaN : Math.floor(nanoseconds / TICK_NANOSECONDS));
const pages = (bytes: number | null) => (bytes === null ? NaN : bytes / PAGE_BYTES);
/** As this list leaves out empty arguments at the end. */
const words = (commandLine: readonly string[]) => commandLine.join('\0').replace(/\0+$/, '');

/** Of one that has not run in between, both parts to the tick. Else their sum: the parts are divided anew at every look, here as there. */
function cpuTimeFits(first: GuestProcess, theirs: ProcProcess, last: GuestProcess): boolean {
  const total = (process: GuestProcess) => (process.userNanoseconds ?? NaN) + (process.systemNanoseconds ?? NaN);
  if (total(first) === total(last)) return ticks(last.userNanoseconds) === theirs.userTicks && ticks(last.systemNanoseconds) === theirs.systemTicks;
  const sum = theirs.userTicks + theirs.systemTicks;
  // Each of their parts is rounded down.
  return sum >= ticks(total(first)) - 1 && sum <= ticks(total(last));
}

function checks(first: GuestProcess, theirs: ProcProcess, last: GuestProcess): Record<string, boolean> {
  const oneOf = <Value>(read: (process: GuestProcess) => Value, value: Value) => read(first) === value || read(last) === value;
  const between = (read: (process: GuestProcess) => number, value: number) =>
    value >= Math.min(read(first), read(last)) && value <= Math.max(read(first), read(last));
  return {
    parent: oneOf(({ parentPid }) => parentPid, theirs.parentPid),
    // The guest shows kernel threads by longer names than the 15 bytes that every thread has.
    name: first.kernelThread ? theirs.name.startsWith(first.name) : oneOf(({ name }) => name, theirs.name),
    // What runs and sleeps by turns is seen in either; the other states last.
    state: oneOf(({ state }) => state, theirs.state) || ('RSDI'.includes(theirs.state) && 'RSDI'.includes(first.state)),
    threads: between(({ threads }) => threads, theirs.threads),
    start: ticks(first.startTimeNanoseconds) === theirs.startTicks,
    cpuTime: cpuTimeFits(first, theirs, last),
    resident: between(({ residentBytes }) => pages(residentBytes), theirs.residentPages),
    uid: oneOf(({ uid }) => uid, theirs.uid),
    cgroup: theirs.cgroup === null || oneOf(({ cgroup }) => cgroup, theirs.cgroup),
    commandLine: oneOf(({ commandLine }) => words(commandLine ?? []), words(theirs.commandLine)),
    executable: oneOf(({ executable, executableDeleted }) => (executable === null ? null : `${executable}${executableDeleted ? ' (deleted)' : ''}`), theirs.executable),
  };
}
