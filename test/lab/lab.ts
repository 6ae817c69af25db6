import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ownRun } from './cleanup.ts';
import { createGuest, guestFolders, openGuest } from './guest.ts';
import type { Guest } from './guest.ts';
import type { GuestOptions } from './guest-xml.ts';
import { buildImages } from './guest/build.ts';
import type { GuestImages } from './guest/build.ts';
import { openHost, prepareHost } from './host.ts';
import type { Host, HostSettings, RunPlace } from './host.ts';
import { createDebianGuest, createKernelGuest, linkOrCopy } from './linux-guest.ts';
import type { LinuxGuest, LinuxGuestOptions } from './linux-guest.ts';
import { MAX_HOSTS, checkName, newRunId } from './naming.ts';
import { makeSwitch } from './network.ts';
import { checkPrerequisites } from './prerequisites.ts';
import { bootId, identify } from './process-info.ts';
import { baseFolder, lockFile, readState, writeState } from './run-folder.ts';
import { acquireLock } from './run-lock.ts';
import { saveLogs } from './save-logs.ts';
import { lockBaseFolder, removeStaleRuns } from './stale-runs.ts';
import { freeSubnet, networksInUse } from './subnet.ts';

export type { Fault, Guest, GuestLoad, GuestState, GuestStatus } from './guest.ts';
export type { GuestOptions } from './guest-xml.ts';
export type { Host } from './host.ts';
export type { LinuxGuest, LinuxGuestOptions } from './linux-guest.ts';

export interface LabOptions extends HostSettings {
  /** How many hypervisors, 1 to 40. */
  hosts: number;
  /** For people; need not be unique. Default: lab. */
  name?: string;
  onProgress?: (message: string) => void;
  /** When the lab goes down, its logs and the guests' consoles are copied to this folder. */
  keepLogs?: string;
}

/** Hypervisors on a network of their own, with a folder that all of them share. */
export interface Lab {
  readonly id: string;
  readonly name: string;
  /** Mode 0700; holds everything that the lab writes. */
  readonly folder: string;
  /** Seen under the same path by every host: the guests' disks. */
  readonly sharedFolder: string;
  /** "10.213.0.0/24". */
  readonly subnet: string;
  readonly hosts: readonly Host[];
  /** By number (from 1) or name ("h1"). @throws where there is none. */
  host(which: number | string): Host;
  /** Makes a guest (disk, address); define or start it then. */
  guest(host: Host, options: GuestOptions): Guest;
  /** A tiny guest on one of Debian's kernels, with an agent. Fetches the kernel where it is not there yet. */
  kernelGuest(host: Host, options: LinuxGuestOptions): Promise<LinuxGuest>;
  /** Debian with systemd, nginx, vsftpd and icecast2, with an agent. Builds it where it is not there yet. */
  debianGuest(host: Host, options: LinuxGuestOptions): Promise<LinuxGuest>;
  /** All guests that were made and not removed, each on the host it was made for. */
  guests(): Guest[];
  /** Copies the logs so far and the guests' consoles to a folder, for example when a test has failed. */
  saveLogs(folder: string): void;
  /** Removes everything that the lab made on the machine. */
  down(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts hypervisors: real libvirtd in namespaces of this machine. The lab ends with `down()`, when this process ends, or with Ctrl-C;
 * if this process is killed with SIGKILL, hosts and guests end at once and the next start removes the rest.
 * @throws without root, with a package missing, or when something does not start; nothing is left behind then.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const name = checkName('lab', options.name ?? 'lab');
  if (!Number.isInteger(options.hosts) || options.hosts < 1 || options.hosts > MAX_HOSTS) {
    throw new Error(`hosts: ${options.hosts}: allowed are 1 to ${MAX_HOSTS}`);
  }
  checkPrerequisites();
  const onProgress = options.onProgress ?? (() => {});
  const images = await buildImages(onProgress);
  const { place, down } = await reserveRun(name, options, onProgress);
  try {
    fillFolder(place, images, options);
    const hosts = openHosts(place);
    for (const host of hosts) {
      onProgress(`starting host ${host.name} (${host.address})`);
      await host.powerOn();
    }
    return labOf(place, name, hosts, down, onProgress);
  } catch (error) {
    down();
    throw error;
  }
}

/** A lab that another process owns and keeps up. `down()` is the owner's business and refused here. */
export function openLab(folder: string, onProgress: (message: string) => void = () => {}): Lab {
  const state = readState(folder);
  if (state === undefined) throw new Error(`${folder}: there is no lab`);
  const place = { id: state.id, subnet: state.subnet, folder, hosts: state.hosts };
  return labOf(place, state.name, openHosts(place), () => {
    throw new Error(`lab ${state.id} belongs to process ${state.owner.pid}; end that`);
  }, onProgress);
}

/** Takes an id, a folder, a subnet and the switch, one run of the machine after the other. */
async function reserveRun(name: string, options: LabOptions, onProgress: (message: string) => void): Promise<{ place: RunPlace; down: () => void }> {
  const { hosts } = options;
  const base = baseFolder();
  const baseLock = await lockBaseFolder(base);
  try {
    const stale = await removeStaleRuns(base);
    for (const id of stale.removed) onProgress(`removed what lab ${id} had left behind`);
    stale.problems.forEach(onProgress);
    const subnet = freeSubnet(await networksInUse());
    if (subnet === undefined) throw new Error('no free network left in 10.213.0.0/16');
    const folder = join(base, newRunId());
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(lockFile(folder), '');
    const lock = await acquireLock(lockFile(folder), { wait: true });
    const owner = identify(process.pid);
    if (lock === undefined || owner === undefined) throw new Error(`${folder} could not be locked`);
    const place = { id: basename(folder), subnet, folder, hosts };
    const down = ownRun(folder, lock, options.keepLogs);
    try {
      writeState(folder, { version: 1, id: place.id, name, bootId: bootId(), owner, subnet, hosts, createdAt: new Date().toISOString() });
      await makeSwitch(place);
    } catch (error) {
      down();
      throw error;
    }
    return { place, down };
  } finally {
    baseLock.release();
  }
}

function fillFolder(place: RunPlace, images: GuestImages, settings: HostSettings): void {
  const folders = guestFolders(place);
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  for (const path of [...Object.values(images.kernel), ...Object.values(images.initramfs), images.disk]) {
    linkOrCopy(path, join(folders.boot, basename(path)));
  }
  for (let index = 1; index <= place.hosts; index++) prepareHost(place, index, settings);
}

function openHosts(place: RunPlace): Host[] {
  return Array.from({ length: place.hosts }, (_, i) => openHost(place, i + 1));
}

function labOf(place: RunPlace, name: string, hosts: readonly Host[], down: () => void, onProgress: (message: string) => void): Lab {
  const folders = guestFolders(place);
  return {
    id: place.id,
    name,
    folder: place.folder,
    sharedFolder: folders.shared,
    subnet: `${place.subnet}.0/24`,
    hosts,
    host: (which) => {
      const host = hosts.find(({ name: hostName, index }) => which === hostName || which === index);
      if (host === undefined) throw new Error(`host "${which}": this lab has ${hosts.map((candidate) => candidate.name).join(', ')}`);
      return host;
    },
    guest: (host, options) => createGuest(place, host, options),
    kernelGuest: (host, options) => createKernelGuest(place, host, options, onProgress),
    debianGuest: (host, options) => createDebianGuest(place, host, options, onProgress),
    guests: () =>
      readdirSync(folders.records)
        .filter((file) => file.endsWith('.json'))
        .map((file) => openGuest(place, hosts, basename(file, '.json')))
        .filter((guest) => guest !== undefined),
    saveLogs: (folder) => saveLogs(place.folder, folder),
    down: async () => down(),
    [Symbol.asyncDispose]: async () => down(),
  };
}
