import { describe, expect, it } from 'vitest';
import { GuestError } from '../error.ts';
import { createProcessLister, type ProcessListOptions } from './list.ts';
import type { GuestProcess } from './process.ts';
import { createFakeGuest, type FakeGuest, type FakeProcess } from './testing/fake-guest.ts';
import type { ResidentCounters } from './testing/fake-types.ts';

const NGINX: FakeProcess = {
  pid: 812,
  name: 'nginx',
  state: 1,
  start: 5_250_000_000,
  user: 30,
  system: 10,
  runtime: 4000,
  voluntary: 7,
  involuntary: 2,
  pages: [500, 300, 40, 20],
  arguments: 'nginx\0-g\0daemon on;\0',
  executable: '/usr/sbin/nginx',
  uid: 33,
  effectiveUid: 0,
  cgroup: '/system.slice/nginx.service',
};

function listOf(guest: FakeGuest, options?: ProcessListOptions): Map<number, GuestProcess> {
  return new Map(createProcessLister(guest.kernel, options).list().processes.map((process) => [process.pid, process]));
}

function only(process: Partial<FakeProcess>, seed = 1, counters: ResidentCounters = 'atomic', nodeParent: 'parent' | '__parent' = 'parent'): GuestProcess {
  const guest = createFakeGuest(seed, counters, nodeParent);
  guest.add({ ...NGINX, ...process });
  const [listed] = createProcessLister(guest.kernel).list().processes;
  if (listed === undefined) throw new Error('nothing listed');
  return listed;
}

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GuestError) return error.reason;
    throw error;
  }
  return 'nothing thrown';
}

describe('process list', () => {
  it.each<[number, ResidentCounters]>([
    [1, 'atomic'],
    [2, 'per-cpu'],
    [3, 'atomic'],
    [4, 'per-cpu'],
  ])('reads every field wherever the kernel has it (layout %i, %s counters)', (seed, counters) => {
    expect(only({}, seed, counters)).toEqual({
      pid: 812,
      parentPid: 0,
      name: 'nginx',
      state: 'S',
      threads: 1,
      threadStates: { S: 1 },
      startTimeNanoseconds: 5_250_000_000,
      userNanoseconds: 3000,
      systemNanoseconds: 1000,
      voluntarySwitches: 7,
      involuntarySwitches: 2,
      residentBytes: 820 * 4096,
      commandLine: ['nginx', '-g', 'daemon on;'],
      commandLineCut: false,
      executable: '/usr/sbin/nginx',
      executableDeleted: false,
      uid: 33,
      effectiveUid: 0,
      cgroup: '/system.slice/nginx.service',
      unit: 'nginx.service',
      userUnit: null,
      namespacePids: [812],
      kernelThread: false,
    });
  });

  it('keeps the kernel’s order and knows parents, also where a thread of the parent made the process', () => {
    const guest = createFakeGuest();
    const init = guest.add({ ...NGINX, pid: 1 });
    const shell = guest.add({ ...NGINX, pid: 400, parent: init });
    const thread = guest.kernel.allocate('task_struct');
    guest.kernel.set('task_struct', thread, 'tgid', 400);
    guest.add({ ...NGINX, pid: 500, parent: shell });
    guest.add({ ...NGINX, pid: 300, parent: thread });
    const { processes, retries } = createProcessLister(guest.kernel).list();
    expect(processes.map(({ pid, parentPid }) => [pid, parentPid])).toEqual([[1, 0], [400, 1], [500, 400], [300, 400]]);
    expect(retries).toBe(0);
  });

  it('says nothing about a parent that cannot be read', () => {
    expect(only({ parent: 0xffff_8880_7fff_0000n }).parentPid).toBeNull();
    expect(only({ parent: 0x1234n }).parentPid).toBeNull();
  });

  it('shows kernel threads without the memory of others', () => {
    const guest = createFakeGuest();
    const task = guest.add({ pid: 12, name: 'kworker/0:1', state: 0x402 });
    const other = guest.add(NGINX);
    guest.kernel.set('task_struct', task, 'mm', guest.kernel.readU64(other + BigInt(guest.kernel.offsetOf('task_struct', 'mm'))) ?? 0n);
    expect(listOf(guest).get(12)).toMatchObject({ kernelThread: true, state: 'I', residentBytes: 0, commandLine: null, executable: null, cgroup: null, unit: null });
  });

  it('shows a zombie', () => {
    const guest = createFakeGuest();
    const task = guest.add({ ...NGINX, state: 0x80, exitState: 0x20 });
    guest.kernel.set('task_struct', task, 'mm', 0);
    expect(listOf(guest).get(812)).toMatchObject({ state: 'Z', threads: 1, residentBytes: 0, commandLine: null, executable: null, kernelThread: false });
  });

  it('adds up threads, those that ended too', () => {
    const threads = [{ state: 0, user: 100, system: 50, runtime: 5000, voluntary: 1 }, { state: 2, runtime: 1000, involuntary: 5 }];
    const process = only({ threads, ended: { user: 70, system: 140, runtime: 2000 } });
    // 200 of 400 ticks in each mode
    expect(process).toMatchObject({ threads: 3, threadStates: { S: 1, R: 1, D: 1 }, userNanoseconds: 6000, systemNanoseconds: 6000 });
    expect(process).toMatchObject({ voluntarySwitches: 8, involuntarySwitches: 7 });
  });

  it('knows a process whose first thread ended before the others', () => {
    const guest = createFakeGuest();
    const task = guest.add({ ...NGINX, state: 0x80, exitState: 0x20, threads: [{ state: 0 }] });
    const member = (path: string) => BigInt(guest.kernel.offsetOf('task_struct', path));
    const other = (guest.kernel.readU64(task + member('thread_node')) ?? 0n) - member('thread_node');
    guest.kernel.set('task_struct', other, 'mm', guest.kernel.readU64(task + member('mm')) ?? 0n);
    guest.kernel.set('task_struct', task, 'mm', 0);
    const list = createProcessLister(guest.kernel).list();
    expect(list.processes[0]).toMatchObject({ state: 'Z', threads: 2, threadStates: { Z: 1, R: 1 }, executable: '/usr/sbin/nginx', commandLine: ['nginx', '-g', 'daemon on;'] });
    expect(list.tasks.get(812)?.address).toBe(other);
  });

  it('leaves totals out where the threads do not fit to their number', () => {
    const guest = createFakeGuest();
    const task = guest.add({ ...NGINX, threads: [{}, {}] });
    const signal = guest.kernel.readU64(task + BigInt(guest.kernel.offsetOf('task_struct', 'signal'))) ?? 0n;
    guest.kernel.set('signal_struct', signal, 'nr_threads', 2);
    const process = listOf(guest).get(812);
    expect(process).toMatchObject({ threads: 2, threadStates: null, userNanoseconds: null, systemNanoseconds: null, voluntarySwitches: null });
    expect(process?.commandLine).not.toBeNull();
  });

  it('counts pages that are below 0 as none', () => {
    expect(only({ pages: [-3, 10, 5, 0] }).residentBytes).toBe(10 * 4096);
  });

  it('refuses a number of pages that no machine has', () => {
    expect(only({ pages: [2 ** 50, 10, 5, 0] }).residentBytes).toBeNull();
  });

  it('gives the numbers of every pid namespace', () => {
    expect(only({ namespacePids: [812, 7, 1] }).namespacePids).toEqual([812, 7, 1]);
    expect(only({ namespacePids: [99, 1] }).namespacePids).toEqual([812]);
  });
});

describe('command line', () => {
  it('leaves out what a process filled up with NULs', () => {
    expect(only({ arguments: 'nginx: worker process\0\0\0\0' }).commandLine).toEqual(['nginx: worker process']);
    expect(only({ arguments: 'a\0\0b\0' }).commandLine).toEqual(['a', '', 'b']);
  });

  it('follows a name that goes on into the environment', () => {
    expect(only({ arguments: 'postgres: writer', environment: ' process idle\0\0\0' }).commandLine).toEqual(['postgres: writer process idle']);
    expect(only({ arguments: 'sshd: root@pts/0' }).commandLine).toEqual(['sshd: root@pts/0']);
  });

  it('says where it was cut', () => {
    const guest = createFakeGuest();
    guest.add({ ...NGINX, arguments: `java\0${'x'.repeat(6000)}\0` });
    const process = listOf(guest, { maxCommandLineBytes: 10 }).get(812);
    expect(process).toMatchObject({ commandLine: ['java', 'xxxxx'], commandLineCut: true });
    expect(listOf(guest).get(812)?.commandLine?.[1]).toHaveLength(4091);
  });

  it('is unknown where it is not in memory', () => {
    const guest = createFakeGuest();
    guest.add({ ...NGINX, arguments: '' });
    expect(listOf(guest).get(812)?.commandLine).toBeNull();
  });
});

describe('executable', () => {
  it('goes through mounts', () => {
    expect(only({ executable: '/srv/app/bin/server' }).executable).toBe('/srv/app/bin/server');
  });

  it('says that it was deleted', () => {
    expect(only({ executable: '/usr/sbin/nginx', deleted: true })).toMatchObject({ executable: '/usr/sbin/nginx', executableDeleted: true });
  });

  it('is unknown where the path does not end', () => {
    const guest = createFakeGuest();
    guest.add({ ...NGINX, executable: '/usr/sbin/nginx' });
    const usr = guest.dentry('/usr');
    guest.kernel.set('dentry', usr, 'd_parent', guest.dentry('/usr/sbin'));
    expect(listOf(guest).get(812)?.executable).toBeNull();
  });

  it('is unknown where a name is longer than names can be, or another one', () => {
    for (const length of [256, 0xffff_ffff, 0, 2]) {
      const guest = createFakeGuest();
      guest.add(NGINX);
      guest.kernel.set('dentry', guest.dentry('/usr'), 'd_name.len', length);
      expect(listOf(guest).get(812)?.executable).toBeNull();
    }
  });
});

describe('control group', () => {
  it('takes systemd’s own hierarchy of cgroup v1', () => {
    expect(only({ cgroup: '/', cgroup1: '/system.slice/vsftpd.service' })).toMatchObject({ cgroup: '/system.slice/vsftpd.service', unit: 'vsftpd.service' });
  });

  it('is the root where there is no other', () => {
    expect(only({ cgroup: '/' })).toMatchObject({ cgroup: '/', unit: null });
  });

  it('prefers cgroup v2', () => {
    expect(only({ cgroup: '/system.slice/a.service', cgroup1: '/system.slice/b.service' }).unit).toBe('a.service');
  });

  it('tells the unit of a user’s manager', () => {
    const cgroup = '/user.slice/user-1000.slice/user@1000.service/app.slice/a\\x2db.service';
    expect(only({ cgroup })).toMatchObject({ unit: 'user@1000.service', userUnit: 'a\\x2db.service' });
  });

  it('reads kernels since 6.15, where the parent has another name', () => {
    expect(only({}, 1, 'per-cpu', '__parent').cgroup).toBe('/system.slice/nginx.service');
  });

  it('is unknown in a kernel without control groups', () => {
    const guest = createFakeGuest();
    guest.add(NGINX);
    guest.kernel.undefine('css_set');
    expect(listOf(guest).get(812)).toMatchObject({ cgroup: null, unit: null, name: 'nginx' });
  });
});

describe('a list that is not right', () => {
  const broken = (damage: (guest: FakeGuest, task: bigint) => void) => {
    const guest = createFakeGuest();
    guest.add({ ...NGINX, pid: 1 });
    const task = guest.add(NGINX);
    guest.add({ ...NGINX, pid: 900 });
    damage(guest, task);
    return reasonOf(() => createProcessLister(guest.kernel).list());
  };
  const tasks = (guest: FakeGuest) => BigInt(guest.kernel.offsetOf('task_struct', 'tasks'));
  const store = (guest: FakeGuest, address: bigint, value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    guest.kernel.write(address, bytes);
  };

  it.each<[string, (guest: FakeGuest, task: bigint) => void]>([
    ['loops', (guest, task) => store(guest, task + tasks(guest), task + tasks(guest))],
    ['leads nowhere', (guest, task) => store(guest, task + tasks(guest), 0xffff_8881_0000_0000n)],
    ['leads into a process’s own memory', (guest, task) => store(guest, task + tasks(guest), 0x7fff_0000n)],
    ['is not linked back', (guest, task) => store(guest, task + tasks(guest) + 8n, 0n)],
    ['has a task that is no process', (guest, task) => guest.kernel.set('task_struct', task, 'tgid', 4)],
    ['has pid 0', (guest, task) => (guest.kernel.set('task_struct', task, 'pid', 0), guest.kernel.set('task_struct', task, 'tgid', 0))],
    ['has a pid that no kernel gives', (guest, task) => (guest.kernel.set('task_struct', task, 'pid', 2 ** 30), guest.kernel.set('task_struct', task, 'tgid', 2 ** 30))],
    ['has a pid twice', (guest, task) => (guest.kernel.set('task_struct', task, 'pid', 1), guest.kernel.set('task_struct', task, 'tgid', 1))],
  ])('is refused where it %s', (_what, damage) => {
    expect(broken(damage)).toBe('inconsistent');
  });

  it('is not taken for a guest without processes', () => {
    expect(reasonOf(() => createProcessLister(createFakeGuest().kernel).list())).toBe('not-up-yet');
  });

  it('is refused when another kernel runs', () => {
    const guest = createFakeGuest();
    guest.add(NGINX);
    guest.kernel.verified = false;
    expect(reasonOf(() => createProcessLister(guest.kernel).list())).toBe('inconsistent');
  });

  it('is refused beyond the limits', () => {
    const guest = createFakeGuest();
    for (let pid = 1; pid <= 20; pid++) guest.add({ ...NGINX, pid });
    expect(reasonOf(() => createProcessLister(guest.kernel, { maxProcesses: 19 }).list())).toBe('inconsistent');
    expect(reasonOf(() => createProcessLister(guest.kernel, { maxReads: 100 }).list())).toBe('inconsistent');
    expect(reasonOf(() => createProcessLister(guest.kernel, { maxMilliseconds: -1 }).list())).toBe('inconsistent');
    expect(createProcessLister(guest.kernel, { maxProcesses: 20 }).list().processes).toHaveLength(20);
  });

  it('is read again when a process ends meanwhile', () => {
    const guest = createFakeGuest();
    const added = [1, 2, 3, 4].map((pid) => guest.add({ ...NGINX, pid }));
    const lister = createProcessLister(guest.kernel);
    let reads = 0;
    guest.kernel.onRead = () => {
      // Behind its predecessor, before its successor is read.
      if (++reads === 4) guest.remove(added[2] ?? 0n);
    };
    const { processes, retries } = lister.list();
    expect(processes.map(({ pid }) => pid)).toEqual([1, 2, 4]);
    expect(retries).toBe(1);
  });

  it('gives up a list that always changes', () => {
    const guest = createFakeGuest();
    const task = guest.add(NGINX);
    guest.add({ ...NGINX, pid: 900 });
    const lister = createProcessLister(guest.kernel, { maxRetries: 3 });
    let pid = 1000;
    guest.kernel.onRead = () => guest.kernel.set('task_struct', task, 'pid', pid++);
    expect(reasonOf(() => lister.list())).toBe('inconsistent');
  });
});

describe('a process that changes while it is read', () => {
  it('is looked at again when it executes something else', () => {
    const guest = createFakeGuest();
    const task = guest.add({ ...NGINX, arguments: 'old\0', executable: '/bin/old' });
    const other = guest.add({ ...NGINX, pid: 900, arguments: 'new\0', executable: '/bin/new' });
    const mm = BigInt(guest.kernel.offsetOf('task_struct', 'mm'));
    const next = guest.kernel.readU64(other + mm) ?? 0n;
    const lister = createProcessLister(guest.kernel);
    const old = guest.kernel.readU64(task + mm) ?? 0n;
    const { readUser } = guest.kernel;
    guest.kernel.readUser = (...read) => {
      if (guest.kernel.readU64(task + mm) === old) guest.kernel.set('task_struct', task, 'mm', next);
      return readUser(...read);
    };
    expect(lister.list().processes[0]).toMatchObject({ pid: 812, commandLine: ['new'], executable: '/bin/new' });
  });

  it('does not get the command line of the one that has its memory now', () => {
    const guest = createFakeGuest();
    const task = guest.add(NGINX);
    const lister = createProcessLister(guest.kernel);
    const { readUser } = guest.kernel;
    guest.kernel.readUser = (...read) => {
      guest.kernel.set('task_struct', task, 'start_boottime', 77);
      return readUser(...read);
    };
    expect(lister.list().processes[0]).toMatchObject({ pid: 812, commandLine: null, executable: null, residentBytes: null });
  });
});

describe('kernels that cannot be read', () => {
  it.each([
    ['task_struct', 'tasks'],
    ['task_struct', 'start_boottime'],
    ['signal_struct', 'thread_head'],
    ['mm_struct', 'rss_stat'],
    ['mount', 'mnt_parent'],
  ])('are refused at once: no %s.%s', (type, path) => {
    const guest = createFakeGuest();
    guest.kernel.undefine(type, path);
    expect(['type-missing', 'unsupported-kernel']).toContain(reasonOf(() => createProcessLister(guest.kernel)));
  });

  it('are refused without init_task', () => {
    const guest = createFakeGuest();
    guest.kernel.symbols.delete('init_task');
    expect(reasonOf(() => createProcessLister(guest.kernel))).toBe('symbol-missing');
  });
});
