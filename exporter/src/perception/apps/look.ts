/** What one look into a guest shows, as far as apps are told by it. */

/** A process of the guest; `GuestProcess` of `guest/` is one. Null is unknown, never "none". */
export interface SeenProcess {
  pid: number;
  /** As ps shows it: R, S, D, T, t, Z, X, I or P. Z also where the first of several threads ended and others run on. */
  state: string;
  threads: number;
  /** Since the guest's boot; with `pid` it names a process. */
  startTimeNanoseconds: number;
  userNanoseconds: number | null;
  systemNanoseconds: number | null;
  voluntarySwitches: number | null;
  involuntarySwitches: number | null;
  residentBytes: number | null;
  commandLine: readonly string[] | null;
  /** There is more of the command line than is given. */
  commandLineCut: boolean;
  executable: string | null;
  cgroup: string | null;
  /** Null with a `cgroup`: it belongs to no unit. */
  unit: string | null;
  userUnit: string | null;
  kernelThread: boolean;
}

/** A TCP socket that waits for connections, and a process that has it open. */
export interface SeenSocket {
  pid: number;
  address: string;
  port: number;
  /** Connections that wait to be accepted. */
  backlog: number;
  maxBacklog: number;
  networkNamespace: number | null;
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
}

export type GuestLook = UnknownLook | ListLook;

/** Reasons that do not go away by themselves: such a guest cannot be looked into. At the boot of any guest they are seen for a while too. */
const LASTING: ReadonlySet<string> = new Set(['not-linux', 'unsupported-kernel', 'symbol-missing', 'symbol-ambiguous', 'type-missing', 'encrypted', 'not-opted-in', 'not-supported']);

export function isLasting(reason: string): boolean {
  return LASTING.has(reason);
}

/** The process runs or could run: it is no zombie, and no first thread that merely waits for others to end. */
export function isAlive({ state, threads }: SeenProcess): boolean {
  return (state !== 'Z' && state !== 'X') || threads > 1;
}

/** The first process of a booted guest. A list without it was taken before user space began, or is not what it claims to be. */
export function hasInit({ processes }: ListLook): boolean {
  return processes.some((process) => process.pid === 1 && !process.kernelThread && isAlive(process));
}
