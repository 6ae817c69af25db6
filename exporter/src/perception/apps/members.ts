/** The processes of one app from look to look: which are new, how much they worked, which of them stand still. */
import type { SeenProcess } from './look.ts';

/** More are counted, but not followed. */
export const MOST_FOLLOWED = 1024;

export interface MemberRecord {
  pid: number;
  startTimeNanoseconds: number;
  state: SeenProcess['state'];
  /** Null: unknown. */
  cpuNanoseconds: number | null;
  switches: number | null;
  /** Guest's time and looks in which it was stopped, or in D, and did not do anything at all. */
  still: Still;
}

interface Still {
  forMs: number;
  looks: number;
  /** At each of these looks every one of its threads was stopped, none of them by a debugger, and it belonged to a service of the system's systemd: no job of a shell. */
  isWholeService: boolean;
}

const NOT_STILL: Still = { forMs: 0, looks: 0, isWholeService: false };

/** What an app did since the look before. */
export interface Progress {
  /** Null: unknown, also where the look before gave no list. */
  cpuMs: number | null;
  /** It started processes. */
  hasNew: boolean;
  /** None of its processes is one that it had. */
  isStartedAnew: boolean;
}

const NANOSECONDS_PER_MS = 1e6;

export function identity({ pid, startTimeNanoseconds }: Pick<SeenProcess, 'pid' | 'startTimeNanoseconds'>): string {
  return `${pid}:${startTimeNanoseconds}`;
}

/** `stepMs`: time of the guest since the look before; null: that gave no list. */
export function followMembers(before: readonly MemberRecord[], members: readonly SeenProcess[], stepMs: number | null): { records: MemberRecord[]; progress: Progress } {
  const known = new Map(before.map((record) => [identity(record), record]));
  const records = members.slice(0, MOST_FOLLOWED).map((process) => follow(known.get(identity(process)), process, stepMs));
  const isWhole = stepMs !== null && members.length <= MOST_FOLLOWED && records.every(({ cpuNanoseconds }) => cpuNanoseconds !== null);
  const worked = records.reduce((sum, record) => sum + Math.max(0, (record.cpuNanoseconds ?? 0) - (known.get(identity(record))?.cpuNanoseconds ?? 0)), 0);
  return {
    records,
    progress: {
      cpuMs: isWhole ? worked / NANOSECONDS_PER_MS : null,
      hasNew: records.some((record) => !known.has(identity(record))),
      isStartedAnew: records.length > 0 && records.every((record) => !known.has(identity(record))),
    },
  };
}

function follow(before: MemberRecord | undefined, process: SeenProcess, stepMs: number | null): MemberRecord {
  const now = {
    pid: process.pid,
    startTimeNanoseconds: process.startTimeNanoseconds,
    state: process.state,
    cpuNanoseconds: sum(process.userNanoseconds, process.systemNanoseconds),
    switches: sum(process.voluntarySwitches, process.involuntarySwitches),
  };
  if (now.state !== 'T' && now.state !== 'D') return { ...now, still: NOT_STILL };
  const isWholeService = isWhollyStopped(process) && isOfService(process);
  const stoodStill =
    before !== undefined && stepMs !== null && before.state === now.state && now.cpuNanoseconds !== null && before.cpuNanoseconds === now.cpuNanoseconds && before.switches === now.switches;
  if (!stoodStill) return { ...now, still: { forMs: 0, looks: 1, isWholeService } };
  return { ...now, still: { forMs: before.still.forMs + stepMs, looks: before.still.looks + 1, isWholeService: before.still.isWholeService && isWholeService } };
}

function isWhollyStopped({ state, threads, threadStates }: SeenProcess): boolean {
  return state === 'T' && threadStates !== null && threadStates.T === threads && Object.entries(threadStates).every(([letter, count]) => letter === 'T' || count === 0);
}

/** systemd gives its services no controlling terminal unless they ask for one; what a person starts is in a scope of the session, or in a unit of the person's own systemd. */
function isOfService({ unit, userUnit }: SeenProcess): boolean {
  return unit !== null && unit.endsWith('.service') && userUnit === null;
}

function sum(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}
