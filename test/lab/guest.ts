import { copyFileSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CommandError, runSync } from './command.ts';
import { guestAgent } from './guest-agent.ts';
import type { GuestAgent } from './guest-agent.ts';
import { guestXml } from './guest-xml.ts';
import type { GuestOptions } from './guest-xml.ts';
import { httpGet } from './http-get.ts';
import type { HttpAnswer } from './http-get.ts';
import type { Host, RunPlace } from './host.ts';
import { GUEST_OCTETS, checkName, guestAddress, guestMac } from './naming.ts';
import { HOST_BRIDGE } from './network.ts';
import { commandLine } from './process-info.ts';
import { readJson, writeJson } from './run-folder.ts';
import { waitUntil } from './wait-until.ts';

/** What a guest can do to itself; the others are done from outside (`killQemu`, `freezeQemu`, the host's methods). */
export const FAULTS = [
  'panic', 'hang', 'httpd-stop', 'httpd-hang', 'poweroff', 'reboot', 'watchdog-stop', 'disk-fill', 'disk-free', 'net-down',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Load switches; each replaces what it was before, 0 ends it. */
export interface GuestLoad {
  /** Percent of one CPU. */
  cpu?: number;
  /** MiB held. */
  memory?: number;
  /** MiB rewritten with new random bytes each second. */
  dirty?: number;
  /** KiB written and synced each second. */
  disk?: number;
  /** KiB sent, and as many received, each second. */
  net?: number;
}

/** What `/cgi-bin/status` answers. */
export interface GuestStatus {
  boots: number;
  /** One more each second, on the disk before it is shown; goes on after a boot. */
  count: number;
  /** New with every boot, the same after a restore. */
  bootId: string;
  uptimeSeconds: number;
  /** Seconds whose count could not be written to the disk. */
  failures: number;
  diskFreeKiB: number;
}

/** libvirt's words, for example `{state: 'crashed', reason: 'panicked'}`; state `absent` where the host does not define the domain. */
export interface GuestState {
  state: string;
  reason: string;
}

/** A tiny virtual machine, seen on one host. */
export interface Guest {
  readonly name: string;
  readonly uuid: string;
  /** Reachable from the machine itself. */
  readonly address: string;
  readonly mac: string;
  readonly xml: string;
  readonly diskPath: string;
  readonly consolePath: string;
  readonly host: Host;
  /** The same guest seen on another host; moves nothing. */
  on(host: Host): Guest;
  define(): Promise<void>;
  undefine(): Promise<void>;
  /** Defines it where it is not defined, then starts it. */
  start(): Promise<void>;
  /** QEMU runs, the guest does not: nothing is booted. */
  startPaused(): Promise<void>;
  /** Pulls its plug through libvirt. */
  destroy(): Promise<void>;
  state(): Promise<GuestState>;
  waitState(state: string, deadlineMs?: number): Promise<GuestState>;
  /** Waits until it serves HTTP. Default deadline: 120,000 ms, for a busy machine without KVM. */
  waitHttp(deadlineMs?: number): Promise<GuestStatus>;
  http(path: string, timeoutMs?: number): Promise<HttpAnswer>;
  status(): Promise<GuestStatus>;
  fault(kind: Fault): Promise<void>;
  load(load: GuestLoad): Promise<void>;
  /** As the machine numbers it; undefined while there is none. */
  qemuPid(): number | undefined;
  killQemu(): void;
  /** SIGSTOP: libvirt's monitor commands to it block. */
  freezeQemu(): void;
  thawQemu(): void;
  console(): string;
  /** Runs commands inside, in guests made with `agent`. */
  readonly agent: GuestAgent;
  /** Destroys and undefines it on this host and deletes its disk. */
  remove(): Promise<void>;
}

/** Files and addresses of a guest, in `<run>/guests/NAME.json`. */
interface GuestRecord {
  options: GuestOptions;
  host: string;
  uuid: string;
  octet: number;
}

/** Where a run keeps its guests. */
export function guestFolders(place: RunPlace) {
  const shared = join(place.folder, 'shared');
  return {
    records: join(place.folder, 'guests'),
    addresses: join(place.folder, 'addresses'),
    consoles: join(place.folder, 'consoles'),
    shared,
    boot: join(shared, 'boot'),
  };
}

/** Makes a guest's disk and takes an address for it; defines nothing yet. @throws for a name that is taken or not allowed. */
export function createGuest(place: RunPlace, host: Host, options: GuestOptions): Guest {
  checkName('guest', options.name);
  const folders = guestFolders(place);
  const recordPath = join(folders.records, `${options.name}.json`);
  if (existsSync(recordPath)) throw new Error(`guest "${options.name}" exists already in lab ${place.id}`);
  const boot = bootFiles(folders.boot, options);
  if (!Object.values(boot).every((path) => existsSync(path))) {
    throw new Error(`guest "${options.name}": kernel ${options.kernel ?? 'cloud'} comes with lab.kernelGuest() and lab.debianGuest() only`);
  }
  const record: GuestRecord = { options, host: host.name, uuid: randomUUID(), octet: claimOctet(folders.addresses) };
  makeDisk(boot.disk, diskPath(folders.shared, options.name), options.system);
  writeJson(recordPath, record);
  return guestOf(place, host, record);
}

/** A guest that was made earlier, perhaps by another process, on the host it was made for. */
export function openGuest(place: RunPlace, hosts: readonly Host[], name: string): Guest | undefined {
  const record = readJson<GuestRecord>(join(guestFolders(place).records, `${name}.json`));
  const host = hosts.find((candidate) => candidate.name === record?.host);
  return record === undefined || host === undefined ? undefined : guestOf(place, host, record);
}

/** What a guest boots from, in the run's boot folder; its name there says what it is. */
export function bootFiles(boot: string, { kernel = 'cloud', system = 'tiny' }: Pick<GuestOptions, 'kernel' | 'system'>) {
  const debian = system === 'debian';
  return {
    kernel: join(boot, `${kernel}.vmlinuz`),
    initramfs: join(boot, debian ? `${kernel}.debian.initramfs` : `${kernel}.initramfs`),
    disk: join(boot, debian ? 'debian.qcow2' : 'disk.qcow2'),
  };
}

/** Debian's disk is large, so that a guest's own lies over it; the tiny one is copied, whole and without a chain. */
function makeDisk(base: string, target: string, system: GuestOptions['system']): void {
  if (system === 'debian') runSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', target]);
  else copyFileSync(base, target, constants.COPYFILE_FICLONE);
}

function diskPath(shared: string, name: string): string {
  return join(shared, `${name}.qcow2`);
}

function agentSocket(shared: string, name: string): string {
  return join(shared, `${name}.agent`);
}

/** Takes the first free last octet; creating the file is what makes it ours, also against another process. */
function claimOctet(addresses: string): number {
  for (let octet = GUEST_OCTETS.first; octet <= GUEST_OCTETS.last; octet++) {
    try {
      writeFileSync(join(addresses, String(octet)), '', { flag: 'wx' });
      return octet;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`no address left: a lab has room for ${GUEST_OCTETS.last - GUEST_OCTETS.first + 1} guests`);
}

function guestOf(place: RunPlace, host: Host, record: GuestRecord): Guest {
  const { options, uuid, octet } = record;
  const { name } = options;
  const folders = guestFolders(place);
  const address = guestAddress(place.subnet, octet);
  const disk = diskPath(folders.shared, name);
  const consolePath = join(folders.consoles, `${name}.log`);
  const agentPath = agentSocket(folders.shared, name);
  const boot = bootFiles(folders.boot, options);
  const xml = guestXml(options, {
    uuid, mac: guestMac(place.subnet, octet), cidr: `${address}/24`, bridge: HOST_BRIDGE, diskPath: disk, consolePath, agentPath,
    kernelPath: boot.kernel, initramfsPath: boot.initramfs,
  });
  const status = async () => JSON.parse((await get('/cgi-bin/status')).body) as GuestStatus;
  const get = (path: string, timeoutMs = 5000) => httpGet({ host: address, port: 80, path, timeoutMs });
  const command = async (path: string) => {
    const answer = await get(path, 10_000);
    if (answer.status !== 200) throw new Error(`guest ${name}: ${path}: ${answer.status} ${answer.body.trim()}`);
  };
  const signalQemu = (signal: NodeJS.Signals) => {
    const pid = qemuPid(host, name);
    if (pid === undefined) throw new Error(`guest ${name} has no QEMU process on ${host.name}`);
    process.kill(pid, signal);
  };
  const start = async (...flags: string[]) => {
    if ((await domainState(host, name)).state === 'absent') await define(place, host, options, xml);
    await host.virsh('start', name, ...flags);
  };
  return {
    name, uuid, address, mac: guestMac(place.subnet, octet), xml, diskPath: disk, consolePath, host,
    on: (other) => guestOf(place, other, record),
    define: () => define(place, host, options, xml),
    undefine: async () => void (await host.virsh('undefine', name)),
    start: () => start(),
    startPaused: () => start('--paused'),
    destroy: async () => void (await host.virsh('destroy', name)),
    state: () => domainState(host, name),
    waitState: (state, deadlineMs = 30_000) =>
      waitUntil(`state "${state}" of guest ${name}`, async () => inState(await domainState(host, name), state), { deadlineMs }),
    waitHttp: async (deadlineMs = 120_000) => {
      // A plain page first: the status page costs an emulated processor far more, just when it is booting.
      await waitUntil(`HTTP from guest ${name}`, async () => (await get('/', 2000)).status === 200, { deadlineMs });
      return status();
    },
    http: get,
    status,
    fault: (kind) => command(`/cgi-bin/fault?${kind}`),
    load: (load) => command(`/cgi-bin/load?${Object.entries(load).map(([kind, amount]) => `${kind}=${amount}`).join('&')}`),
    qemuPid: () => qemuPid(host, name),
    killQemu: () => signalQemu('SIGKILL'),
    freezeQemu: () => signalQemu('SIGSTOP'),
    thawQemu: () => signalQemu('SIGCONT'),
    agent: guestAgent(name, agentPath),
    console: () => (existsSync(consolePath) ? readFileSync(consolePath, 'utf8') : ''),
    remove: () => removeGuest(place, host, record),
  };
}

async function define(place: RunPlace, host: Host, options: GuestOptions, xml: string): Promise<void> {
  const folder = join(place.folder, 'definitions');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${options.name}.xml`);
  writeFileSync(path, xml, { mode: 0o600 });
  await host.virsh('define', path);
  if (options.autostart === true) await host.virsh('autostart', options.name);
}

async function domainState(host: Host, name: string): Promise<GuestState> {
  try {
    const answer = (await host.virsh('domstate', '--reason', name)).trim();
    const match = /^(.*?)(?: \((.*)\))?$/.exec(answer);
    return { state: match?.[1] ?? answer, reason: match?.[2] ?? '' };
  } catch (error) {
    if (error instanceof CommandError && /Domain not found|failed to get domain/.test(error.stderr)) return { state: 'absent', reason: '' };
    throw error;
  }
}

function inState(now: GuestState, state: string): GuestState | undefined {
  return now.state === state ? now : undefined;
}

/** libvirt starts QEMU with `-name guest=NAME,…`. */
function qemuPid(host: Host, name: string): number | undefined {
  return host.pids().find((pid) => {
    const args = commandLine(pid);
    return args[0]?.endsWith('/qemu-system-x86_64') === true && args[args.indexOf('-name') + 1]?.split(',')[0] === `guest=${name}`;
  });
}

async function removeGuest(place: RunPlace, host: Host, record: GuestRecord): Promise<void> {
  const { name } = record.options;
  const { state } = await domainState(host, name);
  if (state !== 'absent' && state !== 'shut off') {
    await host.virsh('destroy', name).catch(async (error: unknown) => {
      // It may have ended by itself meanwhile.
      if (!['absent', 'shut off'].includes((await domainState(host, name)).state)) throw error;
    });
  }
  if (state !== 'absent') await host.virsh('undefine', name);
  const folders = guestFolders(place);
  for (const path of [diskPath(folders.shared, name), agentSocket(folders.shared, name), join(folders.records, `${name}.json`), join(folders.addresses, String(record.octet))]) {
    rmSync(path, { force: true });
  }
}
