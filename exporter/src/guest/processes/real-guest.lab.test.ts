import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestProcesses } from '../../../../test/lab/guest-processes.ts';
import { startLab, type Lab, type LinuxGuest } from '../../../../test/lab/lab.ts';
import { GuestError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { openKernel } from '../kernel/open.ts';
import { createFileSystemReader } from '../liveness/file-systems.ts';
import { createLivenessReader } from '../liveness/liveness.ts';
import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { openProcessMemory } from '../memory/process-memory.ts';
import { createListeningSocketReader } from '../sockets/listening.ts';
import type { ListeningSocket } from '../sockets/listening-socket.ts';
import { createProcessLister } from './list.ts';
import type { GuestProcess } from './process.ts';
import { compareLists } from './testing/compare-lists.ts';

/** Processes in every state and place that a tiny guest can make; each is known by the number that it sleeps. */
const PROCESSES = `
mkdir -p /tmp/cg && mount -t cgroup2 none /tmp/cg && mkdir -p '/tmp/cg/system.slice/a\\x2db.slice/web@1.service/sub'
(echo 0 > '/tmp/cg/system.slice/a\\x2db.slice/web@1.service/sub/cgroup.procs'; exec setsid sleep 71001) < /dev/null > /dev/null 2>&1 &
setsid sleep 71002 < /dev/null > /dev/null 2>&1 & stopped=$!
setsid unshare -p -f sleep 71003 < /dev/null > /dev/null 2>&1 &
cp /bin/busybox /tmp/sleep; setsid /tmp/sleep 71004 < /dev/null > /dev/null 2>&1 &
mkdir -p /tmp/fs && mount -t tmpfs -o size=8m filled /tmp/fs && head -c 3000000 /dev/zero > /tmp/fs/x && cp /bin/busybox /tmp/fs/sleep
setsid /tmp/fs/sleep 71005 < /dev/null > /dev/null 2>&1 &
sleep 1; rm /tmp/sleep; kill -STOP $stopped
setsid httpd -f -p 8081 -h /tmp < /dev/null > /dev/null 2>&1 &
`;

let lab: Lab;
let guest: LinuxGuest;
let memory: PhysicalMemory;
let kernel: Kernel;
/** One word of so many bytes that are read is another one; 0: none. */
let bytesPerLie = 0;

beforeAll(async () => {
  lab = await startLab({ hosts: 1, name: 'processes' });
  guest = await lab.kernelGuest(lab.host(1), { name: 'tiny', kernel: '6.12-cloud', cpu: 'max', vcpus: 2 });
  await guest.start();
  await guest.agent.waitReady();
  await guest.agent.run(PROCESSES);
  const virsh = async (...words: string[]) => (await guest.host.virsh('qemu-monitor-command', guest.name, ...words)).toString();
  const monitor: Monitor = {
    human: (command) => virsh('--hmp', command),
    execute: async (command, args) => (JSON.parse(await virsh(JSON.stringify({ execute: command, arguments: args }))) as { return: unknown }).return,
  };
  memory = await openProcessMemory(guest.qemuPid() ?? 0, monitor);
  kernel = await openKernel(lying(memory), monitor);
});
afterAll(async () => {
  memory?.close();
  await lab?.down();
});

/** The guest's memory, as a guest might show it that wants to deceive: words become others of what was read just now, or anything. */
function lying(real: PhysicalMemory): PhysicalMemory {
  const values = [0n, 8n, 0xffff_ffff_ffff_ffffn, 0x7fff_ffffn, 0x8000_0000_0000_0000n];
  return {
    ...real,
    read(physical, into, offset, length) {
      if (!real.read(physical, into, offset, length)) return false;
      const words = Math.floor(length / 8);
      for (let lies = length / bytesPerLie; bytesPerLie > 0 && words > 0 && lies > Math.random(); lies--) {
        const word = () => offset + 8 * Math.floor(Math.random() * words);
        const kind = Math.floor(Math.random() * 2 * values.length);
        into.writeBigUInt64LE(values[kind] ?? into.readBigUInt64LE(word()), word());
      }
      return true;
    },
  };
}

const list = () => createProcessLister(kernel).list();
const sleeper = (processes: readonly GuestProcess[], seconds: number) =>
  processes.find(({ name, commandLine }) => name === 'sleep' && commandLine?.at(-1) === String(seconds));

describe('processes of a real guest', () => {
  it('are in every field what the guest’s own /proc says', async () => {
    const lister = createProcessLister(kernel);
    const before = lister.list().processes;
    const own = await guestProcesses(guest.agent);
    const after = lister.list().processes;
    const { compared, differences } = compareLists(before, own, after);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(40);
    const seen = new Set([...before, ...after].map(({ pid }) => pid));
    expect(own.filter(({ pid }) => !seen.has(pid))).toEqual([]);
  });

  it('show state, control group, unit, namespace and a deleted executable', () => {
    const { processes } = list();
    const cgroup = '/system.slice/a\\x2db.slice/web@1.service/sub';
    expect(sleeper(processes, 71001)).toMatchObject({ state: 'S', cgroup, unit: 'web@1.service', executable: '/bin/busybox', kernelThread: false });
    expect(sleeper(processes, 71002)).toMatchObject({ state: 'T', unit: null });
    const inNamespace = sleeper(processes, 71003);
    expect(inNamespace?.namespacePids).toEqual([inNamespace?.pid, 1]);
    expect(sleeper(processes, 71004)).toMatchObject({ executable: '/tmp/sleep', executableDeleted: true });
    expect(sleeper(processes, 71005)).toMatchObject({ executable: '/tmp/fs/sleep', executableDeleted: false });
    expect(processes.find(({ name }) => name === 'kthreadd')).toMatchObject({ pid: 2, parentPid: 0, kernelThread: true, residentBytes: 0, commandLine: null });
  });

  it('are never wrong while others begin and end', async () => {
    const first = list().processes;
    const lasting = [71001, 71002, 71003, 71004, 71005].map((seconds) => sleeper(first, seconds)?.pid ?? NaN);
    const churn = guest.agent.run('i=0; while [ $i -lt 150 ]; do (true); /bin/busybox true; i=$((i+1)); done', 120_000);
    let ended = false;
    void churn.finally(() => (ended = true)).catch(() => undefined);
    const lister = createProcessLister(kernel);
    const pids = new Set<number>();
    let lists = 0;
    while (!ended) {
      const { processes } = lister.list();
      lists += 1;
      for (const { pid, name, parentPid } of processes) {
        pids.add(pid);
        expect(name).toMatch(/^[\x20-\x7e]{1,15}$/);
        if (parentPid !== null) expect(parentPid).toBeLessThan(100_000);
      }
      const found = new Set(processes.map(({ pid }) => pid));
      expect(lasting.filter((pid) => !found.has(pid))).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await churn;
    expect(lists).toBeGreaterThan(5);
    expect(pids.size).toBeGreaterThan(lasting.length);
  });
});

describe('listening sockets of a real guest', () => {
  const found = () => {
    const reader = createListeningSocketReader(kernel);
    return [...list().tasks.values()].flatMap((task) => reader.read(task).sockets);
  };
  /** Port and backlog of the listening rows of /proc/net/tcp and tcp6. */
  const own = async () =>
    (await guest.agent.run('cat /proc/net/tcp /proc/net/tcp6 2> /dev/null || true')).split('\n')
      .map((line) => /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A [0-9A-F]{8}:([0-9A-F]{8}) /.exec(line))
      .filter((match) => match !== null)
      .map(([, port = '', backlog = '']) => ({ port: parseInt(port, 16), backlog: parseInt(backlog, 16) }));
  const plain = (sockets: readonly ListeningSocket[]) =>
    [...new Map(sockets.map(({ port, backlog }) => [port, { port, backlog }])).values()].sort((a, b) => a.port - b.port);

  it('are those of its own /proc/net, with the connections that wait', async () => {
    const clients: Socket[] = [];
    try {
      await guest.agent.run('kill -STOP $(pidof httpd | tr " " "\\n" | sort -n | tail -1)');
      for (let index = 0; index < 3; index++) {
        const client = connect({ host: guest.address, port: 8081 });
        clients.push(client);
        await once(client, 'connect');
      }
      const theirs = (await own()).sort((a, b) => a.port - b.port);
      expect(plain(found())).toEqual(theirs);
      expect(theirs).toContainEqual({ port: 8081, backlog: 3 });
      expect(found().find(({ port }) => port === 8081)).toMatchObject({ protocol: 'tcp4', address: '0.0.0.0', maxBacklog: 9 });
    } finally {
      for (const client of clients) client.destroy();
    }
  });
});

describe('liveness of a real guest', () => {
  it('is what its own /proc says', async () => {
    const reader = createLivenessReader(kernel);
    const before = reader.read();
    const text = await guest.agent.run('cat /proc/uptime /proc/loadavg; grep -E "^(MemTotal|MemFree|MemAvailable|SwapTotal):" /proc/meminfo; grep btime /proc/stat');
    const after = reader.read();
    const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1]);
    const uptime = number(/^([\d.]+) /);
    // The kernel's own clock runs on between two ticks.
    expect(uptime).toBeGreaterThan((before.clock?.uptimeSeconds ?? NaN) - 0.02);
    expect(uptime).toBeLessThan((after.clock?.uptimeSeconds ?? NaN) + 0.02);
    expect(Math.abs((after.clock?.bootTimeSeconds ?? NaN) - number(/^btime (\d+)/m))).toBeLessThan(2);
    expect(after.jiffies > before.jiffies).toBe(true);
    expect(after.jiffiesPerSecond).toBe(250);
    expect(after.memory?.totalBytes).toBe(number(/^MemTotal:\s+(\d+)/m) * 1024);
    // What changes all the time: within 4 MiB of what it was around.
    for (const [name, value] of [['MemFree', after.memory?.freeBytes], ['MemAvailable', after.memory?.availableBytes]] as const) {
      expect(Math.abs((value ?? NaN) - number(new RegExp(`^${name}:\\s+(\\d+)`, 'm')) * 1024), name).toBeLessThan(4 * 2 ** 20);
    }
    expect(after).toMatchObject({ panicked: false, panicCpu: null, oopsInProgress: false, oopses: 0, systemState: 'running' });
    // Rounded to two digits there, and computed anew every five seconds.
    const loads = /^([\d.]+) ([\d.]+) ([\d.]+) \d+\//m.exec(text)?.slice(1).map(Number) ?? [];
    loads.forEach((load, index) => expect([before, after].some((seen) => Math.abs((seen.load?.[index] ?? NaN) - load) < 0.011)).toBe(true));
    expect(loads).toHaveLength(3);
  });

  it('has its file systems’ use as statfs gives it', async () => {
    const systems = createFileSystemReader(kernel).read();
    expect(systems.find(({ mountpoint }) => mountpoint === '/tmp/fs')).toMatchObject({ type: 'tmpfs', device: 'filled', unknown: null });
    // The agent writes to /tmp while it is asked.
    for (const { mountpoint, use, type } of systems.filter(({ mountpoint }) => mountpoint !== '/tmp')) {
      expect(use, `${type} on ${mountpoint}`).not.toBeNull();
      const statfs = async () => {
        const [size = NaN, total = NaN, free = NaN, available = NaN] = (await guest.agent.run(`stat -f -c '%S %b %f %a' '${mountpoint}'`)).split(' ').map(Number);
        return { total: total * size, free: free * size, available: available * size };
      };
      // What is written to meanwhile is looked at again.
      for (let again = 5; ; again--) {
        const before = await statfs();
        const found = createFileSystemReader(kernel).read().find((system) => system.mountpoint === mountpoint)?.use;
        if (again > 0 && JSON.stringify(before) !== JSON.stringify(await statfs())) continue;
        expect({ mountpoint, total: found?.totalBytes, free: found?.freeBytes, available: found?.availableBytes }).toEqual({ mountpoint, ...before });
        break;
      }
    }
    expect(systems.map(({ type }) => type)).toContain('ext4');
  });
});

describe('a real guest that lies', () => {
  afterAll(() => (bytesPerLie = 0));

  it.each([1_000_000, 100_000, 10_000, 500])('gets a list or a refusal, and the look always ends (a lie in %i bytes)', (bytes) => {
    const lister = createProcessLister(kernel, { maxMilliseconds: 500 });
    const sockets = createListeningSocketReader(kernel, { maxMilliseconds: 500 });
    const fileSystems = createFileSystemReader(kernel);
    const liveness = createLivenessReader(kernel);
    const outcomes = new Set<string>();
    bytesPerLie = bytes;
    for (let look = 0; look < 40; look++) {
      for (const read of [
        () => {
          const { processes, tasks } = lister.list();
          for (const { pid, threads, namespacePids } of processes) expect([pid > 0, threads > 0, namespacePids[0] === pid]).toEqual([true, true, true]);
          sockets.renew();
          for (const task of tasks.values()) sockets.read(task);
        },
        () => fileSystems.read(),
        () => liveness.read(),
      ]) {
        try {
          read();
          outcomes.add('read');
        } catch (error) {
          expect(error).toBeInstanceOf(GuestError);
          outcomes.add((error as GuestError).reason);
        }
      }
    }
    bytesPerLie = 0;
    if (bytes >= 1_000_000) expect([...outcomes]).toContain('read');
    if (bytes <= 500) expect([...outcomes].filter((outcome) => outcome !== 'read')).not.toEqual([]);
    expect(list().processes.length).toBeGreaterThan(40);
  });
});

describe('a guest whose kernel panics', () => {
  it('is seen to, while QEMU calls it running', async () => {
    await guest.agent.ask('echo 1 > /proc/sys/kernel/sysrq; echo 0 > /proc/sys/kernel/panic; (sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &');
    const reader = createLivenessReader(kernel);
    const giveUpAt = performance.now() + 60_000;
    while (!reader.read().panicked && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(reader.read().panicked).toBe(true);
    expect((await guest.state()).state).toBe('running');
    // Its memory can be read still, or is refused; nothing hangs.
    try {
      expect(list().processes.length).toBeGreaterThan(10);
    } catch (error) {
      expect(error).toBeInstanceOf(GuestError);
    }
  });
});
