import type { GuestAgent } from './guest-agent.ts';

/** A process as the guest's own /proc shows it (proc(5)). Times in clock ticks, 100 to a second; `startTicks` since the guest's boot. */
export interface OwnProcess {
  pid: number;
  parentPid: number;
  name: string;
  state: string;
  threads: number;
  userTicks: number;
  systemTicks: number;
  startTicks: number;
  /** Field `rss` of stat, which since Linux 6.2 is less exact than `VmRSS` of status. */
  residentPages: number;
  /** `VmRSS` of status; null for kernel threads. */
  residentKibibytes: number | null;
  uid: number;
  /** Path in the unified hierarchy, else in systemd's own of version 1; null where neither is mounted. */
  cgroup: string | null;
  /** Empty for kernel threads. */
  commandLine: string[];
  /** Where /proc/PID/exe points; null for kernel threads. */
  executable: string | null;
}

/** A few processes for all of /proc: one for each file would take seconds on an emulated processor. The last ones see the first ones' ends. */
const SCRIPT = `cd /proc
echo "#self $$"
echo '#stat'; cat [0-9]*/stat 2>/dev/null
echo '#status'; grep -HE '^(Uid|VmRSS):' [0-9]*/status 2>/dev/null
echo '#cgroup'; grep -HE '^(0:|[0-9]+:name=systemd):' [0-9]*/cgroup 2>/dev/null
echo '#exe'; ls -l [0-9]*/exe 2>/dev/null
echo '#cmdline'; head -v -c 65536 [0-9]*/cmdline 2>/dev/null
true`;

/** The guest's own list of its processes, without those that make the list. Not a snapshot: it takes the guest tenths of a second. */
export async function guestProcesses(agent: GuestAgent, deadlineMs?: number): Promise<OwnProcess[]> {
  return parseOwnProcesses(await agent.run(SCRIPT, deadlineMs));
}

/** @throws where a section is missing: half a list is none. */
export function parseOwnProcesses(text: string): OwnProcess[] {
  const sections = /^#self (\d+)\n#stat\n([\s\S]*?)^#status\n([\s\S]*?)^#cgroup\n([\s\S]*?)^#exe\n([\s\S]*?)^#cmdline\n([\s\S]*)$/m.exec(text);
  if (sections === null) throw new Error('the guest\'s own list of processes is not whole');
  const [, self, stat = '', status = '', cgroup = '', exe = '', cmdline = ''] = sections;
  const details = {
    uids: byPid(status, /^(\d+)\/status:Uid:\s+(\d+)/gm),
    resident: byPid(status, /^(\d+)\/status:VmRSS:\s+(\d+) kB$/gm),
    cgroups: new Map([...byPid(cgroup, /^(\d+)\/cgroup:\d+:name=systemd:(.*)$/gm), ...byPid(cgroup, /^(\d+)\/cgroup:0::(.*)$/gm)]),
    executables: byPid(exe, /(\d+)\/exe -> (.*)$/gm),
    commandLines: commandLines(cmdline),
  };
  return stat.split('\n').map((line) => fromStat(line, details))
    .filter((process) => process !== undefined)
    .filter(({ pid, parentPid }) => pid !== Number(self) && parentPid !== Number(self));
}

interface Details {
  uids: ReadonlyMap<number, string>;
  resident: ReadonlyMap<number, string>;
  cgroups: ReadonlyMap<number, string>;
  executables: ReadonlyMap<number, string>;
  commandLines: ReadonlyMap<number, string[]>;
}

/** Undefined for a process that ended before its owner was read, and for an empty line. */
function fromStat(line: string, details: Details): OwnProcess | undefined {
  // The name may hold blanks and parentheses: its end is the last one.
  const match = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, pidText, name = '', state = '', rest = ''] = match;
  const pid = Number(pidText);
  const uid = details.uids.get(pid);
  if (uid === undefined) return undefined;
  // proc(5) counts from 1, pid; `rest` begins with the fourth field.
  const fields = rest.split(' ').map(Number);
  const field = (number: number) => fields[number - 4] ?? NaN;
  const resident = details.resident.get(pid);
  return {
    pid, name, state, parentPid: field(4), userTicks: field(14), systemTicks: field(15), threads: field(20), startTicks: field(22), residentPages: field(24),
    residentKibibytes: resident === undefined ? null : Number(resident),
    uid: Number(uid),
    cgroup: details.cgroups.get(pid) ?? null,
    commandLine: details.commandLines.get(pid) ?? [],
    executable: details.executables.get(pid) ?? null,
  };
}

function byPid(text: string, pattern: RegExp): Map<number, string> {
  return new Map([...text.matchAll(pattern)].map((match) => [Number(match[1]), match[2] ?? ''] as const));
}

/** head(1) puts "==> FILE <==" before each and an empty line between them; arguments end with zero bytes. */
function commandLines(text: string): Map<number, string[]> {
  const parts = text.split(/(?:^|\n)==> (\d+)\/cmdline <==\n/);
  const found = new Map<number, string[]>();
  for (let at = 1; at + 1 < parts.length; at += 2) {
    const words = (parts[at + 1] ?? '').replace(/\n$/, '').split('\0');
    if (words.at(-1) === '') words.pop();
    found.set(Number(parts[at]), words);
  }
  return found;
}
