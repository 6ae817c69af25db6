import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, formatLabs, formatStatus } from './cli-format.ts';
import type { LabRow } from './cli-format.ts';
import { detach, holdUp } from './cli-up.ts';
import { oneOf, wholeNumber } from './cli-words.ts';
import { FAULTS } from './guest.ts';
import type { Fault } from './guest.ts';
import { KERNEL_CHOICES, isKernelChoice } from './guest/kernel-choice.ts';
import { WATCHDOG_ACTIONS } from './guest-xml.ts';
import type { GuestOptions } from './guest-xml.ts';
import { openLab } from './lab.ts';
import type { Guest, Host, Lab } from './lab.ts';
import { checkPrerequisites } from './prerequisites.ts';
import { signalProcess } from './process-info.ts';
import { baseFolder, readState, runFolders } from './run-folder.ts';
import { isOwned, lockBaseFolder, removeEmptyBaseFolder, removeStaleRuns } from './stale-runs.ts';
import { waitUntil } from './wait-until.ts';

export interface CliOptions {
  hosts?: string;
  name?: string;
  guests?: string;
  lab?: string;
  memory?: string;
  kernel?: string;
  debian?: boolean;
  watchdog?: string;
  panic?: boolean;
  'no-balloon-stats'?: boolean;
  paused?: boolean;
  'keep-logs'?: string;
  detach?: boolean;
  json?: boolean;
}

interface Command {
  usage: string;
  summary: string;
  /** How many words it takes after its name. */
  minimum: number;
  maximum: number;
  /** Returns the exit status. */
  run(words: readonly string[], options: CliOptions): Promise<number>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  up: command('up [--detach]', 'start a lab; stays up until Ctrl-C, or with --detach until "down"', 0, (_words, options) => up(options)),
  down: command('down', 'end the process that keeps a lab up and remove all of the lab', 0, (_words, options) => down(options)),
  list: command('list', 'the labs of this machine', 0, (_words, options) => list(options)),
  status: command('status', 'hosts and guests of a lab', 0, (_words, options) => status(options)),
  clean: command('clean', 'remove what killed labs left behind; running ones are not touched', 0, (_words, options) => clean(options)),
  guest: {
    ...command('guest NAME [HOST]', 'make and start a guest, or start it again', 1, ([name = '', host], options) => startGuest(name, host, options)),
    maximum: 2,
  },
  fault: command('fault GUEST KIND', `break a guest from inside: ${FAULTS.join(', ')}`, 2, ([name = '', kind = ''], options) => fault(name, kind, options)),
  load: {
    ...command('load GUEST KIND=N…', 'cpu=PERCENT memory=MIB dirty=MIB/S disk=KIB/S net=KIB/S; 0 ends it', 2, ([name = '', ...pairs], options) =>
      load(name, pairs, options)),
    maximum: 6,
  },
  kill: command('kill GUEST', 'SIGKILL to its QEMU', 1, async ([name = ''], options) => done(runningGuest(await findLab(options), name).killQemu())),
  run: command('run GUEST SCRIPT', 'run a script in a guest with an agent; ends with its status', 2, ([name = '', script = ''], options) => runIn(name, script, options)),
  console: command('console GUEST', 'what the guest wrote to its serial console', 1, async ([name = ''], options) =>
    done(void process.stdout.write(findGuest(await findLab(options), name).console()))),
  'power-off': onHost('power-off', 'cut the power of a host: link, libvirtd and guests go at once', (host) => host.powerOff()),
  'power-on': onHost('power-on', 'boot it again', (host) => host.powerOn()),
  'cut-link': onHost('cut-link', "unplug a host's network cable", (host) => host.cutLink()),
  'restore-link': onHost('restore-link', 'plug it in again', (host) => host.restoreLink()),
  libvirtd: command('libvirtd ACTION HOST', "stop, kill, start, suspend (SIGSTOP) or continue the host's libvirtd", 2, ([action = '', host = ''], options) =>
    libvirtd(action, host, options)),
  virsh: {
    ...command('virsh HOST …', 'virsh on that host, with everything after HOST passed on', 1, ([host = '', ...args], options) => virsh(host, args, options)),
    maximum: Infinity,
  },
};

/** A command that takes exactly `words` words after its name. */
function command(usage: string, summary: string, words: number, run: Command['run']): Command {
  return { usage, summary, minimum: words, maximum: words, run };
}

function onHost(name: string, summary: string, act: (host: Host) => Promise<void>): Command {
  return command(`${name} HOST`, summary, 1, async ([host = ''], options) => done(await act((await findLab(options)).host(host))));
}

function done(_nothing: void): number {
  return 0;
}

async function up(options: CliOptions): Promise<number> {
  const wanted = {
    hosts: wholeNumber('--hosts', options.hosts ?? '2', 1, 40),
    name: options.name ?? 'lab',
    guests: wholeNumber('--guests', options.guests ?? '0', 0, 200),
    keepLogs: options['keep-logs'],
    json: options.json ?? false,
  };
  checkPrerequisites();
  if (options.detach !== true) return holdUp(wanted);
  const words = ['up', '--hosts', String(wanted.hosts), '--name', wanted.name, '--guests', String(wanted.guests)];
  return detach(wanted.keepLogs === undefined ? words : [...words, '--keep-logs', wanted.keepLogs], wanted.json);
}

async function down(options: CliOptions): Promise<number> {
  const row = await findRow(options);
  if (!row.up) throw new Error(`lab ${row.id} was left behind by a killed process; remove it with: npm run lab -- clean`);
  signalProcess(row.owner, 'SIGTERM');
  await waitUntil(`the end of lab ${row.id}`, () => !existsSync(row.folder), { deadlineMs: 60_000 });
  console.error(`lab ${row.id} is gone`);
  return 0;
}

async function list(options: CliOptions): Promise<number> {
  const rows = await labRows();
  console.log(options.json === true ? JSON.stringify(rows) : formatLabs(rows));
  return 0;
}

async function status(options: CliOptions): Promise<number> {
  const found = await describe(await findLab(options));
  console.log(options.json === true ? JSON.stringify(found) : formatStatus(found));
  return 0;
}

async function clean(options: CliOptions): Promise<number> {
  checkPrerequisites();
  const base = baseFolder();
  const lock = await lockBaseFolder(base);
  const { removed, problems } = await removeStaleRuns(base).finally(() => lock.release());
  removeEmptyBaseFolder(base);
  const summary = removed.length === 0 ? 'nothing to remove' : `removed ${removed.join(', ')}`;
  console.log(options.json === true ? JSON.stringify({ removed, problems }) : summary);
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

async function startGuest(name: string, hostName: string | undefined, options: CliOptions): Promise<number> {
  const lab = await findLab(options);
  const known = lab.guests().find((guest) => guest.name === name);
  const host = lab.host(hostName ?? known?.host.name ?? 1);
  const guest = known?.on(host) ?? (await makeGuest(lab, host, name, options));
  await (options.paused === true ? guest.startPaused() : guest.start());
  const summary = { name: guest.name, uuid: guest.uuid, address: guest.address, host: host.name, qemuPid: guest.qemuPid() ?? null };
  console.log(options.json === true ? JSON.stringify(summary) : `${name} runs on ${host.name}, http://${guest.address}/`);
  return 0;
}

async function makeGuest(lab: Lab, host: Host, name: string, { kernel, debian, ...options }: CliOptions): Promise<Guest> {
  if (debian !== true && (kernel === undefined || !isKernelChoice(kernel))) {
    return lab.guest(host, guestOptions(name, kernel === undefined ? options : { ...options, kernel }));
  }
  const { memoryMiB, ...others } = guestOptions(name, options);
  const chosen = {
    ...others,
    kernel: oneOf('--kernel', kernel ?? '6.1-cloud', KERNEL_CHOICES),
    ...(options.memory === undefined || memoryMiB === undefined ? {} : { memoryMiB }),
  };
  return debian === true ? lab.debianGuest(host, chosen) : lab.kernelGuest(host, chosen);
}

async function runIn(name: string, script: string, options: CliOptions): Promise<number> {
  const { status, stdout, stderr } = await findGuest(await findLab(options), name).agent.ask(script);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return status;
}

function guestOptions(name: string, options: CliOptions): GuestOptions {
  const { kernel, watchdog } = options;
  return {
    name,
    memoryMiB: wholeNumber('--memory', options.memory ?? '128', 16, 65_536),
    panicDevice: options.panic ?? false,
    ...(kernel === undefined ? {} : { kernel: oneOf('--kernel', kernel, ['cloud', 'full', ...KERNEL_CHOICES]) }),
    ...(watchdog === undefined ? {} : { watchdog: oneOf('--watchdog', watchdog, WATCHDOG_ACTIONS), kernel: 'full' as const }),
    ...(options['no-balloon-stats'] === true ? { balloonPeriodSeconds: 0 } : {}),
  };
}

async function fault(name: string, kind: string, options: CliOptions): Promise<number> {
  const known: Fault = oneOf('KIND', kind, FAULTS);
  await findGuest(await findLab(options), name).fault(known);
  return 0;
}

async function load(name: string, pairs: readonly string[], options: CliOptions): Promise<number> {
  const wanted = pairs.map((pair) => {
    const [kind = '', amount = ''] = pair.split('=', 2);
    return [oneOf('KIND', kind, ['cpu', 'memory', 'dirty', 'disk', 'net']), wholeNumber(kind, amount, 0, 999_999)];
  });
  await findGuest(await findLab(options), name).load(Object.fromEntries(wanted));
  return 0;
}

async function libvirtd(action: string, hostName: string, options: CliOptions): Promise<number> {
  const known = oneOf('ACTION', action, ['stop', 'kill', 'start', 'suspend', 'continue']);
  const host = (await findLab(options)).host(hostName);
  const act = {
    stop: () => host.stopLibvirtd(), kill: () => host.killLibvirtd(), start: () => host.startLibvirtd(),
    suspend: () => host.suspendLibvirtd(), continue: () => host.continueLibvirtd(),
  };
  await act[known]();
  return 0;
}

/** On our own terminal, so that virsh's interactive mode works too. */
async function virsh(hostName: string, args: readonly string[], options: CliOptions): Promise<number> {
  const host = (await findLab(options)).host(hostName);
  const child = spawn('virsh', ['--connect', host.unixUri, ...args], { stdio: 'inherit' });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

async function labRows(): Promise<LabRow[]> {
  checkPrerequisites();
  const rows = await Promise.all(
    runFolders(baseFolder()).map(async (folder) => {
      const state = readState(folder);
      return state === undefined ? undefined : { ...state, folder, up: await isOwned(folder) };
    }),
  );
  return rows.filter((row) => row !== undefined);
}

async function findRow(options: CliOptions): Promise<LabRow> {
  const all = await labRows();
  const matching = all.filter((row) => (options.lab === undefined ? row.up : row.id === options.lab || row.name === options.lab));
  const [row] = matching;
  if (row !== undefined && matching.length === 1) return row;
  const known = all.length === 0 ? 'none is up; start one with: npm run lab -- up' : `there are:\n${formatLabs(all)}`;
  const wanted = options.lab === undefined ? 'lab that is up' : `lab "${options.lab}"`;
  const problem = row === undefined ? `no ${wanted}` : `more than one ${wanted}; say --lab ID`;
  throw new Error(`${problem}: ${known}`);
}

async function findLab(options: CliOptions): Promise<Lab> {
  const row = await findRow(options);
  if (!row.up) throw new Error(`lab ${row.id} is not up, its process ${row.owner.pid} is gone; remove it with: npm run lab -- clean`);
  return openLab(row.folder, (message) => console.error(message));
}

function findGuest(lab: Lab, name: string): Guest {
  const guests = lab.guests();
  const guest = guests.find((candidate) => candidate.name === name);
  if (guest === undefined) throw new Error(`guest "${name}": this lab has ${guests.map((candidate) => candidate.name).join(', ') || 'none'}`);
  return guest;
}

/** The guest on the host where its QEMU is, wherever it was made. */
function runningGuest(lab: Lab, name: string): Guest {
  const guest = findGuest(lab, name);
  return lab.hosts.map((host) => guest.on(host)).find((there) => there.qemuPid() !== undefined) ?? guest;
}
