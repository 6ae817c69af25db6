import { refusingGuestErrors } from '../actions/action-error.ts';
import { ActionRefused, restartUnit, signalProcess, startProcess, systemClock } from '../actions/index.ts';
import type { ActionTools, Journal, LibvirtFacts, ProcessName, Way, Ways } from '../actions/index.ts';
import { createProfiles, type Profiles } from '../kernel/profiles.ts';
import { createProcessLister } from '../processes/list.ts';
import { openActingGuest } from './acting-guest.ts';
import type { ActingGuest, DomainConnection } from './acting-guest.ts';
import { gdbFolderFor } from './gdb-folder.ts';
import { halfDone } from './half-done.ts';
import type { ActingContext, ActingVerb, Handlers } from './handlers.ts';
import { createHealer } from './healer.ts';
import type { HelperLog } from './log.ts';
import { withOpenFiles } from './open-files.ts';
import type { QemuFinder } from './qemu-finder.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';
import { createRestartHistory } from './restart-history.ts';
import { openSerialConsole, serialPtyOf } from './serial-console.ts';
import type { Signalled, Started, VerbTypes } from './verbs.ts';

export interface GuestActorOptions {
  connect: (qemu: QemuProcess) => DomainConnection;
  journal: Journal;
  /** The helper's own, trusted. */
  runFolder: string;
  finder: Pick<QemuFinder, 'find' | 'isSame'>;
  log: HelperLog;
  profiles?: Profiles;
}

/** Does what changes guests. */
export interface GuestActor {
  readonly handlers: Pick<Handlers, ActingVerb>;
  /** Heals what an earlier helper left in guests, now and again until nothing is left. */
  startHealing(): void;
  close(): Promise<void>;
}

/** What an action works with, once everything that stands before it is passed. */
interface Scene {
  guest: ActingGuest;
  tools: ActionTools;
  ways: Ways;
  gdbFolder: string;
}

/** States of processes that have ended. */
const ENDED = new Set(['Z', 'X']);

export function createGuestActor({ connect, journal, runFolder, finder, log, profiles = createProfiles() }: GuestActorOptions): GuestActor {
  const healer = createHealer({ journal, finder, connect, profiles, runFolder, log });
  const history = createRestartHistory();

  /** Heals, opens the guest, asks once more whether it may, acts. */
  async function acting<T>(context: ActingContext, act: (scene: Scene) => Promise<T>): Promise<T> {
    const { qemu } = context;
    const release = healer.hold(qemu.uuid);
    try {
      const { result, text } = await healer.heal(qemu);
      if (result === 'left') throw new Refusal('journal-unhealed', `something of an earlier action is still in this guest: ${text}`);
      const connection = connect(qemu);
      const libvirt = await factsOf(connection);
      const guest = await openActingGuest(qemu, connection, profiles, () => finder.isSame(qemu));
      try {
        requirePermission(context);
        return await withWays(context, connection, libvirt, (ways, gdbFolder) => act({ guest, tools: toolsOf(context, connection, libvirt, guest, journal), ways, gdbFolder }));
      } finally {
        guest.close();
      }
    } finally {
      release();
      // An action that did not come to its end is healed at once, not before the next action only.
      if (journal.domains().includes(qemu.uuid)) healer.again();
    }
  }

  async function withWays<T>(context: ActingContext, { monitor }: DomainConnection, { xml }: LibvirtFacts, use: (ways: Ways, gdbFolder: string) => Promise<T>): Promise<T> {
    const gdbFolder = gdbFolderFor(runFolder, context.qemu);
    const pty = context.sysrq ? serialPtyOf(xml) : null;
    const console = pty === null ? null : await openSerialConsole(pty, monitor).catch((error: Error) => (log.warn({ domain: context.qemu.uuid, err: error }, 'the serial console of a domain cannot be opened'), null));
    const order: Way[] = context.sysrq ? ['keyboard', 'sysrq', 'injection'] : ['keyboard', 'injection'];
    try {
      return await use({ order, console, gdbFolder }, gdbFolder);
    } finally {
      await console?.close();
    }
  }

  return {
    handlers: {
      'start-process': ({ command }, context) => acting(context, ({ tools, ways }) => startProcess(tools, ways, withOpenFiles(command))),
      'signal-process': (asked, context) => acting(context, (scene) => signalAll(scene, asked)),
      'restart-unit': ({ unit, killFirst }, context) =>
        acting(context, async ({ guest, tools, ways }) => {
          const processesOf = unitReader(guest, unit);
          const before = processesOf();
          const key = `${context.qemu.uuid} ${guest.boot} ${unit}`;
          const commands: Started[] = [];
          const plan = {
            name: unit,
            condition: killFirst ? ('hung' as const) : ('dead' as const),
            earlier: history.of(key, before),
            isGone: () => isEmpty(processesOf),
            onRun: (result: Started) => void commands.push(result),
          };
          try {
            await restartUnit(tools, ways, plan);
            return { commands };
          } catch (error) {
            throw commands.length > 0 ? halfDone(error, 'a command of the restart had been run before') : error;
          } finally {
            if (commands.length > 0) history.add(key, tools.clock.now(), before);
          }
        }),
    },
    startHealing: () => healer.start(),
    close: () => healer.stop(),
  };
}

async function factsOf(connection: DomainConnection): Promise<LibvirtFacts> {
  try {
    return await connection.facts();
  } catch (error) {
    throw new ActionRefused('domain-unclear', `libvirt does not tell what has to be known of the domain: ${(error as Error).message}`, { cause: error });
  }
}

function toolsOf(context: ActingContext, { monitor }: DomainConnection, libvirt: LibvirtFacts, { kernel, writer }: ActingGuest, journal: Journal): ActionTools {
  const { uuid, pid, startTicks } = context.qemu;
  return {
    domain: { uuid, qemuPid: pid, qemuStartTicks: startTicks },
    kernel,
    writer,
    monitor,
    journal,
    clock: systemClock,
    request: { optedIn: context.mayAct(), sysrqOptedIn: context.sysrq, effectiveUid: process.geteuid?.() ?? null, pauseBudgetMs: context.pauseBudgetMs },
    libvirt,
    mayAct: () => context.mayAct(),
  };
}

function requirePermission(context: ActingContext): void {
  if (!context.mayAct()) throw new Refusal('may-not-act', 'the domain, its lease or the time that was given changed before anything was done');
}

/** One after the other, all within one budget of standstill; those that are gone already are what was wanted. */
async function signalAll({ tools, gdbFolder }: Scene, { processes, signal }: VerbTypes['signal-process']['asked']): Promise<VerbTypes['signal-process']['answer']> {
  const done: Signalled[] = [];
  let pausedMs = 0;
  for (const { pid, startTimeNanoseconds } of processes) {
    const request = { ...tools.request, pauseBudgetMs: tools.request.pauseBudgetMs - pausedMs };
    try {
      pausedMs += (await signalProcess({ ...tools, request }, gdbFolder, { pid, startTimeNanoseconds }, signal)).pausedMs;
      done.push({ pid, startTimeNanoseconds, result: 'sent' });
    } catch (error) {
      if (!(error instanceof ActionRefused && error.reason === 'process-gone')) throw done.some(({ result }) => result === 'sent') ? halfDone(error, 'some of the processes had been signalled before') : error;
      done.push({ pid, startTimeNanoseconds, result: 'gone' });
    }
  }
  return { processes: done, pausedMs };
}

/** Processes of the unit that live. @throws ActionRefused where there is no good list */
function unitReader({ kernel }: ActingGuest, unit: string): () => ProcessName[] {
  const lister = refusingGuestErrors(() => createProcessLister(kernel));
  return () => refusingGuestErrors(() => lister.list().processes.filter((process) => process.unit === unit && (process.threads > 1 || !ENDED.has(process.state))));
}

/** No list is not an empty one. */
function isEmpty(read: () => readonly unknown[]): boolean {
  try {
    return read().length === 0;
  } catch {
    return false;
  }
}
