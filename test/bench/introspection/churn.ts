/** Whether lists were right while processes began and ended, judged afterwards by what the guest's kernel logged. Pure. */
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';

/** A process as the guest's own /proc names it. */
export interface NamedProcess {
  pid: number;
  /** Hundredths of a second since the guest's boot. */
  startTicks: number;
}

/** What the guest knows of the time in which the lists were made. */
export interface ChurnTruth {
  /** There before the first list was made. */
  before: readonly NamedProcess[];
  /** There after the last one. */
  after: readonly NamedProcess[];
  /** How often each pid was given to a new process or thread from before `before` until after the last list. */
  forks: ReadonlyMap<number, number>;
}

export interface ChurnVerdict {
  lists: number;
  /** Lists that missed a process that was there all the time, or showed one that never was. */
  wrongLists: number;
  missing: number;
  ghosts: number;
  /** There all the time: what every list had to show. */
  lasting: number;
  /** Processes that were seen and had not been there before. */
  seenNew: number;
}

export interface ChurnWatch {
  look(list: readonly Pick<GuestProcess, 'pid' | 'startTimeNanoseconds'>[]): void;
  judge(truth: ChurnTruth): ChurnVerdict;
}

const TICK_NANOSECONDS = 1e7;

export function createChurnWatch(): ChurnWatch {
  const lists: ReadonlySet<string>[] = [];
  /** Most lists show the same long-lived ones: each name is kept once. */
  const names = new Map<string, string>();
  const nameOf = (key: string): string => {
    const known = names.get(key);
    if (known === undefined) names.set(key, key);
    return known ?? key;
  };
  return {
    look: (list) => void lists.push(new Set(list.map(({ pid, startTimeNanoseconds }) => nameOf(`${pid}:${Math.floor(startTimeNanoseconds / TICK_NANOSECONDS)}`)))),
    judge: (truth) => judge(lists, truth),
  };
}

function judge(lists: readonly ReadonlySet<string>[], { before, after, forks }: ChurnTruth): ChurnVerdict {
  const keyOf = ({ pid, startTicks }: NamedProcess): string => `${pid}:${startTicks}`;
  const [earlier, later] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))];
  const lasting = [...earlier].filter((key) => later.has(key));
  const ghosts = findGhosts(new Set(lists.flatMap((list) => [...list])), earlier, forks);
  const isMissing = (list: ReadonlySet<string>): boolean => lasting.some((key) => !list.has(key));
  const hasGhost = (list: ReadonlySet<string>): boolean => [...ghosts].some((key) => list.has(key));
  return {
    lists: lists.length,
    wrongLists: lists.filter((list) => isMissing(list) || hasGhost(list)).length,
    missing: lists.filter(isMissing).length,
    ghosts: ghosts.size,
    lasting: lasting.length,
    seenNew: new Set(lists.flatMap((list) => [...list].filter((key) => !earlier.has(key)))).size,
  };
}

/** Of each pid there can be as many processes as it was given to, beside the one that had it before. All of a pid that has more are suspect. */
function findGhosts(seen: ReadonlySet<string>, earlier: ReadonlySet<string>, forks: ReadonlyMap<number, number>): Set<string> {
  const byPid = new Map<number, string[]>();
  for (const key of seen) {
    const pid = Number(key.split(':')[0]);
    if (!earlier.has(key)) byPid.set(pid, [...(byPid.get(pid) ?? []), key]);
  }
  return new Set([...byPid].filter(([pid, keys]) => keys.length > (forks.get(pid) ?? 0)).flatMap(([, keys]) => keys));
}
