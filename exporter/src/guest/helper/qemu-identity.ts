import { readlinkSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The QEMU of a domain, as far as this machine's kernel and QEMU's own command line tell it. */
export interface QemuProcess {
  readonly uuid: string;
  /** `-name guest=…`; empty where QEMU was given none. */
  readonly name: string;
  readonly pid: number;
  /** In clock ticks since the machine's boot: with it the pid means one process for ever. */
  readonly startTicks: number;
}

/** A process that runs one of QEMU's programs. */
export interface Candidate {
  readonly pid: number;
  readonly startTicks: number;
  /** Device and inode of its program: the same process may become another program. */
  readonly program: string;
}

export interface Trust {
  /** Normally /proc. */
  procFolder: string;
  /** Users that run QEMU. */
  qemuUids: ReadonlySet<number>;
  /** Owners of QEMU's program. */
  programUids: ReadonlySet<number>;
}

const PROGRAM = /^(qemu-system-[a-z0-9_]+|qemu-kvm|kvm)$/;
const DELETED = / \(deleted\)$/;
const WRITABLE_BY_OTHERS = 0o022;
/** Linux's limit of a command line and its environment is far above what libvirt needs. */
const MOST_COMMAND_LINE_BYTES = 1_048_576;
const MOST_STAT_FIELDS = 64;
const MOST_NAME_CHARACTERS = 256;
/** Field 22 of /proc/PID/stat, counted after the name's parenthesis, which field 2 ends with. */
const START_TIME_AFTER_NAME = 19;
const UUID_OPTIONS = new Set(['-uuid', '--uuid']);
const NAME_OPTIONS = new Set(['-name', '--name']);

/** Start time of a process (proc_pid_stat(5), field 22); null where there is none. Reading it never waits for the process. */
export function startTicksOf(procFolder: string, pid: number): number | null {
  try {
    const text = readFileSync(join(procFolder, String(pid), 'stat'), 'latin1');
    // The name may hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', MOST_STAT_FIELDS);
    const ticks = Number(fields[START_TIME_AFTER_NAME]);
    return Number.isSafeInteger(ticks) && ticks >= 0 ? ticks : null;
  } catch {
    return null;
  }
}

/** The process where it runs, as one of QEMU's users, a program of QEMU's that is root's and that nobody else can change; else null. */
export function candidateOf(trust: Trust, pid: number): Candidate | null {
  const folder = join(trust.procFolder, String(pid));
  const link = join(folder, 'exe');
  try {
    if (!PROGRAM.test(basename(readlinkSync(link).replace(DELETED, '')))) return null;
    // Before its file is asked for: that may lie in a file system of a user's own making, which never answers.
    if (!isOfUsers(trust.qemuUids, readFileSync(join(folder, 'status'), 'latin1'))) return null;
    const status = statSync(link);
    if (!trust.programUids.has(status.uid) || (status.mode & WRITABLE_BY_OTHERS) !== 0) return null;
    const startTicks = startTicksOf(trust.procFolder, pid);
    return startTicks === null ? null : { pid, startTicks, program: `${status.dev}:${status.ino}` };
  } catch {
    return null;
  }
}

/**
 * Whose QEMU a candidate is; null: nobody's. Reading a command line can wait for as long as the process holds its own memory
 * map, so callers set a limit.
 */
export async function identify(trust: Trust, candidate: Candidate): Promise<QemuProcess | null> {
  const words = (await readBounded(join(trust.procFolder, String(candidate.pid), 'cmdline'))).toString('utf8').split('\0');
  const uuid = onlyValue(words, UUID_OPTIONS)?.toLowerCase();
  if (uuid === undefined || !isSameCandidate(trust, candidate)) return null;
  return { uuid, name: guestName(words), pid: candidate.pid, startTicks: candidate.startTicks };
}

/** Still that process, of these users, and still that program: a process that becomes another program keeps its pid and its start time. */
export function isSameCandidate(trust: Trust, candidate: Candidate): boolean {
  const now = candidateOf(trust, candidate.pid);
  return now !== null && now.startTicks === candidate.startTicks && now.program === candidate.program;
}

/** Real, effective, saved and file system uid. The owner of the folder in /proc says less: it is root's for some processes. */
function isOfUsers(uids: ReadonlySet<number>, status: string): boolean {
  const found = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(status);
  return found !== null && found.slice(1).every((uid) => uids.has(Number(uid)));
}

/** Value of an option that is given exactly once. */
function onlyValue(words: readonly string[], options: ReadonlySet<string>): string | undefined {
  const places = words.flatMap((word, index) => (options.has(word) ? [index] : []));
  const [place] = places;
  return places.length === 1 && place !== undefined ? words[place + 1] : undefined;
}

/** `-name guest=web,debug-threads=on` or `-name web`; QEMU writes a comma in a value twice. */
function guestName(words: readonly string[]): string {
  const value = onlyValue(words, NAME_OPTIONS) ?? '';
  const parts = value.replaceAll(',,', '\0').split(',');
  const given = parts.find((part) => part.startsWith('guest='))?.slice('guest='.length) ?? (parts[0]?.includes('=') === false ? parts[0] : '');
  return given.replaceAll('\0', ',').slice(0, MOST_NAME_CHARACTERS);
}

async function readBounded(path: string): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const parts: Buffer[] = [];
    let length = 0;
    while (length < MOST_COMMAND_LINE_BYTES) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536, null);
      if (bytesRead === 0) break;
      parts.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Buffer.concat(parts);
  } finally {
    await handle.close();
  }
}
