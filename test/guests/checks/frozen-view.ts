import type { Kernel } from '../../../exporter/src/guest/index.ts';
import { createProcessLister } from '../../../exporter/src/guest/processes/list.ts';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import { compareLists } from '../../../exporter/src/guest/processes/testing/compare-lists.ts';
import { createListeningSocketReader } from '../../../exporter/src/guest/sockets/listening.ts';
import { guestProcesses } from '../../lab/guest-processes.ts';
import type { LinuxGuest } from '../../lab/lab.ts';
import { backlogsOf, compareBacklogs, compareDetails, ownDetailsScript, parseOwnDetails } from './own-details.ts';

/** Where the view from outside and the guest's own differ. */
export interface Comparison {
  /** Processes that were there all the time, each compared in every field. */
  compared: number;
  /** In the guest's own list. */
  processes: number;
  /** Processes of which systemd itself said what their unit is. */
  units: number;
  /** One line for each. */
  mismatches: string[];
}

const DETAILS_DEADLINE_MS = 180_000;
/** /proc counts in hundredths of a second. */
const TICK_NANOSECONDS = 1e7;

/**
 * Looks into the guest while none of its processors runs, lets it say itself what runs in it, and looks once more: what does not change has to be
 * the same in all, and what counts up has to lie between.
 */
export async function compareWithOwnView(guest: LinuxGuest, kernel: Kernel, system: 'tiny' | 'debian'): Promise<Comparison> {
  const look = createLook(kernel);
  const before = await frozen(guest, look);
  const own = await guestProcesses(guest.agent);
  const details = parseOwnDetails(await guest.agent.run(ownDetailsScript(system), DETAILS_DEADLINE_MS));
  const after = await frozen(guest, look);
  const { compared, differences } = compareLists(before.processes, own, after.processes);
  const mismatches = [
    ...before.unsteady,
    ...after.unsteady,
    ...differences,
    ...compareDetails(before.processes, details.processes, after.processes),
    ...compareBacklogs(before.backlogs, details.backlogs, after.backlogs),
    ...missingInEither(before.processes, own, after.processes),
  ];
  const units = [...details.processes.values()].filter(({ unit }) => unit !== undefined).length;
  if (system === 'debian' && units === 0) throw new Error("the guest's systemd told the unit of no process");
  return { compared, processes: own.length, units, mismatches };
}

/** Runs `look` while the guest stands still; it goes on afterwards, whatever happened. */
async function frozen<T>(guest: LinuxGuest, look: () => T): Promise<T> {
  await guest.host.virsh('suspend', guest.name);
  try {
    return look();
  } finally {
    await guest.host.virsh('resume', guest.name);
  }
}

interface Look {
  processes: GuestProcess[];
  backlogs: Map<string, number>;
  /** What two lists of a guest that stands still have different. */
  unsteady: string[];
}

function createLook(kernel: Kernel): () => Look {
  const lister = createProcessLister(kernel);
  const sockets = createListeningSocketReader(kernel);
  return () => {
    const first = lister.list().processes.map((process) => JSON.stringify(process));
    const { processes, tasks } = lister.list();
    const known = new Set(first);
    const unsteady = processes.filter((process) => !known.has(JSON.stringify(process))).map(({ pid, name }) => `${pid} ${name} changed while the guest stood still`);
    sockets.renew();
    const backlogs = backlogsOf([...tasks.values()].flatMap((task) => sockets.read(task).sockets));
    return { processes, backlogs, unsteady: first.length === processes.length ? unsteady : [...unsteady, 'two lists of a guest that stood still are not of the same length'] };
  };
}

/** A process that was there before and after was there in between; and one of the guest's own list that is as old as the look before was in it. */
function missingInEither(before: readonly GuestProcess[], own: readonly { pid: number; name: string; startTicks: number }[], after: readonly GuestProcess[]): string[] {
  const inside = new Set(own.map(({ pid }) => pid));
  const keyOf = ({ pid, startTimeNanoseconds }: GuestProcess): string => `${pid}:${startTimeNanoseconds}`;
  const lasting = new Set(before.map(keyOf));
  const outside = new Set([...before, ...after].map(({ pid }) => pid));
  const newestTicks = Math.floor(Math.max(...before.map(({ startTimeNanoseconds }) => startTimeNanoseconds)) / TICK_NANOSECONDS);
  return [
    ...after.filter((process) => lasting.has(keyOf(process)) && !inside.has(process.pid)).map(({ pid, name }) => `${pid} ${name} is not in the guest's own list`),
    ...own.filter(({ pid, startTicks }) => !outside.has(pid) && startTicks < newestTicks).map(({ pid, name }) => `${pid} ${name} is only in the guest's own list`),
  ];
}
