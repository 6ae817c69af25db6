import { ActionRefused, restartUnit, signalProcess, startProcess } from '../../../exporter/src/guest/actions/index.ts';
import type { SerialConsole, Way } from '../../../exporter/src/guest/actions/index.ts';
import { withOpenFiles } from '../../../exporter/src/guest/helper/open-files.ts';
import { createProcessLister } from '../../../exporter/src/guest/processes/list.ts';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import { DEBIAN_APPS } from '../../lab/linux-guest.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import type { GuestCheck } from '../check.ts';
import type { MatrixEntry } from '../matrix.ts';
import { keyOf } from './lasting.ts';
import { openSerialConsole } from './serial-console.ts';
import { actOn } from './unharmed.ts';
import type { ActedOn } from './unharmed.ts';

/** By each way that a guest has; over the whole matrix more than 100 by each. */
export const PER_WAY = 5;
/** Three units by turns stay below systemd's limit of starts then. */
const BETWEEN_MS = 1500;
const DEADLINE = { deadlineMs: 60_000, intervalMs: 50 };
/** What Debian's kernels allow: no SysRq-F. */
const SYSRQ_CLOSED = 438;

export function waysOf({ options }: MatrixEntry): readonly Way[] {
  return options.keyboard === false ? ['sysrq', 'injection'] : ['keyboard', 'sysrq', 'injection'];
}

/** By this name, and not by busybox's own, so that it is called so afterwards too. */
const SERVER = '/bin/httpd';

/** A busy machine may keep the guest from a key or a safe place for too long: then nothing was done, and it is asked again. */
const REFUSED_FOR_NOW = new Set(['keyboard-dead', 'no-safe-site', 'pause-budget-spent']);
const MOST_TRIES = 5;

/** What is restarted: each time it has to have new processes, and none of the old ones. */
interface Target {
  processes(): GuestProcess[];
  restart(way: Way): Promise<unknown>;
}

/** Restarts by every way leave everything else in the guest as it was. */
export const restarts: GuestCheck = {
  name: 'restarts',
  what: `an application of it is restarted ${PER_WAY} times by each way: it has new processes, no other is affected, hooked memory is restored to the byte, its kernel has nothing to say`,
  timeoutSeconds: 900,
  async run({ guest, entry, signal }) {
    const earlier = (await guest.agent.run('cat /proc/sys/kernel/sysrq')).trim();
    await guest.agent.run(`echo ${SYSRQ_CLOSED} > /proc/sys/kernel/sysrq`);
    let [most, refused] = [0, 0];
    try {
      await using acted = await actOn(guest);
      await using console = await openSerialConsole(guest, acted.opened);
      const targets = entry.system === 'debian' ? unitsOf(acted, console) : [serverOf(acted, console)];
      const bytes = acted.hookBytes();
      const ended = new Set<string>();
      for (const way of waysOf(entry)) {
        for (let restart = 0; restart < PER_WAY; restart++) {
          signal.throwIfAborted();
          const target = targets[restart % targets.length] as Target;
          const old = new Set(target.processes().map(keyOf));
          for (const key of old) ended.add(key);
          const startedMs = performance.now();
          refused += await untilDone(() => target.restart(way));
          await waitUntil(`new processes by ${way}`, () => isNew(target.processes(), old), DEADLINE);
          most = Math.max(most, performance.now() - startedMs);
          if (acted.hookBytes() !== bytes) throw new Error(`hooked memory is not as it was after a restart by ${way}`);
          await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
        }
      }
      await guest.waitServing(DEADLINE.deadlineMs);
      await acted.expectAsBefore((process) => ended.has(keyOf(process)));
    } finally {
      await guest.agent.run(`echo ${earlier} > /proc/sys/kernel/sysrq`);
    }
    return { restarts: waysOf(entry).length * PER_WAY, refusedForNow: refused, restartMillisecondsMost: Math.round(most) };
  },
};

/** How often it was refused before it was done. */
async function untilDone(restart: () => Promise<unknown>): Promise<number> {
  for (let refused = 0; ; refused++) {
    try {
      await restart();
      return refused;
    } catch (error) {
      if (!(error instanceof ActionRefused) || !REFUSED_FOR_NOW.has(error.reason) || refused === MOST_TRIES) throw error;
    }
  }
}

function isNew(now: readonly GuestProcess[], old: ReadonlySet<string>): boolean {
  return now.length > 0 && now.every((process) => !old.has(keyOf(process)));
}

function unitsOf({ opened: { tools, folder } }: ActedOn, console: SerialConsole): Target[] {
  const lister = createProcessLister(tools.kernel);
  return DEBIAN_APPS.map(({ unit: name }) => {
    const processes = () => lister.list().processes.filter(({ unit, state }) => unit === name && state !== 'Z' && state !== 'X');
    return { processes, restart: (way) => restartUnit(tools, { order: [way], console, gdbFolder: folder }, { name, condition: 'dead', earlier: [], isGone: () => processes().length === 0 }) };
  });
}

/** The web server of the guest without systemd: killed, and started as it had been. */
function serverOf({ opened: { tools, folder } }: ActedOn, console: SerialConsole): Target {
  const lister = createProcessLister(tools.kernel);
  let command: string[] | null = null;
  const processes = () => lister.list().processes.filter(({ name, state }) => name === 'httpd' && state !== 'Z' && state !== 'X');
  return {
    processes,
    async restart(way) {
      // Where the start was refused for now, it is not there any more.
      for (const server of processes()) {
        if (server.commandLine !== null) command = [SERVER, ...server.commandLine.slice(1)];
        await signalProcess(tools, folder, server, 'KILL');
      }
      if (command === null) throw new Error('the web server cannot be seen');
      await waitUntil('its end', () => processes().length === 0, DEADLINE);
      await startProcess(tools, { order: [way], console, gdbFolder: folder }, withOpenFiles(command));
    },
  };
}
