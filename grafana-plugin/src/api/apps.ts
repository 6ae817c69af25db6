/** Reads applications and processes of guests out of an untrusted answer. Names and arguments are the guest's word. */
import {
  inner,
  isObject,
  itemsOf,
  objectOf,
  orNull,
  size,
  text,
  timeMs,
  NAME_LENGTH,
  TEXT_LENGTH,
  type Given,
  type Listed,
} from './read';
import type { App, Guest, GuestProcess } from './types';

/** As many as one domain may have. */
const MOST_APPS = 32;
const MOST_EVIDENCE = 32;
const MOST_PORTS = 64;

export function appsOf(given: unknown): App[] {
  return inner(given, app, MOST_APPS);
}

function app(given: Given): App | null {
  const name = text(given.name, NAME_LENGTH);
  if (name === '') {
    return null;
  }
  return {
    name,
    declaredBy: text(given.declaredBy, NAME_LENGTH),
    state: text(given.state, NAME_LENGTH) || 'unknown',
    fault: orNull(text(given.fault, NAME_LENGTH)),
    sinceMs: timeMs(given.sinceMs),
    evidence: evidenceOf(given.evidence),
    processes: size(given.processes),
    residentBytes: size(given.residentBytes),
    cpuSeconds: size(given.cpuSeconds),
    backlogs: inner(given.backlogs, backlog, MOST_PORTS),
    incidentId: orNull(text(given.incidentId, NAME_LENGTH)),
  };
}

function evidenceOf(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given.slice(0, MOST_EVIDENCE) : [];
  return list.map((one) => text(one, TEXT_LENGTH)).filter((one) => one !== '');
}

function backlog(given: Given): App['backlogs'][number] | null {
  const [port, waiting] = [size(given.port), size(given.backlog)];
  return port === null || waiting === null ? null : { port, backlog: waiting };
}

/** Answer of a look into one guest. */
export function parseProcesses(answer: unknown): Listed<GuestProcess> {
  const { processes, atMs, uptimeSeconds } = objectOf(answer);
  const [readAtMs, upSeconds] = [timeMs(atMs), size(uptimeSeconds)];
  const bootMs = readAtMs === null || upSeconds === null ? null : readAtMs - upSeconds * 1000;
  return itemsOf({ items: processes }, (given) => process(given, bootMs));
}

function process(given: Given, bootMs: number | null): GuestProcess | null {
  const pid = size(given.pid);
  if (pid === null) {
    return null;
  }
  const startSeconds = size(given.startSeconds);
  return {
    pid,
    parentPid: size(given.parentPid),
    name: text(given.name, NAME_LENGTH),
    state: text(given.state, NAME_LENGTH),
    threads: size(given.threads),
    startedAtMs: bootMs === null || startSeconds === null ? null : timeMs(Math.round(bootMs + startSeconds * 1000)),
    cpuSeconds: size(given.cpuSeconds),
    residentBytes: size(given.residentBytes),
    commandLine: orNull(text(given.commandLine, TEXT_LENGTH)),
    executable: orNull(text(given.executable, TEXT_LENGTH)),
    uid: size(given.uid),
    cgroup: orNull(text(given.cgroup, TEXT_LENGTH)),
    unit: orNull(text(given.userUnit, NAME_LENGTH) || text(given.unit, NAME_LENGTH)),
    kernelThread: given.kernelThread === true,
  };
}

export function guestOf(given: unknown): Guest | null {
  if (!isObject(given)) {
    return null;
  }
  const { reading, reason, text: words } = given;
  return {
    reading: reading === 'ok' ? 'ok' : 'unknown',
    reason: orNull(text(reason, NAME_LENGTH)),
    text: orNull(text(words, TEXT_LENGTH)),
  };
}
