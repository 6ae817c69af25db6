import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import type { ListeningSocket } from '../../../exporter/src/guest/sockets/listening-socket.ts';

/** What the guest says of its processes beyond their list (proc(5)), of its listening sockets, and what its systemd says. */
export interface OwnDetails {
  processes: Map<number, OwnProcessDetails>;
  /** Connections that wait, by family and port, such as "tcp6 80". */
  backlogs: Map<string, number>;
}

export interface OwnProcessDetails {
  effectiveUid: number;
  /** Its pid in each namespace, the outermost first. */
  namespacePids: number[];
  /** Of the threads that are there. */
  voluntarySwitches: number;
  involuntarySwitches: number;
  /** systemd's unit of a process with memory of its own; undefined: systemd was not asked. */
  unit?: string;
}

const PROC = `cd /proc
echo '#status'; grep -HE '^(Uid|NSpid):' [0-9]*/status 2> /dev/null
echo '#threads'; grep -HE '^(non)?voluntary_ctxt_switches:' [0-9]*/task/[0-9]*/status 2> /dev/null
echo '#tcp4'; cat net/tcp
echo '#tcp6'; cat net/tcp6 2> /dev/null
echo '#units'`;
const ASK = 'busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnitByPID u';
const UNITS = `for pid in [0-9]*; do readlink $pid/exe > /dev/null 2>&1 && echo "$pid $(${ASK} $pid 2> /dev/null)"; done`;

export function ownDetailsScript(system: 'tiny' | 'debian'): string {
  return `${PROC}\n${system === 'debian' ? UNITS : ''}\ntrue`;
}

/** @throws where a section is missing */
export function parseOwnDetails(text: string): OwnDetails {
  const sections = /^#status\n([\s\S]*?)^#threads\n([\s\S]*?)^#tcp4\n([\s\S]*?)^#tcp6\n([\s\S]*?)^#units\n([\s\S]*)$/m.exec(text);
  if (sections === null) throw new Error("the guest's own details are not whole");
  const [, status = '', threads = '', tcp4 = '', tcp6 = '', units = ''] = sections;
  const processes = new Map<number, OwnProcessDetails>();
  const namespaces = new Map([...status.matchAll(/^(\d+)\/status:NSpid:\s+(.*)$/gm)].map(([, pid, pids = '']) => [Number(pid), pids.split(/\s+/).map(Number)] as const));
  for (const [, pid, effective] of status.matchAll(/^(\d+)\/status:Uid:\s+\d+\s+(\d+)/gm)) {
    processes.set(Number(pid), { effectiveUid: Number(effective), namespacePids: namespaces.get(Number(pid)) ?? [], voluntarySwitches: 0, involuntarySwitches: 0 });
  }
  for (const [, pid, not, count] of threads.matchAll(/^(\d+)\/task\/\d+\/status:(non)?voluntary_ctxt_switches:\s+(\d+)$/gm)) {
    const process = processes.get(Number(pid));
    if (process !== undefined) process[not === undefined ? 'voluntarySwitches' : 'involuntarySwitches'] += Number(count);
  }
  for (const [, pid, path = ''] of units.matchAll(/^(\d+) o "\/org\/freedesktop\/systemd1\/unit\/(\w+)"$/gm)) {
    const process = processes.get(Number(pid));
    // D-Bus allows letters, digits and _ in a path: systemd writes all else as _ and two hexadecimal digits.
    if (process !== undefined) process.unit = path.replace(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  }
  return { processes, backlogs: new Map([...listening('tcp4', tcp4), ...listening('tcp6', tcp6)]) };
}

/** Rows of /proc/net/tcp in state 0A; the receive queue of a listening socket is what waits to be accepted. */
function listening(family: string, text: string): [string, number][] {
  const rows = [...text.matchAll(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A [0-9A-F]{8}:([0-9A-F]{8}) /gm)];
  return rows.map(([, port = '', backlog = '']) => [`${family} ${parseInt(port, 16)}`, parseInt(backlog, 16)]);
}

export function backlogsOf(sockets: readonly ListeningSocket[]): Map<string, number> {
  return new Map(sockets.map(({ protocol, port, backlog }) => [`${protocol} ${port}`, backlog]));
}

/** The fields that are compared here, beside those of `compareLists`. */
export const DETAIL_FIELDS = ['effectiveUid', 'namespacePids', 'voluntarySwitches', 'involuntarySwitches', 'unit'] as const;

/** What the guest says otherwise than two lists from outside, one made before and one after; one line for each. */
export function compareDetails(before: readonly GuestProcess[], own: ReadonlyMap<number, OwnProcessDetails>, after: readonly GuestProcess[]): string[] {
  const earlier = new Map(before.map((process) => [process.pid, process]));
  return after.flatMap((last) => {
    const [first, theirs] = [earlier.get(last.pid), own.get(last.pid)];
    if (first === undefined || theirs === undefined || first.startTimeNanoseconds !== last.startTimeNanoseconds) return [];
    return DETAIL_FIELDS.filter((field) => !FITS[field](first, theirs, last)).map((field) => `${field} of ${last.pid} ${last.name}: ${JSON.stringify([first[field], theirs[field], last[field]])}`);
  });
}

type Fits = (first: GuestProcess, theirs: OwnProcessDetails, last: GuestProcess) => boolean;

const FITS: Record<(typeof DETAIL_FIELDS)[number], Fits> = {
  effectiveUid: (first, theirs, last) => theirs.effectiveUid === first.effectiveUid || theirs.effectiveUid === last.effectiveUid,
  namespacePids: (first, theirs) => JSON.stringify(theirs.namespacePids) === JSON.stringify(first.namespacePids),
  voluntarySwitches: (first, theirs, last) => switchesFit(first, last, first.voluntarySwitches, theirs.voluntarySwitches, last.voluntarySwitches),
  involuntarySwitches: (first, theirs, last) => switchesFit(first, last, first.involuntarySwitches, theirs.involuntarySwitches, last.involuntarySwitches),
  unit: (first, { unit }, last) => unit === undefined || [first.unit, last.unit].includes(/\.(service|scope)$/.test(unit) ? unit : null),
};

/** Threads that have ended count from outside, and inside they can't be seen any more; kernel threads have none. */
function switchesFit(first: GuestProcess, last: GuestProcess, before: number | null, theirs: number, after: number | null): boolean {
  if (before === null || after === null) return false;
  return theirs <= after && (!first.kernelThread || !last.kernelThread || theirs >= before);
}

/** The same for listening sockets; one that is not in both lists began or ended meanwhile. */
export function compareBacklogs(before: ReadonlyMap<string, number>, own: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  const different = [...own].filter(([key, backlog]) => before.get(key) !== backlog && after.get(key) !== backlog);
  const unknown = [...before].filter(([key]) => after.has(key) && !own.has(key));
  return [
    ...different.map(([key, backlog]) => `listening on ${key}: backlog ${before.get(key) ?? 'none'}, ${backlog}, ${after.get(key) ?? 'none'}`),
    ...unknown.map(([key]) => `listening on ${key}: the guest has no such socket`),
  ];
}
