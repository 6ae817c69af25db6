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
  still: { forMs: number; looks: number };
}

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
  if (now.state !== 'T' && now.state !== 'D') return { ...now, still: { forMs: 0, looks: 0 } };
  const stoodStill =
    before !== undefined && stepMs !== null && before.state === now.state && now.cpuNanoseconds !== null && before.cpuNanoseconds === now.cpuNanoseconds && before.switches === now.switches;
  return { ...now, still: stoodStill ? { forMs: before.still.forMs + stepMs, looks: before.still.looks + 1 } : { forMs: 0, looks: 1 } };
}

function sum(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}
