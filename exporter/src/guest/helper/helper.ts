import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import type { HelperConfig, User } from './config.ts';
import { createDispatcher } from './dispatch.ts';
import { openGenerations } from './generations.ts';
import type { Handlers } from './handlers.ts';
import { lockFolder } from './instance-lock.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Limits } from './limits.ts';
import { limitLog } from './log.ts';
import type { HelperLog } from './log.ts';
import { allowedFor } from './opt-in.ts';
import type { OptIn } from './opt-in.ts';
import { createQemuFinder } from './qemu-finder.ts';
import type { QemuFinder } from './qemu-finder.ts';
import { createRefusalCounters } from './refusal.ts';
import { startServer } from './server.ts';
import { HelperStartError } from './start-error.ts';
import { ownFolder, UntrustedPathError } from './trusted-path.ts';
import { localUsers } from './users.ts';

/** What handlers of a running helper may use: folders that are its own, locked and checked. */
export interface HelperPlace {
  runFolder: string;
  /** For the undo journal. */
  undoFolder: string;
  finder: QemuFinder;
  /** Guests to keep open now: of all domains that run and may be read, as far as the limits go. */
  mostOpenGuests(): Promise<number>;
}

export interface HelperOptions {
  config: HelperConfig;
  /** A function is called once nothing stands in the way of the helper but its sockets. */
  handlers: Handlers | ((place: HelperPlace) => Handlers);
  log: HelperLog;
  limits?: Limits;
  /** Normally /proc. */
  procFolder?: string;
  /** The user that owns what is trusted. Anything but 0 is for tests: it looks into no guest. */
  ownerUid?: number;
}

export interface Helper {
  /** Paths of the sockets by uid. */
  readonly sockets: ReadonlyMap<number, string>;
  /** What is allowed from now on. */
  setOptIns(optIns: readonly OptIn[]): void;
  stop(): Promise<void>;
}

const ROOT_UID = 0;
/** Others pass through to their socket and their challenges, and see no list of them. */
const RUN_FOLDER_MODE = 0o711;
const STATE_FOLDER_MODE = 0o700;
const GENERATIONS_FOLDER = 'generations';
/** What is in guests and has to be taken back. */
const UNDO_FOLDER = 'undo';
/** As Debian, and as Fedora and its kin call it. */
const USUAL_QEMU_USERS = ['libvirt-qemu', 'qemu'];
const LOG_LINES_A_MINUTE = 60;

/** @throws HelperStartError */
export async function startHelper({ config, handlers: given, log, limits: asked = DEFAULT_LIMITS, procFolder = '/proc', ownerUid = ROOT_UID }: HelperOptions): Promise<Helper> {
  requireHelperUser(ownerUid);
  const { runFolder, stateFolder, generationsFolder, undoFolder } = await folders(config, ownerUid);
  const users = await trusted(() => localUsers());
  const peerUids = [...new Set(config.peers.map((user) => uidOf(user, users)))];
  const qemuUids = new Set(config.qemuUsers === null ? usualQemuUids(users) : config.qemuUsers.map((user) => uidOf(user, users)));
  const unlock = lockBoth(stateFolder, runFolder);
  try {
    let optIns: readonly OptIn[] = config.domains;
    const counters = createRefusalCounters();
    const finder = createQemuFinder({ procFolder, qemuUids, programUids: new Set([ROOT_UID, ownerUid]) });
    const stop = new AbortController();
    const limits = { ...asked, pauseBudgetMs: config.pauseBudgetMs ?? asked.pauseBudgetMs };
    const mostOpenGuests = async (): Promise<number> => Math.min(limits.openGuests, (await finder.list()).filter((domain) => allowedFor(optIns, domain).read).length);
    const handlers = typeof given === 'function' ? given({ runFolder, undoFolder, finder, mostOpenGuests }) : given;
    const dispatch = createDispatcher({ optIns: () => optIns, handlers, finder, generations: openGenerations(generationsFolder), counters, limits, stop: stop.signal });
    const limitedLog = limitLog(log, LOG_LINES_A_MINUTE, () => performance.now());
    const server = await startServer({ runFolder, peerUids, limits, dispatch, counters, log: limitedLog, onImpatient: () => stop.abort() });
    if (peerUids.includes(ROOT_UID) && ownerUid === ROOT_UID) log.warn({}, 'root is one of the peers: better let virtmedic run as a user of its own');
    if (peerUids.some((uid) => uid !== ROOT_UID && qemuUids.has(uid))) log.warn({}, 'a user that QEMU runs as is one of the peers: a guest that took its QEMU over could ask too; let virtmedic run as a user of its own');
    let stopped: Promise<void> | null = null;
    return {
      sockets: server.sockets,
      setOptIns: (next) => void (optIns = next),
      stop: () => (stopped ??= server.stop().finally(unlock)),
    };
  } catch (error) {
    unlock();
    if (error instanceof HelperStartError) throw error;
    throw new HelperStartError('cannot-listen', `the sockets in ${runFolder} cannot be made: ${(error as Error).message}`, { cause: error });
  }
}

/** Asked before anything else is done. @throws HelperStartError `helper-not-root` */
export function requireHelperUser(ownerUid = ROOT_UID): void {
  const uid = process.geteuid?.();
  if (uid === ownerUid) return;
  if (ownerUid === ROOT_UID) throw new HelperStartError('helper-not-root', `the guest helper runs as user ${uid ?? 'unknown'}; it has to run as root, since only root may read the memory of QEMU. Nothing else of virtmedic does`);
  throw new HelperStartError('helper-not-root', `runs as user ${uid ?? 'unknown'}, not as ${ownerUid}`);
}

async function folders(config: HelperConfig, ownerUid: number): Promise<Record<'runFolder' | 'stateFolder' | 'generationsFolder' | 'undoFolder', string>> {
  return trusted(async () => {
    const runFolder = await ownFolder(config.runFolder, ownerUid, RUN_FOLDER_MODE);
    const stateFolder = await ownFolder(config.stateFolder, ownerUid, STATE_FOLDER_MODE);
    const inState = (name: string): Promise<string> => ownFolder(join(stateFolder, name), ownerUid, STATE_FOLDER_MODE);
    return { runFolder, stateFolder, generationsFolder: await inState(GENERATIONS_FOLDER), undoFolder: await inState(UNDO_FOLDER) };
  });
}

function lockBoth(one: string, other: string): () => void {
  const unlockOne = lockFolder(one);
  try {
    const unlockOther = lockFolder(other);
    return () => {
      unlockOther();
      unlockOne();
    };
  } catch (error) {
    unlockOne();
    throw error;
  }
}

async function trusted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UntrustedPathError) throw new HelperStartError('unsafe-path', error.message, { cause: error });
    throw error;
  }
}

function uidOf(user: User, users: ReadonlyMap<string, number>): number {
  const uid = typeof user === 'number' ? user : users.get(user);
  if (uid === undefined) throw new HelperStartError('bad-config', `there is no user ${user} in /etc/passwd; make it, or give its number where it comes from a directory service`);
  return uid;
}

function usualQemuUids(users: ReadonlyMap<string, number>): number[] {
  const uids = USUAL_QEMU_USERS.flatMap((name) => users.get(name) ?? []);
  if (uids.length === 0) throw new HelperStartError('bad-config', `none of ${USUAL_QEMU_USERS.join(', ')} is a user of this machine; set qemuUsers to the users that QEMU runs as`);
  return uids;
}
