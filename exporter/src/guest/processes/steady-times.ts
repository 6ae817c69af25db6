import type { Task } from './tasks.ts';
import { adjust, type Times } from './threads.ts';

type Named = Pick<Task, 'pid' | 'startTimeNanoseconds'>;

export interface SteadyTimes {
  /** `times` of a process, neither part below what was answered for it before. */
  of(process: Named, times: Times): Times;
  /** Forgets all other processes. */
  keepOnly(processes: readonly Named[]): void;
}

/**
 * CPU times that never fall. The kernel divides the run time anew at every reading, by all ticks so far, and sees to it that neither part
 * falls by writing down what it showed; who only reads has to remember that itself.
 */
export function createSteadyTimes(): SteadyTimes {
  let shown = new Map<string, Times>();
  const key = ({ pid, startTimeNanoseconds }: Named) => `${pid} ${startTimeNanoseconds}`;
  return {
    of: (process, times) => {
      const before = shown.get(key(process));
      const now = before === undefined ? times : adjust(times, times.user + times.system, before);
      shown.set(key(process), now);
      return now;
    },
    keepOnly: (processes) => {
      const kept = new Map<string, Times>();
      for (const process of processes) {
        const times = shown.get(key(process));
        if (times !== undefined) kept.set(key(process), times);
      }
      shown = kept;
    },
  };
}
