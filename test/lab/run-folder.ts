import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRunId } from './naming.ts';
import { bootId } from './process-info.ts';
import type { ProcessIdentity } from './process-info.ts';

/** `<run>/state.json`: what another process needs to work with a lab, and the next start to clean up after one. */
export interface RunState {
  version: 1;
  id: string;
  name: string;
  /** The boot of the machine that the identities belong to. */
  bootId: string;
  owner: ProcessIdentity;
  /** First three octets of its /24. */
  subnet: string;
  hosts: number;
  createdAt: string;
}

/** `<run>/h1/power.json`: there while the host is on. */
export interface PowerState {
  /** The first process of the host's pid namespace, as the machine numbers it. */
  init: ProcessIdentity;
}

/** Folders that a host sees its own version of; what all hosts share cannot lie in them. */
const HIDDEN_FROM_HOSTS = ['/run', '/var/run', '/var/lib', '/var/log', '/var/cache', '/proc', '/sys', '/dev'];

/** sun_path holds 108 bytes with the closing zero (unix(7)); this is the longest socket below a run's folder. */
const LONGEST_SOCKET = '/abcdef/h40/run/libvirt/libvirt-admin-sock';
const MAX_SOCKET_PATH_BYTES = 107;

/** Where all runs live: `VIRTMEDIC_LAB_DIR`, by default /var/tmp/virtmedic-lab. @throws where that cannot work. */
export function baseFolder(): string {
  const base = resolve(process.env['VIRTMEDIC_LAB_DIR'] ?? '/var/tmp/virtmedic-lab');
  if (HIDDEN_FROM_HOSTS.some((hidden) => `${base}/`.startsWith(`${hidden}/`))) {
    throw new Error(`VIRTMEDIC_LAB_DIR=${base}: may not lie below ${HIDDEN_FROM_HOSTS.join(', ')}, which every host has for itself`);
  }
  if (Buffer.byteLength(base + LONGEST_SOCKET) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`VIRTMEDIC_LAB_DIR=${base}: longer than ${MAX_SOCKET_PATH_BYTES - LONGEST_SOCKET.length} bytes, so libvirt's sockets would not fit`);
  }
  return base;
}

/** Makes the base folder, mode 0700. @throws when something else, or something of somebody else, is in its place. */
export function ensureBaseFolder(base: string): void {
  mkdirSync(base, { recursive: true, mode: 0o700 });
  const status = lstatSync(base);
  if (!status.isDirectory() || status.uid !== process.getuid?.()) throw new Error(`${base} is not a folder of this user; remove it or set VIRTMEDIC_LAB_DIR`);
  chmodSync(base, 0o700);
}

export function lockFile(folder: string): string {
  return join(folder, 'lock');
}

export function writeState(folder: string, state: RunState): void {
  writeJson(join(folder, 'state.json'), state);
}

/** Undefined where there is no readable state: the run had not come that far. */
export function readState(folder: string): RunState | undefined {
  const state = readJson<RunState>(join(folder, 'state.json'));
  return state?.version === 1 ? state : undefined;
}

export function writePower(hostFolder: string, power: PowerState): void {
  writeJson(join(hostFolder, 'power.json'), power);
}

export function readPower(hostFolder: string): PowerState | undefined {
  return readJson<PowerState>(join(hostFolder, 'power.json'));
}

/** The processes that a run recorded, as far as they can still be its own: those of another boot cannot. */
export function recordedInits(folder: string): ProcessIdentity[] {
  if (readState(folder)?.bootId !== bootId()) return [];
  return readdirSync(folder)
    .filter((name) => /^h\d+$/.test(name))
    .map((name) => readPower(join(folder, name))?.init)
    .filter((init) => init !== undefined);
}

/** Folders of all runs, dead or alive. */
export function runFolders(base: string): string[] {
  if (!existsSync(base)) return [];
  return readdirSync(base).filter(isRunId).map((id) => join(base, id));
}

/** Whole or not at all: a reader never sees half a file. */
export function writeJson(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
