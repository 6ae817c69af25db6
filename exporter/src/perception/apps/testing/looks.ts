/** Processes and looks for tests. */
import type { ListLook, SeenProcess, SeenSocket, UnknownLook } from '../look.ts';

export function process(given: Partial<SeenProcess> = {}): SeenProcess {
  return {
    pid: 100,
    state: 'S',
    threads: 1,
    threadStates: { [given.state ?? 'S']: 1 },
    startTimeNanoseconds: 10e9,
    userNanoseconds: 0,
    systemNanoseconds: 0,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
    residentBytes: 1_048_576,
    commandLine: ['/usr/bin/x'],
    commandLineCut: false,
    executable: '/usr/bin/x',
    cgroup: '/system.slice/x.service',
    unit: 'x.service',
    userUnit: null,
    kernelThread: false,
    ...given,
  };
}

export const INIT = process({ pid: 1, startTimeNanoseconds: 1e8, unit: 'init.scope', cgroup: '/init.scope', executable: '/usr/lib/systemd/systemd', commandLine: ['/sbin/init'] });

export function socket(given: Partial<SeenSocket> = {}): SeenSocket {
  return { pid: 100, address: '0.0.0.0', port: 80, backlog: 0, maxBacklog: 511, networkNamespace: 1, ...given };
}

/** A list with init and `processes`, of a guest that has been up for an hour before `atMs` 0 and whose clock keeps the pace. */
export function list(atMs: number, processes: readonly SeenProcess[], given: Partial<ListLook> = {}): ListLook {
  return {
    kind: 'list',
    atMs,
    boot: 'boot 1',
    processes: [INIT, ...processes],
    sockets: { sockets: [], incomplete: false },
    liveness: { jiffies: BigInt(Math.round(900_000 + atMs / 4)), jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 3_600 + atMs / 1000 },
    resources: { load: null, memory: null, fileSystems: null },
    ...given,
  };
}

export function unknown(atMs: number, reason = 'unreadable'): UnknownLook {
  return { kind: 'unknown', atMs, reason, text: `${reason}: try again`, boot: null, liveness: null };
}
