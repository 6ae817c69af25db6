/**
 * Tells boots of a guest apart by its processes alone, for as long as nothing better is read: the first process and the kernel's own
 * threads live from boot to boot and were started at times that no other boot repeats to the nanosecond. Pure but for what it remembers.
 */
import type { SeenProcess } from './look.ts';
import { identity } from './members.ts';

export interface BootNames {
  /**
   * The name of the boot that a list shows; the same for as long as the guest goes on, also when it moved to another machine.
   *
   * @param atMs monotonic, from before the list was read
   */
  nameOf(uuid: string, processes: readonly SeenProcess[], atMs: number): string;
  /** The guest was restarted, by `atMs`. Its memory may show the boot before for a while: that keeps its name until something happens in it. */
  rebooted(uuid: string, atMs: number): void;
  forget(uuid: string): void;
}

interface Known {
  number: number;
  /** Identities of what lives from boot to boot. */
  anchors: ReadonlySet<string>;
  /** A restart was told of: what the first list after it showed of the boot before, null before that list. */
  left: { atMs: number; activity: ReadonlyMap<string, number> | null } | null;
}

const INIT_PID = 1;
const MOST_ANCHORS = 64;
/** Of the anchors; some kernel threads end when a device goes. */
const LEAST_SHARE = 0.5;

/** Over all: where one source of looks takes another's place, no name of the old one must come to mean another boot. */
let lastNumber = 0;

export function createBootNames(): BootNames {
  const guests = new Map<string, Known>();

  function begin(uuid: string, anchors: ReadonlySet<string>): number {
    lastNumber += 1;
    guests.set(uuid, { number: lastNumber, anchors, left: null });
    return lastNumber;
  }

  function numberOf(uuid: string, processes: readonly SeenProcess[], atMs: number): number {
    const known = guests.get(uuid);
    const anchors = anchorsOf(processes);
    if (known === undefined || !isSame(known.anchors, anchors)) return begin(uuid, anchors);
    if (known.left !== null) {
      if (atMs < known.left.atMs) return known.number;
      const activity = activityOf(processes);
      // It went on after the news of its end: that was late, and is about the boot before this one.
      if (known.left.activity !== null && hasAdvanced(known.left.activity, activity)) return begin(uuid, anchors);
      known.left.activity ??= activity;
      return known.number;
    }
    known.anchors = anchors;
    return known.number;
  }

  return {
    nameOf: (uuid, processes, atMs) => `boot ${numberOf(uuid, processes, atMs)}`,
    rebooted(uuid, atMs) {
      const known = guests.get(uuid);
      if (known !== undefined) known.left = { atMs, activity: null };
    },
    forget: (uuid) => void guests.delete(uuid),
  };
}

function anchorsOf(processes: readonly SeenProcess[]): Set<string> {
  const lasting = processes.filter(({ pid, kernelThread }) => kernelThread || pid === INIT_PID).sort((a, b) => a.pid - b.pid);
  return new Set(lasting.slice(0, MOST_ANCHORS).map(identity));
}

function isSame(before: ReadonlySet<string>, now: ReadonlySet<string>): boolean {
  const init = initOf(before);
  const initNow = initOf(now);
  if (init !== undefined && initNow !== undefined && init !== initNow) return false;
  let kept = 0;
  for (const anchor of before) if (now.has(anchor)) kept += 1;
  return kept > 0 && kept >= before.size * LEAST_SHARE;
}

function initOf(anchors: ReadonlySet<string>): string | undefined {
  for (const anchor of anchors) if (anchor.startsWith(`${INIT_PID}:`)) return anchor;
  return undefined;
}

/** How much each process did so far; those of which that is not known are left out. */
function activityOf(processes: readonly SeenProcess[]): Map<string, number> {
  const activity = new Map<string, number>();
  for (const process of processes) {
    const { userNanoseconds, systemNanoseconds, voluntarySwitches, involuntarySwitches } = process;
    if (userNanoseconds === null || systemNanoseconds === null || voluntarySwitches === null || involuntarySwitches === null) continue;
    activity.set(identity(process), userNanoseconds + systemNanoseconds + voluntarySwitches + involuntarySwitches);
  }
  return activity;
}

/** Work was done, and none undone, as it would look in memory that is being overwritten. */
function hasAdvanced(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  let isMore = false;
  for (const [process, amount] of before) {
    const later = now.get(process);
    if (later === undefined) continue;
    if (later < amount) return false;
    isMore ||= later > amount;
  }
  return isMore;
}
