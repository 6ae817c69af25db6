import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { keyboardTarget, sysrqTarget } from '../../../exporter/src/guest/actions/hook.ts';
import type { HookTarget } from '../../../exporter/src/guest/actions/hook.ts';
import type { ActionRefusal, ActionTools, Way } from '../../../exporter/src/guest/actions/index.ts';
import { connectGdb } from '../../../exporter/src/guest/actions/gdb/client.ts';
import { newSocketPath, openGdbserver } from '../../../exporter/src/guest/actions/gdb/server.ts';
import { findSites } from '../../../exporter/src/guest/actions/injection/sites.ts';
import type { LinuxGuest } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait-until.ts';

/** A guest in which something is to be wrong for a moment. */
export interface Scene {
  guest: LinuxGuest;
  tools: ActionTools;
  folder: string;
}

/** What is otherwise now, and how it is taken back. */
export interface Brought {
  tools?: Partial<ActionTools>;
  takeBack?: () => Promise<unknown> | unknown;
}

export interface ReasonToRefuse {
  reason: ActionRefusal;
  ways: readonly Way[];
  needsKeyboard?: true;
  /** null: this kernel has no such thing. */
  bringAbout(scene: Scene): Promise<Brought | null> | Brought | null;
}

const ALL: readonly Way[] = ['keyboard', 'sysrq', 'injection'];
const HOOKS: readonly Way[] = ['keyboard', 'sysrq'];
const DEADLINE = { deadlineMs: 30_000, intervalMs: 20 };
const GDB_MS = 5000;
const STOP_MS = 30_000;
const CTRL = 4;
const MIB = 2 ** 20;

/** Writes over a variable of the kernel for a moment; it is as it was afterwards. */
function overwrite({ tools: { kernel, writer } }: Scene, address: bigint, bytes: Buffer): Brought {
  const before = Buffer.alloc(bytes.length);
  if (!kernel.read(address, before)) throw new Error(`kernel memory at 0x${address.toString(16)} cannot be read`);
  writer.write(address, bytes);
  return { takeBack: () => writer.write(address, before) };
}

function variable(scene: Scene, name: string, bytes: number, value = 1): Brought | null {
  if (!scene.tools.kernel.hasSymbol(name)) return null;
  const content = Buffer.alloc(bytes);
  content.writeUIntLE(value, 0, bytes);
  return overwrite(scene, scene.tools.kernel.symbol(name), content);
}

function pointer(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** The work item as a hook that was left behind has it. */
const leftBehind = (targetOf: (kernel: ActionTools['kernel']) => HookTarget) => (scene: Scene): Brought => {
  const hook = targetOf(scene.tools.kernel);
  return overwrite(scene, hook.functionPlace, pointer(hook.hookFunction));
};

const pending = (targetOf: (kernel: ActionTools['kernel']) => HookTarget) => (scene: Scene): Brought => {
  const { dataPlace } = targetOf(scene.tools.kernel);
  return overwrite(scene, dataPlace, pointer((scene.tools.kernel.readU64(dataPlace) ?? 0n) | 1n));
};

async function key({ tools: { kernel, monitor } }: Scene, down: boolean): Promise<void> {
  await monitor.execute('input-send-event', { events: [{ type: 'key', data: { down, key: { type: 'qcode', data: 'ctrl' } } }] });
  await waitUntil('the key', () => kernel.readU32(kernel.symbol('shift_state')) === (down ? CTRL : 0), DEADLINE);
}

/** Of the console in the foreground: as a graphical session has it. */
function keyboardOff(scene: Scene): Brought | null {
  const { kernel } = scene.tools;
  const field = kernel.field('kbd_struct', 'kbdmode');
  const console = kernel.readU32(kernel.symbol('fg_console'));
  if (field?.bits == null || console === null) return null;
  const { shift, width } = field.bits;
  const address = kernel.symbol('kbd_table') + BigInt(console * kernel.sizeOf('kbd_struct') + field.offset);
  const byte = Buffer.alloc(1);
  if (!kernel.read(address, byte)) throw new Error('the mode of the keyboard cannot be read');
  const off = 4;
  byte.writeUInt8((byte.readUInt8(0) & ~(((1 << width) - 1) << shift) & 0xff) | (off << shift), 0);
  return overwrite(scene, address, byte);
}

/** To somebody who takes the connection and nothing more. */
async function migration({ tools: { monitor }, folder }: Scene): Promise<Brought> {
  const path = join(folder, 'destination.sock');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.pause().on('error', () => undefined);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  chmodSync(path, 0o777);
  const status = async () => ((await monitor.execute('query-migrate')) as { status?: string }).status;
  await monitor.execute('migrate', { uri: `unix:${path}` });
  await waitUntil('the migration', async () => (await status()) === 'active', DEADLINE);
  return {
    async takeBack() {
      await monitor.execute('migrate_cancel');
      for (const socket of sockets) socket.destroy();
      server.close();
      await waitUntil('the end of the migration', async () => ['cancelled', 'failed'].includes((await status()) ?? ''), DEADLINE);
      await waitUntil('the guest', async () => ((await monitor.execute('query-status')) as { status: string }).status === 'running', DEADLINE);
    },
  };
}

/** Between two disks that nothing else knows of. */
async function blockJob({ tools: { monitor } }: Scene): Promise<Brought> {
  const nodes = ['refused-from', 'refused-to'];
  for (const name of nodes) await monitor.execute('blockdev-add', { driver: 'null-co', 'node-name': name, size: 64 * MIB, 'read-zeroes': true });
  await monitor.execute('blockdev-mirror', { 'job-id': 'refused', device: nodes[0], target: nodes[1], sync: 'full', speed: 1 });
  return {
    async takeBack() {
      await monitor.execute('block-job-cancel', { device: 'refused', force: true });
      await waitUntil('the end of the job', async () => ((await monitor.execute('query-block-jobs')) as unknown[]).length === 0, DEADLINE);
      for (const name of nodes) await monitor.execute('blockdev-del', { 'node-name': name });
    },
  };
}

async function foreignGdbserver({ tools: { monitor }, folder }: Scene): Promise<Brought> {
  await monitor.human(`gdbserver unix:${join(folder, 'theirs.sock')},server=on,wait=off`);
  return { takeBack: () => monitor.human('gdbserver none') };
}

/** Stopped at a breakpoint of somebody else's debugger. */
async function atBreakpoint({ tools: { monitor, kernel }, folder }: Scene): Promise<Brought> {
  const path = newSocketPath(folder);
  await openGdbserver(monitor, path);
  const client = await connectGdb(path, GDB_MS);
  const places = findSites(kernel).map(({ address }) => `1,${address.toString(16)},1`);
  for (const place of places) await client.order(`Z${place}`);
  client.go();
  if ((await client.nextStop(STOP_MS)) === null) throw new Error('the guest came to no breakpoint');
  return {
    async takeBack() {
      for (const place of places) await client.order(`z${place}`);
      await client.detach();
      client.close();
      await monitor.human('gdbserver none');
    },
  };
}

async function poweroffCommand({ guest }: Scene): Promise<Brought> {
  const path = '/proc/sys/kernel/poweroff_cmd';
  const before = (await guest.agent.run(`cat ${path}`)).trim();
  await guest.agent.run(`echo /bin/true > ${path}`);
  return { takeBack: () => guest.agent.run(`echo ${before} > ${path}`) };
}

async function paused({ tools: { monitor } }: Scene): Promise<Brought> {
  await monitor.execute('stop');
  return { takeBack: () => monitor.execute('cont') };
}

function unhealed({ tools: { journal, domain } }: Scene): Brought {
  journal.write({ domain: domain.uuid, kind: 'injection', openedAt: new Date().toISOString(), qemuPid: domain.qemuPid, qemuStartTicks: domain.qemuStartTicks, boot: '0'.repeat(64), work: 0n, hookFunction: 0n, writes: [], gdbSocket: null, gracePeriod: null });
  return { takeBack: () => journal.remove(domain.uuid) };
}

const asking = (change: Partial<ActionTools['request']>) => ({ tools: { request } }: Scene): Brought => ({ tools: { request: { ...request, ...change } } });

/** Rules that can be brought about in a guest without harm, each for a moment. The others are about memory that is encrypted, and a kernel that starts or stops. */
export const REASONS_TO_REFUSE: readonly ReasonToRefuse[] = [
  { reason: 'not-opted-in', ways: ALL, bringAbout: asking({ optedIn: false }) },
  { reason: 'sysrq-not-opted-in', ways: ['sysrq'], bringAbout: asking({ sysrqOptedIn: false }) },
  { reason: 'helper-not-root', ways: ALL, bringAbout: asking({ effectiveUid: 65_534 }) },
  { reason: 'pause-budget-spent', ways: ['injection'], bringAbout: asking({ pauseBudgetMs: 0 }) },
  { reason: 'journal-unhealed', ways: ALL, bringAbout: unhealed },
  { reason: 'paused', ways: ALL, bringAbout: paused },
  { reason: 'domain-debug', ways: ALL, bringAbout: atBreakpoint },
  { reason: 'foreign-gdbserver', ways: ALL, bringAbout: foreignGdbserver },
  { reason: 'migrating', ways: ALL, bringAbout: migration },
  { reason: 'block-job-running', ways: ALL, bringAbout: blockJob },
  { reason: 'locked-down', ways: ALL, bringAbout: (scene) => variable(scene, 'kernel_locked_down', 4) },
  { reason: 'usermodehelper-disabled', ways: ALL, bringAbout: (scene) => variable(scene, 'usermodehelper_disabled', 4) },
  { reason: 'poweroff-force-set', ways: HOOKS, bringAbout: (scene) => variable(scene, 'poweroff_force', 1) },
  { reason: 'poweroff-command-unexpected', ways: HOOKS, bringAbout: poweroffCommand },
  { reason: 'cad-work-unexpected', ways: ['keyboard'], bringAbout: leftBehind(keyboardTarget) },
  { reason: 'cad-work-pending', ways: ['keyboard'], bringAbout: pending(keyboardTarget) },
  { reason: 'sysrq-work-unexpected', ways: ['sysrq'], bringAbout: leftBehind(sysrqTarget) },
  { reason: 'sysrq-work-pending', ways: ['sysrq'], bringAbout: pending(sysrqTarget) },
  { reason: 'keyboard-off', ways: ['keyboard'], bringAbout: keyboardOff },
  {
    reason: 'modifier-down',
    ways: ['keyboard'],
    needsKeyboard: true,
    bringAbout: async (scene) => {
      await key(scene, true);
      return { takeBack: () => key(scene, false) };
    },
  },
];
