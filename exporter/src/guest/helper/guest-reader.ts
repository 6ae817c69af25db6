import { performance } from 'node:perf_hooks';
import { GuestError } from '../error.ts';
import { createProfiles, type Profiles } from '../kernel/profiles.ts';
import { openKernel } from '../kernel/open.ts';
import type { Monitor } from '../memory/memory.ts';
import { openProcessMemory } from '../memory/process-memory.ts';
import { createProcessLister } from '../processes/list.ts';
import type { DomainContext, GuestReader } from './handlers.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';
import type { ProcessListing } from './verbs.ts';

/** A guest that was opened: its kernel was found. */
export interface OpenGuest {
  /** @throws GuestError `inconsistent` where it has to be opened anew */
  processes(): ProcessListing;
  close(): void;
}

export interface GuestReaderOptions {
  open: (qemu: QemuProcess) => Promise<OpenGuest>;
  /** Guests that are kept open. Default 64; the one not read for the longest time is closed first. */
  mostOpen?: number;
  /** A guest that could not be opened is not tried again before. Default 1000. */
  retryMs?: number;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
}

type Failure = { error: GuestError; untilMs: number };
interface Session {
  qemu: QemuProcess;
  guest: Promise<OpenGuest>;
}

const DEFAULT_MOST_OPEN = 64;
const DEFAULT_RETRY_MS = 1000;

/**
 * Reads guests and keeps them open in between: finding a kernel takes some hundred milliseconds, a list a few. A guest that restarted is
 * opened anew. One guest is opened at a time, since that keeps the processor busy.
 */
export function createGuestReader({ open, mostOpen = DEFAULT_MOST_OPEN, retryMs = DEFAULT_RETRY_MS, nowMs = () => performance.now() }: GuestReaderOptions): GuestReader & { close(): void } {
  /** By QEMU's pid and start time, in the order of last use. */
  const sessions = new Map<string, Session>();
  const failures = new Map<string, Failure>();
  let opening: Promise<unknown> = Promise.resolve();

  function drop(key: string): void {
    const session = sessions.get(key);
    sessions.delete(key);
    session?.guest.then((guest) => guest.close()).catch(() => undefined);
  }

  /** In turn; what nobody waits for any more is not opened. */
  function openInTurn({ qemu, signal }: DomainContext): Promise<OpenGuest> {
    const turn = opening.then(async () => {
      signal.throwIfAborted();
      return open(qemu);
    });
    opening = turn.catch(() => undefined);
    return turn;
  }

  async function sessionOf(key: string, context: DomainContext): Promise<OpenGuest> {
    const failure = failures.get(key);
    if (failure !== undefined && nowMs() < failure.untilMs) throw failure.error;
    const known = sessions.get(key) ?? { qemu: context.qemu, guest: openInTurn(context) };
    sessions.delete(key);
    sessions.set(key, known);
    for (const oldest of sessions.keys()) {
      if (sessions.size <= mostOpen) break;
      drop(oldest);
    }
    try {
      const guest = await known.guest;
      failures.delete(key);
      return guest;
    } catch (error) {
      if (sessions.get(key) === known) sessions.delete(key);
      if (error instanceof GuestError) remember(failures, key, { error, untilMs: nowMs() + retryMs }, mostOpen);
      throw error;
    }
  }

  async function processes(context: DomainContext): Promise<ProcessListing> {
    const key = `${context.qemu.pid} ${context.qemu.startTicks}`;
    for (let isRetried = false; ; isRetried = true) {
      const guest = await sessionOf(key, context).catch((error: unknown) => {
        // Who asked for it first has gone; this one still waits.
        if (isRetried || context.signal.aborted || error instanceof GuestError || error instanceof Refusal) throw error;
        return null;
      });
      if (guest === null) continue;
      context.signal.throwIfAborted();
      // What was opened stays that process's, so looking after it was opened is enough.
      if (!context.isSameProcess()) {
        drop(key);
        throw changed(context.qemu);
      }
      try {
        return guest.processes();
      } catch (error) {
        drop(key);
        const isAnother = error instanceof GuestError && error.reason === 'inconsistent';
        if (!isAnother || isRetried) throw error;
      }
    }
  }

  return {
    processes,
    close() {
      for (const key of [...sessions.keys()]) drop(key);
    },
  };
}

function remember(failures: Map<string, Failure>, key: string, failure: Failure, most: number): void {
  failures.delete(key);
  failures.set(key, failure);
  for (const oldest of failures.keys()) {
    if (failures.size <= most) break;
    failures.delete(oldest);
  }
}

function changed({ uuid }: QemuProcess): Refusal {
  return new Refusal('domain-changed', `the QEMU of ${uuid} ended or was started anew in between; ask again`);
}

/** Opens guests by the memory of their QEMU. `monitorOf` gives the monitor of that domain; what goes wrong there is `unreadable`. */
export function guestOpener(monitorOf: (qemu: QemuProcess) => Monitor, profiles: Profiles = createProfiles()): (qemu: QemuProcess) => Promise<OpenGuest> {
  return async (qemu) => {
    const monitor = withReason(monitorOf(qemu));
    const memory = await openProcessMemory(qemu.pid, monitor);
    try {
      const lister = createProcessLister(await openKernel(memory, monitor, { profiles }));
      return { processes: () => ({ processes: lister.list().processes }), close: () => memory.close() };
    } catch (error) {
      memory.close();
      throw error;
    }
  };
}

function withReason(monitor: Monitor): Monitor {
  const fail = (error: Error): never => {
    throw error instanceof GuestError ? error : new GuestError('unreadable', `QEMU's monitor does not answer through libvirt: ${error.message}`, { cause: error });
  };
  return { human: (command) => monitor.human(command).catch(fail), execute: (command, args) => monitor.execute(command, args).catch(fail) };
}
