import { performance } from 'node:perf_hooks';
import { GuestError } from '../error.ts';
import { openKernel } from '../kernel/open.ts';
import { createProfiles, type Profiles } from '../kernel/profiles.ts';
import { isRunning } from '../kernel/running.ts';
import type { Monitor } from '../memory/memory.ts';
import { openProcessMemory } from '../memory/process-memory.ts';
import { createLookReader, type LookReader } from './look.ts';
import type { DomainContext, GuestReader } from './handlers.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';

/** A guest that was opened: its kernel was found, and ran then. */
export interface OpenGuest extends LookReader {
  /** False: the guest restarted, and what was opened is what its former kernel left in memory; or nobody knows. */
  isRunning(): Promise<boolean>;
  close(): void;
}

export interface GuestReaderOptions {
  open: (qemu: QemuProcess) => Promise<OpenGuest>;
  /** Guests that are kept open at the moment, asked whenever one is opened; those not read for the longest time are closed. Default: as many as the helper keeps open at most. */
  mostOpen?: () => Promise<number>;
  /** A guest that could not be opened is not tried again before. Default 1000; doubled from time to time, up to `mostRetryMs`. */
  retryMs?: number;
  /** Default 30,000; a guest that is still booting is tried every four seconds at least. */
  mostRetryMs?: number;
  /** An open guest is asked so often whether it still runs. Default 1000. */
  runningMs?: number;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
}

interface Failure {
  error: GuestError;
  waitMs: number;
  untilMs: number;
}
interface Session {
  guest: Promise<OpenGuest>;
  /** When it was known to run; set when it was opened. */
  ranMs: number;
}

const DEFAULT_RETRY_MS = 1000;
const DEFAULT_MOST_RETRY_MS = 30_000;
const DEFAULT_RUNNING_MS = 1000;
/** The registers alone tell that a guest is not up yet: asking costs little, and what waits for a boot waits for this. */
const MOST_BOOTING_MS = 4000;
const MOST_FAILURES = 1024;

/**
 * Reads guests and keeps them open in between: finding a kernel takes some hundred milliseconds, a list a few. A guest that restarted is
 * opened anew. One guest is opened at a time, since that keeps the processor busy.
 */
export function createGuestReader(options: GuestReaderOptions): GuestReader & { close(): void } {
  const { open, mostOpen = () => Promise.resolve(DEFAULT_LIMITS.openGuests), runningMs = DEFAULT_RUNNING_MS, nowMs = () => performance.now() } = options;
  const { retryMs = DEFAULT_RETRY_MS, mostRetryMs = DEFAULT_MOST_RETRY_MS } = options;
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
  function openInTurn({ qemu, signal }: DomainContext): Session {
    const turn = opening.then(async () => {
      signal.throwIfAborted();
      const guest = await open(qemu);
      session.ranMs = nowMs();
      return guest;
    });
    const session: Session = { guest: turn, ranMs: 0 };
    opening = turn.catch(() => undefined);
    return session;
  }

  async function closeSpare(): Promise<void> {
    const most = Math.max(1, await mostOpen());
    for (const oldest of sessions.keys()) {
      if (sessions.size <= most) break;
      drop(oldest);
    }
  }

  function failed(key: string, error: GuestError): void {
    const most = error.reason === 'not-up-yet' ? Math.min(mostRetryMs, MOST_BOOTING_MS) : mostRetryMs;
    const before = failures.get(key);
    const waitMs = Math.min(most, before === undefined ? retryMs : before.waitMs * 2);
    failures.delete(key);
    failures.set(key, { error, waitMs, untilMs: nowMs() + waitMs });
    for (const oldest of failures.keys()) {
      if (failures.size <= MOST_FAILURES) break;
      failures.delete(oldest);
    }
  }

  async function sessionOf(key: string, context: DomainContext): Promise<{ session: Session; guest: OpenGuest }> {
    const failure = failures.get(key);
    if (failure !== undefined && nowMs() < failure.untilMs) throw failure.error;
    const known = sessions.get(key);
    const session = known ?? openInTurn(context);
    sessions.delete(key);
    sessions.set(key, session);
    if (known === undefined) await closeSpare();
    try {
      const guest = await session.guest;
      failures.delete(key);
      return { session, guest };
    } catch (error) {
      // Of all that wait for one opening, the first counts it.
      const isFirst = sessions.get(key) === session;
      if (isFirst) sessions.delete(key);
      if (isFirst && error instanceof GuestError) failed(key, error);
      throw error;
    }
  }

  async function isStillRunning(session: Session, guest: OpenGuest): Promise<boolean> {
    const askedMs = nowMs();
    if (askedMs - session.ranMs < runningMs) return true;
    if (!(await guest.isRunning())) return false;
    session.ranMs = askedMs;
    return true;
  }

  async function read<T>(context: DomainContext, use: (guest: OpenGuest) => T): Promise<T> {
    const key = `${context.qemu.pid} ${context.qemu.startTicks}`;
    for (let isRetried = false; ; isRetried = true) {
      const found = await sessionOf(key, context).catch((error: unknown) => {
        // Who asked for it first has gone; this one still waits.
        if (isRetried || context.signal.aborted || error instanceof GuestError || error instanceof Refusal) throw error;
        return null;
      });
      if (found === null) continue;
      context.signal.throwIfAborted();
      // What was opened stays that process's, so looking after it was opened is enough.
      if (!context.isSameProcess()) {
        drop(key);
        throw changed(context.qemu);
      }
      try {
        if (!(await isStillRunning(found.session, found.guest))) throw notRunning();
        return use(found.guest);
      } catch (error) {
        // Another request may have opened it anew in the meantime.
        if (sessions.get(key) === found.session) drop(key);
        const isAnother = error instanceof GuestError && error.reason === 'inconsistent';
        if (!isAnother || isRetried) throw error;
      }
    }
  }

  return {
    look: (context) => read(context, (guest) => guest.look()),
    close() {
      for (const key of [...sessions.keys()]) drop(key);
    },
  };
}

function changed({ uuid }: QemuProcess): Refusal {
  return new Refusal('domain-changed', `the QEMU of ${uuid} ended or was started anew in between; ask again`);
}

function notRunning(): GuestError {
  return new GuestError('inconsistent', 'no virtual CPU runs the kernel that was found in memory: the guest restarts, or is in its firmware; ask again');
}

/** Opens guests by the memory of their QEMU. `monitorOf` gives the monitor of that domain; what goes wrong there is `unreadable`. */
export function guestOpener(monitorOf: (qemu: QemuProcess) => Monitor, profiles: Profiles = createProfiles()): (qemu: QemuProcess) => Promise<OpenGuest> {
  return async (qemu) => {
    const monitor = withReason(monitorOf(qemu));
    const memory = await openProcessMemory(qemu.pid, monitor);
    try {
      const kernel = await openKernel(memory, monitor, { profiles });
      // What a search finds may be what a former kernel left behind.
      if (!(await isRunning(memory, monitor, kernel))) throw notRunning();
      return { ...createLookReader(kernel), isRunning: () => isRunning(memory, monitor, kernel), close: () => memory.close() };
    } catch (error) {
      memory.close();
      throw error;
    }
  };
}

/** A monitor that fails with a reason. */
export function withReason(monitor: Monitor): Monitor {
  const fail = (error: Error): never => {
    throw error instanceof GuestError ? error : new GuestError('unreadable', `QEMU's monitor does not answer through libvirt: ${error.message}`, { cause: error });
  };
  return { human: (command) => monitor.human(command).catch(fail), execute: (command, args) => monitor.execute(command, args).catch(fail) };
}
