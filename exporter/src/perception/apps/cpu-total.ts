/** CPU time of an app over all processes that it has had, those that ended too, as far as looks saw it. */
import type { SeenProcess } from './look.ts';
import { identity, MOST_FOLLOWED } from './members.ts';

export interface CpuTotal {
  /** Never falls. */
  nanoseconds: number;
  /** What is in it of each process of the latest list, and of the latest that left it. */
  counted: readonly { identity: string; nanoseconds: number }[];
}

/** A process that leaves the list may come back, as one that could not be told for a while: nothing of it counts twice. */
const MOST_LEFT = 64;

export const NO_CPU: CpuTotal = { nanoseconds: 0, counted: [] };

/** Takes in the processes of one more list. What is not known of a process counts once it is; a list of too many changes nothing. */
export function countCpu(before: CpuTotal, members: readonly SeenProcess[]): CpuTotal {
  if (members.length > MOST_FOLLOWED) return before;
  const known = new Map(before.counted.map(({ identity: key, nanoseconds }) => [key, nanoseconds]));
  let { nanoseconds } = before;
  const present = members.map((process) => {
    const key = identity(process);
    const counted = known.get(key) ?? 0;
    known.delete(key);
    const used = Math.max(counted, (process.userNanoseconds ?? 0) + (process.systemNanoseconds ?? 0));
    nanoseconds += used - counted;
    return { identity: key, nanoseconds: used };
  });
  const left = [...known].slice(-MOST_LEFT).map(([key, counted]) => ({ identity: key, nanoseconds: counted }));
  return { nanoseconds, counted: [...left, ...present] };
}

/** Another boot has other processes, whatever their pids. */
export function afterReboot({ nanoseconds }: CpuTotal): CpuTotal {
  return { nanoseconds, counted: [] };
}
