import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { bootHost, runInside } from './host-boot.ts';
import { LIBVIRT_TCP_PORT, libvirtdConf, qemuConf } from './libvirt-config.ts';
import { hostAddress, hostName, hostNamespace } from './naming.ts';
import { hostLinkIsUp, makeHostNetwork, removeHostNetwork, setHostLink } from './network.ts';
import { commandLine, identify, isAlive, isZombie, outerPid, processesInside, signalProcess } from './process-info.ts';
import type { ProcessIdentity } from './process-info.ts';
import { endHost } from './remove-run.ts';
import { lockFile, readPower, writePower } from './run-folder.ts';
import { waitUntil } from './wait-until.ts';

/** A hypervisor of the lab. All state is in the lab's folder and in the kernel, so that any process can hold one. */
export interface Host {
  readonly name: string;
  readonly index: number;
  readonly folder: string;
  /** In the lab's subnet; libvirtd listens on it and on nothing else. */
  readonly address: string;
  readonly unixSocketPath: string;
  /** Works even while the link is cut: the socket is a file. */
  readonly unixUri: string;
  readonly tcpUri: string;
  readonly tcpPort: number;
  /** Holds the host's network; `ip netns exec` works with it. */
  readonly networkNamespace: string;
  /** True from power-on to power-off. */
  readonly isOn: boolean;
  /** As the machine numbers it; undefined while libvirtd does not run. */
  readonly libvirtdPid: number | undefined;
  /** Power cut: the link goes first, so that no peer hears of it, then every process of the host at once. */
  powerOff(): Promise<void>;
  /** Boots with an empty /run; libvirtd starts the guests that are marked autostart. */
  powerOn(): Promise<void>;
  cutLink(): Promise<void>;
  restoreLink(): Promise<void>;
  linkIsUp(): Promise<boolean>;
  /** SIGTERM, as a package upgrade would; guests go on. */
  stopLibvirtd(): Promise<void>;
  /** SIGKILL; guests go on. */
  killLibvirtd(): Promise<void>;
  startLibvirtd(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  suspendLibvirtd(): Promise<void>;
  continueLibvirtd(): Promise<void>;
  /** Runs virsh against this host over its unix socket and returns what it printed. @throws CommandError */
  virsh(...args: string[]): Promise<string>;
  /** Runs a command inside the host's namespaces. @throws CommandError */
  run(...command: string[]): Promise<string>;
  /** Pids, as the machine numbers them, of everything that runs in the host. */
  pids(): number[];
}

export interface HostSettings {
  /** More lines for the hosts' libvirtd.conf. */
  libvirtdConf?: readonly string[];
  /** More lines for the hosts' qemu.conf. */
  qemuConf?: readonly string[];
}

/** What all hosts of a run have in common. */
export interface RunPlace {
  id: string;
  subnet: string;
  folder: string;
  hosts: number;
}

/**
 * Writes a host's folder: configuration, and a place for all that libvirt keeps. The users are the host's own too: libvirtd does not start
 * where `libvirt-qemu` is unknown, even though the configuration names another.
 */
export function prepareHost(place: RunPlace, index: number, settings: HostSettings): void {
  const folder = join(place.folder, hostName(index));
  for (const name of ['run', 'etc', 'lib/libvirt/images', 'lib/libvirt/boot', 'log/libvirt', 'cache/libvirt']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const config = {
    address: hostAddress(place.subnet, index),
    hostUuid: randomUUID(),
    extraLibvirtd: settings.libvirtdConf ?? [],
    extraQemu: settings.qemuConf ?? [],
  };
  writeFileSync(join(folder, 'etc/libvirtd.conf'), libvirtdConf(config));
  writeFileSync(join(folder, 'etc/qemu.conf'), qemuConf(config));
  const names = Array.from({ length: place.hosts }, (_, i) => `${hostAddress(place.subnet, i + 1)} ${hostName(i + 1)}\n`);
  writeFileSync(join(folder, 'passwd'), 'root:x:0:0:root:/root:/bin/sh\nlibvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n');
  writeFileSync(join(folder, 'group'), 'root:x:0:\nlibvirt-qemu:x:64055:\n');
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${names.join('')}`);
}

export function openHost(place: RunPlace, index: number): Host {
  const name = hostName(index);
  const folder = join(place.folder, name);
  const address = hostAddress(place.subnet, index);
  const unixSocketPath = join(folder, 'run/libvirt/libvirt-sock');
  const unixUri = `qemu+unix:///system?socket=${unixSocketPath}`;
  const init = () => requireOn(name, runningInit(folder));
  const libvirtd = () => libvirtdOf(folder);
  const signalLibvirtd = (signal: NodeJS.Signals) => {
    const daemon = libvirtd();
    if (daemon === undefined || !signalProcess(daemon, signal)) throw new Error(`host ${name}: libvirtd does not run`);
    return daemon;
  };
  const endLibvirtd = async (signal: NodeJS.Signals) => {
    const daemon = signalLibvirtd(signal);
    await waitUntil(`the end of libvirtd on ${name}`, () => !isAlive(daemon) || isZombie(daemon.pid), { deadlineMs: 20_000, intervalMs: 10 });
  };
  return {
    name, index, folder, address, unixSocketPath, unixUri,
    tcpUri: `qemu+tcp://${address}/system`,
    tcpPort: LIBVIRT_TCP_PORT,
    networkNamespace: hostNamespace(place.id, index),
    get isOn() { return runningInit(folder) !== undefined; },
    get libvirtdPid() { return libvirtd()?.pid; },
    powerOff: () => powerOff(place, index, folder),
    powerOn: () => powerOn(place, index, folder),
    cutLink: () => setHostLink(place.id, index, false),
    restoreLink: () => setHostLink(place.id, index, true),
    linkIsUp: () => hostLinkIsUp(place.id, index),
    stopLibvirtd: () => endLibvirtd('SIGTERM'),
    killLibvirtd: () => endLibvirtd('SIGKILL'),
    startLibvirtd: async () => startLibvirtd(name, folder, init()),
    suspendLibvirtd: async () => void signalLibvirtd('SIGSTOP'),
    continueLibvirtd: async () => void signalLibvirtd('SIGCONT'),
    virsh: (...args) => run('virsh', ['--quiet', '--connect', unixUri, ...args]),
    run: async (...command) => runInside(init(), command),
    pids: () => { const on = runningInit(folder); return on === undefined ? [] : processesInside(on); },
  };
}

function requireOn(name: string, init: ProcessIdentity | undefined): ProcessIdentity {
  if (init === undefined) throw new Error(`host ${name} is off`);
  return init;
}

function runningInit(folder: string): ProcessIdentity | undefined {
  const init = readPower(folder)?.init;
  return init !== undefined && isAlive(init) && !isZombie(init.pid) ? init : undefined;
}

async function powerOff(place: RunPlace, index: number, folder: string): Promise<void> {
  const init = requireOn(hostName(index), runningInit(folder));
  await setHostLink(place.id, index, false);
  endHost(init);
  rmSync(join(folder, 'power.json'), { force: true });
  removeHostNetwork(place.id, index);
}

async function powerOn(place: RunPlace, index: number, folder: string): Promise<void> {
  const name = hostName(index);
  if (runningInit(folder) !== undefined) throw new Error(`host ${name} is on already`);
  removeHostNetwork(place.id, index);
  await makeHostNetwork(place, index);
  const init = await bootHost({ folder, name, networkNamespace: hostNamespace(place.id, index), lockFile: lockFile(place.folder) });
  writePower(folder, { init });
  await startLibvirtd(name, folder, init);
}

async function startLibvirtd(name: string, folder: string, init: ProcessIdentity): Promise<void> {
  if (libvirtdOf(folder) !== undefined) throw new Error(`host ${name}: libvirtd runs already`);
  await runInside(init, ['/usr/sbin/libvirtd', '--daemon', '--listen']);
  await waitUntil(`libvirtd on ${name}`, () => answers(folder), { deadlineMs: 60_000, intervalMs: 20 }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${lastLines(join(folder, 'log/libvirt/libvirtd.log'))}`);
  });
}

/** libvirtd goes into the background before its drivers are ready. */
async function answers(folder: string): Promise<boolean> {
  const socket = join(folder, 'run/libvirt/libvirt-sock');
  if (!existsSync(socket)) return false;
  await run('virsh', ['--quiet', '--connect', `qemu+unix:///system?socket=${socket}`, 'list', '--all']);
  return true;
}

function lastLines(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-10).join('\n') : '';
}

function libvirtdOf(folder: string): ProcessIdentity | undefined {
  const init = runningInit(folder);
  const pidFile = join(folder, 'run/libvirtd.pid');
  if (init === undefined || !existsSync(pidFile)) return undefined;
  const pid = outerPid(init, Number(readFileSync(pidFile, 'utf8')));
  return pid !== undefined && commandLine(pid)[0] === '/usr/sbin/libvirtd' ? identify(pid) : undefined;
}
