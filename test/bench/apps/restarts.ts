/** Units restarted in real guests by each way of starting a program, without the daemon: what it does to the guest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ActionFailed, ActionRefused, restartUnit } from '../../../exporter/src/guest/actions/index.ts';
import type { SerialConsole, Way } from '../../../exporter/src/guest/actions/index.ts';
import { createProcessLister } from '../../../exporter/src/guest/processes/list.ts';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import { openSerialConsole } from '../../guests/checks/serial-console.ts';
import { actOn, bootId, kernelTrouble } from '../../guests/checks/unharmed.ts';
import type { ActedOn } from '../../guests/checks/unharmed.ts';
import type { MatrixEntry } from '../../guests/matrix.ts';
import { DEBIAN_APPS } from '../../lab/linux-guest.ts';
import type { LinuxGuest } from '../../lab/lab.ts';

export const WAYS = ['keyboard', 'sysrq', 'injection'] as const satisfies readonly Way[];

/** What all restarts of one guest did. */
export interface RestartCount {
  done: Record<Way, number>;
  /** Refused by a rule: the guest was not touched. By reason. */
  refused: Record<string, number>;
  /** Begun, and no new processes came of it. */
  failed: number;
  seconds: number[];
  /** Processes of before that a restart of something else ended. */
  othersAffected: number;
  /** Restarts after which hooked memory was not as before. */
  memoryDifferences: number;
  kernelWarnings: number;
  reboots: number;
}

const LISTS_APART_MS = 5000;
const LIMIT_MS = 60_000;
const POLL_MS = 100;
/** Three units by turns stay below systemd's start limit then. */
const BETWEEN_MS = 1500;
const UNITS: readonly string[] = DEBIAN_APPS.map(({ unit }) => unit);

export interface RestartOptions {
  guest: LinuxGuest;
  entry: MatrixEntry;
  /** By each way that this guest has. */
  perWay: number;
  signal: AbortSignal;
  progress(text: string): void;
}

export function waysOf(entry: MatrixEntry): readonly Way[] {
  return WAYS.filter((way) => way !== 'keyboard' || entry.options.keyboard !== false);
}

export async function restartAgainAndAgain(options: RestartOptions): Promise<RestartCount> {
  const { guest, entry, perWay, signal, progress } = options;
  const count: RestartCount = { done: { keyboard: 0, sysrq: 0, injection: 0 }, refused: {}, failed: 0, seconds: [], othersAffected: 0, memoryDifferences: 0, kernelWarnings: 0, reboots: 0 };
  const boot = await bootId(guest);
  {
    await using acted = await actOn(guest);
    await using console = await openSerialConsole(guest, acted.opened);
    const watch = await watchOthers(acted, signal);
    for (const way of waysOf(entry)) {
      // A way that is always refused comes to an end too.
      for (let tries = 0; count.done[way] < perWay && tries < 2 * perWay; tries++) {
        signal.throwIfAborted();
        await restartOnce({ acted, console, way, unit: UNITS[tries % UNITS.length] as string, watch, count, signal });
      }
      progress(`${way}: ${count.done[way]} restarts, ${count.failed} failed, refused ${JSON.stringify(count.refused)}`);
    }
  }
  count.kernelWarnings = (await kernelTrouble(guest)).length;
  count.reboots = (await bootId(guest)) === boot ? 0 : 1;
  return count;
}

interface One {
  acted: ActedOn;
  console: SerialConsole;
  way: Way;
  unit: string;
  watch: OthersWatch;
  count: RestartCount;
  signal: AbortSignal;
}

async function restartOnce({ acted, console, way, unit, watch, count, signal }: One): Promise<void> {
  const { tools, folder } = acted.opened;
  const bytes = acted.hookBytes();
  const old = new Set(watch.unit(unit).map(keyOf));
  const startedMs = performance.now();
  try {
    await restartUnit(tools, { order: [way], console, gdbFolder: folder }, { name: unit, condition: 'dead', earlier: [], isGone: () => watch.unit(unit).length === 0 });
    if (await isRenewed(watch, unit, old, signal)) {
      count.done[way] += 1;
      count.seconds.push((performance.now() - startedMs) / 1000);
    } else count.failed += 1;
  } catch (error) {
    if (error instanceof ActionRefused) count.refused[error.reason] = (count.refused[error.reason] ?? 0) + 1;
    else if (error instanceof ActionFailed) count.failed += 1;
    else throw error;
  }
  if (acted.hookBytes() !== bytes) count.memoryDifferences += 1;
  count.othersAffected += watch.missing();
  await sleep(BETWEEN_MS, undefined, { signal });
}

/** The unit has processes, and none of them is an old one. */
async function isRenewed(watch: OthersWatch, unit: string, old: ReadonlySet<string>, signal: AbortSignal): Promise<boolean> {
  const endMs = performance.now() + LIMIT_MS;
  while (performance.now() < endMs) {
    const now = watch.unit(unit);
    if (now.length > 0 && now.every((process) => !old.has(keyOf(process)))) return true;
    await sleep(POLL_MS, undefined, { signal });
  }
  return false;
}

interface OthersWatch {
  unit(name: string): GuestProcess[];
  /** How many of the others are gone since the last call; each counts once. */
  missing(): number;
}

/** The others: processes of none of the units that last. Those that the guest begins and ends by itself all the time don't; kernel threads neither. */
async function watchOthers({ opened }: ActedOn, signal: AbortSignal): Promise<OthersWatch> {
  const lister = createProcessLister(opened.tools.kernel);
  const list = (): GuestProcess[] => lister.list().processes;
  const isOther = ({ kernelThread, unit }: GuestProcess): boolean => !kernelThread && !UNITS.includes(unit ?? '');
  const first = new Set(list().filter(isOther).map(keyOf));
  await sleep(LISTS_APART_MS, undefined, { signal });
  const others = new Set(list().filter(isOther).map(keyOf).filter((key) => first.has(key)));
  return {
    unit: (name) => list().filter(({ unit, state }) => unit === name && state !== 'Z' && state !== 'X'),
    missing() {
      const now = new Set(list().map(keyOf));
      const gone = [...others].filter((key) => !now.has(key));
      for (const key of gone) others.delete(key);
      return gone.length;
    },
  };
}

function keyOf({ pid, startTimeNanoseconds }: GuestProcess): string {
  return `${pid}:${startTimeNanoseconds}`;
}
