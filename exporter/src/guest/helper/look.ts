import { bootIdentity } from '../actions/boot-identity.ts';
import { GuestError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { GuestFileSystem } from '../liveness/file-system-use.ts';
import { createLivenessReader, type GuestLiveness, type LivenessReader } from '../liveness/liveness.ts';
import { createProcessLister } from '../processes/list.ts';
import type { GuestProcess } from '../processes/process.ts';
import { createListeningSocketReader, type ListeningSocketReader } from '../sockets/listening.ts';
import type { ListeningSocket } from '../sockets/listening-socket.ts';
import { createFileSystemLook } from './look-file-systems.ts';
import { orNull } from './or-null.ts';

/** Of the shape of `LookAnswer`. Members are added without a new version, never changed or removed. */
export const LOOK_VERSION = 1;

/** A listening socket, and a process that has it open; one that several have open is given for each. */
export interface LookSocket extends ListeningSocket {
  pid: number;
}

/** `bigint` has no place in JSON: it is written as decimal text. */
type Written<T> = { [Name in keyof T]: T[Name] extends bigint ? string : T[Name] extends bigint | null ? string | null : T[Name] };
export type LookLiveness = Written<GuestLiveness>;

/** What one look into a guest shows, all of it read in one go. Texts come from the guest. */
export interface LookAnswer {
  version: number;
  /** Names one boot of one kernel, hexadecimal: another text is another boot. */
  boot: string;
  /** `6.1.0-56-cloud-amd64` */
  release: string;
  /** `Linux version …`, at most 256 characters. */
  banner: string;
  processes: GuestProcess[];
  /** Null: this kernel's sockets cannot be read. */
  sockets: { listening: LookSocket[]; /** There may be more. */ incomplete: boolean } | null;
  /** Null: unknown now. */
  liveness: LookLiveness | null;
  /** Those that can fill up, as they were at most five seconds ago; at most 256, the oldest. Null: unknown now. */
  fileSystems: GuestFileSystem[] | null;
}

const MOST_BANNER = 256;
const MOST_SOCKETS = 8192;

export interface LookReader {
  /** What cannot be read is null in it. @throws GuestError where there is no list of processes; `inconsistent`: open the guest anew */
  look(): LookAnswer;
}

/** @throws KernelError where this kernel's processes cannot be read. @param nowMs monotonic */
export function createLookReader(kernel: Kernel, nowMs: () => number = () => performance.now()): LookReader {
  const lister = createProcessLister(kernel);
  const sockets = orNull(() => createListeningSocketReader(kernel));
  const liveness = orNull(() => createLivenessReader(kernel));
  const fileSystems = createFileSystemLook(kernel, nowMs);
  return {
    look() {
      const { processes, tasks } = lister.list();
      const answer: LookAnswer = {
        version: LOOK_VERSION,
        boot: bootIdentity(kernel),
        release: kernel.release.slice(0, MOST_BANNER),
        banner: kernel.banner.slice(0, MOST_BANNER),
        processes,
        sockets: sockets === null ? null : orNull(() => listening(sockets, tasks)),
        liveness: liveness === null ? null : orNull(() => written(liveness)),
        fileSystems: fileSystems(),
      };
      // The guest may have restarted while this was read: then its parts are of two boots.
      if (!kernel.verify()) throw new GuestError('inconsistent', 'the guest restarted while it was looked at: open it anew');
      return answer;
    },
  };
}

function listening(reader: ListeningSocketReader, tasks: ReadonlyMap<number, Parameters<ListeningSocketReader['read']>[0]>): LookAnswer['sockets'] {
  const found: LookSocket[] = [];
  let incomplete = false;
  reader.renew();
  for (const [pid, task] of tasks) {
    const of = reader.read(task);
    incomplete ||= of.incomplete;
    for (const socket of of.sockets) found.push({ ...socket, pid });
    if (found.length > MOST_SOCKETS) return { listening: found.slice(0, MOST_SOCKETS), incomplete: true };
  }
  return { listening: found, incomplete };
}

function written(reader: LivenessReader): LookLiveness {
  const read = reader.read();
  return { ...read, jiffies: String(read.jiffies), tainted: textOf(read.tainted), forks: textOf(read.forks) };
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : String(value);
}
