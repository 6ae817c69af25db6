/** What execution asks of the guest helper: to change something inside a guest. */

export interface GuestProcessId {
  pid: number;
  /** Since the guest's boot; with the pid it names one process of one boot. */
  startTimeNanoseconds: number;
}

/** `generation`: of the lease that permits it; the helper refuses one that is older than the newest that it has seen of the domain. */
export interface GuestOrder {
  host: string;
  uuid: string;
  generation: number;
}

/** How it was done: a word for the way, and a sentence for history. */
export interface GuestAnswer {
  method: string;
  detail: string;
}

/**
 * Each resolves when it was done as far as can be told from outside; whether the app serves is verification's matter. Each rejects with
 * HelperError: `effect` `none`: refused or not reached, the guest is as it was; `unknown`: it has to be looked at.
 */
export interface GuestActions {
  /** `killFirst`: all processes of the unit by SIGKILL before it is started again, for one that hangs. */
  restartUnit(order: GuestOrder & { unit: string; killFirst: boolean }, signal: AbortSignal): Promise<GuestAnswer>;
  /** As root: an absolute path and its arguments. */
  startCommand(order: GuestOrder & { command: readonly string[] }, signal: AbortSignal): Promise<GuestAnswer>;
  killProcesses(order: GuestOrder & { processes: readonly GuestProcessId[]; signal: 'TERM' | 'KILL' }, signal: AbortSignal): Promise<GuestAnswer>;
}
