/** What one look into a guest shows, as far as apps are told by it. */
import type { GuestProcess } from '../../guest/processes/process.ts';
import type { ListeningSocket } from '../../guest/sockets/listening-socket.ts';
import type { SeenResources } from './resources.ts';

/** A process of the guest. Null is unknown, never "none". */
export type SeenProcess = Pick<
  GuestProcess,
  | 'pid'
  | 'state'
  | 'threads'
  | 'threadStates'
  | 'startTimeNanoseconds'
  | 'userNanoseconds'
  | 'systemNanoseconds'
  | 'voluntarySwitches'
  | 'involuntarySwitches'
  | 'residentBytes'
  | 'commandLine'
  | 'commandLineCut'
  | 'executable'
  | 'cgroup'
  | 'unit'
  | 'userUnit'
  | 'kernelThread'
>;

/** A TCP socket that waits for connections. */
export interface SeenSocket extends Pick<ListeningSocket, 'address' | 'port' | 'backlog' | 'maxBacklog' | 'networkNamespace'> {
  /** A process that has it open; one that several have open may be given for each. */
  pid: number;
}

export interface SeenSockets {
  sockets: readonly SeenSocket[];
  /** There may be more. */
  incomplete: boolean;
}

export interface SeenLiveness {
  jiffies: bigint;
  /** The kernel's HZ; null: unknown. */
  jiffiesPerSecond: number | null;
  panicked: boolean;
  /** Since the guest's boot; null: unknown. */
  uptimeSeconds: number | null;
}

/** A look that gave no list. It never means that anything in the guest is dead. */
export interface UnknownLook {
  kind: 'unknown';
  /** Monotonic. */
  atMs: number;
  /** A stable word: that of a `GuestError`, or `paused`, `not-opted-in` and so on. */
  reason: string;
  /** For people. */
  text: string;
  /** What could be read all the same: see `ListLook`. */
  boot: string | null;
  liveness: SeenLiveness | null;
}

/** A complete list of processes, consistent in itself. */
export interface ListLook {
  kind: 'list';
  /** Monotonic; taken before the first read. */
  atMs: number;
  /** Names one boot of one kernel; another text is another boot. */
  boot: string;
  processes: readonly SeenProcess[];
  /** Null: unknown. */
  sockets: SeenSockets | null;
  /** Null: unknown. */
  liveness: SeenLiveness | null;
  resources: SeenResources;
}

export type GuestLook = UnknownLook | ListLook;

/** Reasons that do not go away by themselves: such a guest cannot be looked into. At the boot of any guest they are seen for a while too. */
const LASTING: ReadonlySet<string> = new Set(['not-linux', 'unsupported-kernel', 'symbol-missing', 'symbol-ambiguous', 'type-missing', 'encrypted', 'not-opted-in', 'not-supported', 'no-helper']);
/** Reasons that hold the guest itself: it does nothing, or nobody knows, so that a probe that fails says nothing of it either. */
const HELD: ReadonlySet<string> = new Set(['paused', 'migrating', 'not-running', 'host-unreachable']);

export function isLasting(reason: string): boolean {
  return LASTING.has(reason);
}

export function isHeld(reason: string): boolean {
  return HELD.has(reason);
}

/** The process runs or could run: it is no zombie, and no first thread that merely waits for others to end. */
export function isAlive({ state, threads }: SeenProcess): boolean {
  return (state !== 'Z' && state !== 'X') || threads > 1;
}

/** The first process of a booted guest. A list without it was taken before user space began, or is not what it claims to be. */
export function hasInit({ processes }: ListLook): boolean {
  return processes.some((process) => process.pid === 1 && !process.kernelThread && isAlive(process));
}
