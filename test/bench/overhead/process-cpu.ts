import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second there, whatever its own clock (USER_HZ). */
const TICK_SECONDS = 0.01;

/** CPU time of a process with all its threads, user and system. @throws when it is gone */
export function processCpuSeconds(pid: number): number {
  return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** Fields 14 and 15 of a line of /proc/PID/stat (proc(5)). The second field, the command's name, may hold spaces and brackets. */
export function cpuSecondsOf(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(afterName[11]) + Number(afterName[12]);
  if (!Number.isSafeInteger(ticks)) throw new Error('not a /proc/PID/stat line');
  return ticks * TICK_SECONDS;
}
