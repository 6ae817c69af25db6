import { healDomain, releaseGuest, systemClock } from '../actions/index.ts';
import type { HealOutcome, Journal } from '../actions/index.ts';
import type { Profiles } from '../kernel/profiles.ts';
import { openActingGuest } from './acting-guest.ts';
import type { ActingGuest, DomainConnection } from './acting-guest.ts';
import { gdbFolderFor } from './gdb-folder.ts';
import type { HelperLog } from './log.ts';
import type { QemuFinder } from './qemu-finder.ts';
import type { QemuProcess } from './qemu-identity.ts';

/** Takes back what actions that did not come to their end left in guests. */
export interface Healer {
  /** Of one domain, now. Waits for a healing that is under way. Never rejects. */
  heal(qemu: QemuProcess): Promise<HealOutcome>;
  /** All domains of the journal, now and again while anything is left. */
  start(): void;
  /** While an action is under way in a domain it is not healed from here. */
  hold(uuid: string): () => void;
  /** Something was left just now. */
  again(): void;
  stop(): Promise<void>;
}

export interface HealerOptions {
  journal: Journal;
  finder: Pick<QemuFinder, 'find' | 'isSame'>;
  connect: (qemu: QemuProcess) => DomainConnection;
  profiles: Profiles;
  runFolder: string;
  log: HelperLog;
  /** Of one domain; for tests. */
  healOne?: (qemu: QemuProcess) => Promise<HealOutcome>;
  firstMs?: number;
  mostMs?: number;
}

const FIRST_MS = 5000;
const MOST_MS = 60_000;
const RELEASE_MS = 5000;

export function createHealer(options: HealerOptions): Healer {
  const { journal, finder, log, firstMs = FIRST_MS, mostMs = MOST_MS } = options;
  const healOne = options.healOne ?? ((qemu: QemuProcess) => healThrough(options, qemu));
  const underWay = new Map<string, Promise<HealOutcome>>();
  const held = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let round: Promise<void> | null = null;
  let waitMs = firstMs;
  let isStopped = false;

  function heal(qemu: QemuProcess): Promise<HealOutcome> {
    const known = underWay.get(qemu.uuid);
    if (known !== undefined) return known;
    const healing = healOne(qemu).finally(() => underWay.delete(qemu.uuid));
    underWay.set(qemu.uuid, healing);
    return healing;
  }

  /** @returns something is left of which healing may come again */
  async function healAll(): Promise<boolean> {
    let isLeft = false;
    for (const uuid of journal.domains()) {
      if (isStopped) return false;
      isLeft ||= held.has(uuid);
      // Where it does not run here, there is nothing to write to; before its next action it is healed.
      const qemu = held.has(uuid) ? null : await finder.find(uuid).catch(() => null);
      if (qemu === null || held.has(uuid)) continue;
      const { result, reason, text } = await heal(qemu);
      if (result === 'left') log.warn({ domain: uuid, reason, text }, 'something of an earlier action is still in a guest; it is tried again');
      else log.info({ domain: uuid, result, text }, 'a guest was healed');
      isLeft ||= result === 'left';
    }
    return isLeft;
  }

  function run(): void {
    timer = null;
    round ??= healAll()
      .catch((error: unknown) => {
        log.error({ err: error }, 'guests could not be healed; it is tried again');
        return true;
      })
      .then((isLeft) => {
        round = null;
        if (isLeft) schedule();
        else waitMs = firstMs;
      });
  }

  function schedule(): void {
    if (isStopped || timer !== null) return;
    timer = setTimeout(run, waitMs);
    waitMs = Math.min(mostMs, waitMs * 2);
  }

  return {
    heal,
    start: run,
    again: schedule,
    hold(uuid) {
      held.add(uuid);
      return () => void held.delete(uuid);
    },
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await round;
    },
  };
}

async function healThrough({ journal, finder, connect, profiles, runFolder }: HealerOptions, qemu: QemuProcess): Promise<HealOutcome> {
  const connection = connect(qemu);
  let opened: ActingGuest | null = null;
  try {
    return await healDomain({
      domain: { uuid: qemu.uuid, qemuPid: qemu.pid, qemuStartTicks: qemu.startTicks },
      monitor: connection.monitor,
      journal,
      clock: systemClock,
      openGuest: async () => (opened = await openActingGuest(qemu, connection, profiles, () => finder.isSame(qemu))),
      async releaseDebugger(socket) {
        // The folder goes with a restart of the helper's service.
        gdbFolderFor(runFolder, qemu);
        return releaseGuest(connection.monitor, socket, RELEASE_MS);
      },
    });
  } finally {
    (opened as ActingGuest | null)?.close();
  }
}
