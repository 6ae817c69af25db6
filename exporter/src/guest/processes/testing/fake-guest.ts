import { createFakeKernel, type FakeKernel } from './fake-kernel.ts';
import { defineKernelTypes, type ResidentCounters } from './fake-types.ts';

const PF_KTHREAD = 0x0020_0000;
const ARGUMENTS_AT = 0x7ffd_0000_0f00n;

export interface FakeThread {
  state?: number;
  exitState?: number;
  user?: number;
  system?: number;
  runtime?: number;
  voluntary?: number;
  involuntary?: number;
}

export interface FakeSocket {
  family: 2 | 10;
  port: number;
  state?: number;
  type?: number;
  protocol?: number;
  address?: Uint8Array;
  backlog?: number;
  maxBacklog?: number;
}

export interface FakeProcess extends FakeThread {
  pid: number;
  parent?: bigint;
  name?: string;
  start?: number;
  /** Beside the first one. */
  threads?: FakeThread[];
  /** What ended threads left. */
  ended?: { user?: number; system?: number; runtime?: number };
  /** File, anonymous, swapped, shared; pages. Not given: a kernel thread. */
  pages?: [number, number, number, number];
  /** Bytes of the arguments. */
  arguments?: string;
  /** Bytes right behind them. */
  environment?: string;
  executable?: string;
  deleted?: boolean;
  uid?: number;
  effectiveUid?: number;
  cgroup?: string;
  /** Path in systemd's hierarchy of cgroup v1. */
  cgroup1?: string;
  namespacePids?: number[];
  /** By descriptor; null: an ordinary file. */
  descriptors?: (FakeSocket | null)[];
}

export interface FakeGuest {
  kernel: FakeKernel;
  initTask: bigint;
  /** Answers the address of its task. */
  add(process: FakeProcess): bigint;
  /** Takes its task out of the list, as the kernel does, its own links left as they are. */
  remove(task: bigint): void;
  /** A directory or file; answers its dentry. Below /srv is another mount. */
  dentry(path: string, deleted?: boolean): bigint;
  readonly mount: bigint;
  readonly socketOperations: bigint;
}

/** A guest with a kernel whose structures are anywhere, and no process besides pid 0. */
export function createFakeGuest(seed = 1, counters: ResidentCounters = 'atomic', nodeParent: 'parent' | '__parent' = 'parent'): FakeGuest {
  const kernel = createFakeKernel(seed);
  defineKernelTypes(kernel, counters, nodeParent);
  const initTask = kernel.allocate('task_struct');
  kernel.symbols.set('init_task', initTask);
  const socketOperations = kernel.allocate(8);
  kernel.symbols.set('socket_file_ops', socketOperations);
  const member = (type: string, address: bigint, path: string) => address + BigInt(kernel.offsetOf(type, path));
  const pointer = (address: bigint) => kernel.readU64(address) ?? 0n;
  const store = (address: bigint, value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    kernel.write(address, bytes);
  };
  const emptyList = (head: bigint) => {
    store(head, head);
    store(head + 8n, head);
  };
  /** `list_add_tail()` */
  const append = (head: bigint, node: bigint) => {
    const last = pointer(head + 8n);
    store(node, head);
    store(node + 8n, last);
    store(last, node);
    store(head + 8n, node);
  };
  const head = member('task_struct', initTask, 'tasks');
  emptyList(head);

  const files = createFileTree(kernel);
  const groups = createGroups(kernel, nodeParent, emptyList, append);

  const fillThread = (task: bigint, thread: FakeThread) => {
    const set = (path: string, value: number | undefined) => kernel.set('task_struct', task, path, value ?? 0);
    set('__state', thread.state ?? 1);
    set('exit_state', thread.exitState);
    set('utime', thread.user);
    set('stime', thread.system);
    set('se.sum_exec_runtime', thread.runtime);
    set('nvcsw', thread.voluntary);
    set('nivcsw', thread.involuntary);
  };

  const addSpace = (process: FakeProcess) => {
    const mm = kernel.allocate('mm_struct');
    const pageTable = kernel.allocate(4096);
    const set = (path: string, value: bigint) => kernel.set('mm_struct', mm, path, value);
    set('pgd', pageTable);
    const argumentBytes = Buffer.from(process.arguments ?? '');
    const environment = Buffer.from(process.environment ?? '');
    const end = ARGUMENTS_AT + BigInt(argumentBytes.length);
    if (argumentBytes.length + environment.length > 0) kernel.writeUser(pageTable, ARGUMENTS_AT, Buffer.concat([argumentBytes, environment]));
    set('arg_start', ARGUMENTS_AT);
    set('arg_end', end);
    set('env_start', end);
    set('env_end', end + BigInt(environment.length));
    const resident = kernel.offsetOf('mm_struct', 'rss_stat');
    const step = counters === 'atomic' ? 8 : kernel.sizeOf('percpu_counter');
    const inCounter = counters === 'atomic' ? 0 : kernel.offsetOf('percpu_counter', 'count');
    (process.pages ?? []).forEach((pages, index) => store(mm + BigInt(resident + index * step + inCounter), BigInt.asUintN(64, BigInt(pages))));
    if (process.executable !== undefined) set('exe_file', files.file(files.dentry(process.executable, process.deleted)));
    return mm;
  };

  const addDescriptors = (descriptors: readonly (FakeSocket | null)[]) => {
    const table = kernel.allocate('fdtable');
    const array = kernel.allocate(8 * descriptors.length);
    kernel.set('fdtable', table, 'max_fds', descriptors.length);
    kernel.set('fdtable', table, 'fd', array);
    descriptors.forEach((socket, index) => {
      store(array + BigInt(8 * index), socket === null ? files.file(files.dentry('/dev/null')) : addSocket(kernel, socketOperations, socket));
    });
    const struct = kernel.allocate('files_struct');
    kernel.set('files_struct', struct, 'fdt', table);
    return struct;
  };

  const add = (process: FakeProcess) => {
    const task = kernel.allocate('task_struct');
    const set = (path: string, value: bigint | number) => kernel.set('task_struct', task, path, value);
    set('pid', process.pid);
    set('tgid', process.pid);
    set('start_boottime', process.start ?? process.pid * 1_000_000);
    set('real_parent', process.parent ?? initTask);
    set('flags', process.pages === undefined ? PF_KTHREAD : 0);
    kernel.write(member('task_struct', task, 'comm'), Buffer.from((process.name ?? `p${process.pid}`).slice(0, 15)));
    fillThread(task, process);
    const cred = kernel.allocate('cred');
    kernel.set('cred', cred, 'uid', process.uid ?? 0);
    kernel.set('cred', cred, 'euid', process.effectiveUid ?? process.uid ?? 0);
    set('cred', cred);
    set('real_cred', cred);
    set('thread_pid', addPid(kernel, process.namespacePids ?? [process.pid]));
    if (process.cgroup !== undefined) set('cgroups', groups.cssSet(process.cgroup, process.cgroup1));
    if (process.pages !== undefined) set('mm', addSpace(process));
    if (process.descriptors !== undefined) set('files', addDescriptors(process.descriptors));
    const signal = kernel.allocate('signal_struct');
    set('signal', signal);
    const threadHead = member('signal_struct', signal, 'thread_head');
    emptyList(threadHead);
    append(threadHead, member('task_struct', task, 'thread_node'));
    (process.threads ?? []).forEach((thread, index) => {
      const other = kernel.allocate('task_struct');
      kernel.set('task_struct', other, 'pid', process.pid + index + 1);
      kernel.set('task_struct', other, 'tgid', process.pid);
      kernel.set('task_struct', other, 'signal', signal);
      fillThread(other, thread);
      append(threadHead, member('task_struct', other, 'thread_node'));
    });
    kernel.set('signal_struct', signal, 'nr_threads', 1 + (process.threads?.length ?? 0));
    kernel.set('signal_struct', signal, 'utime', process.ended?.user ?? 0);
    kernel.set('signal_struct', signal, 'stime', process.ended?.system ?? 0);
    kernel.set('signal_struct', signal, 'sum_sched_runtime', process.ended?.runtime ?? 0);
    append(head, member('task_struct', task, 'tasks'));
    return task;
  };

  return {
    kernel,
    initTask,
    socketOperations,
    mount: files.mount,
    dentry: files.dentry,
    add,
    remove: (task) => {
      const node = member('task_struct', task, 'tasks');
      const [next, previous] = [pointer(node), pointer(node + 8n)];
      store(previous, next);
      store(next + 8n, previous);
    },
  };
}

function addPid(kernel: FakeKernel, numbers: readonly number[]): bigint {
  const start = kernel.offsetOf('pid', 'numbers');
  const step = kernel.sizeOf('upid');
  const pid = kernel.allocate(kernel.sizeOf('pid') + start + step * numbers.length);
  kernel.set('pid', pid, 'level', numbers.length - 1);
  numbers.forEach((number, index) => kernel.set('upid', pid + BigInt(start + step * index), 'nr', number));
  return pid;
}

function addSocket(kernel: FakeKernel, operations: bigint, socket: FakeSocket): bigint {
  const sock = kernel.allocate('sock');
  const set = (path: string, value: bigint | number) => kernel.set('sock', sock, path, value);
  set('__sk_common.skc_family', socket.family);
  set('__sk_common.skc_state', socket.state ?? 10);
  set('__sk_common.skc_num', socket.port);
  set('sk_type', socket.type ?? 1);
  set('sk_protocol', socket.protocol ?? 6);
  set('sk_ack_backlog', socket.backlog ?? 0);
  set('sk_max_ack_backlog', socket.maxBacklog ?? 128);
  const net = kernel.allocate('net');
  kernel.set('net', net, 'ns.inum', 4_026_531_840);
  set('__sk_common.skc_net', net);
  const path = socket.family === 2 ? '__sk_common.skc_rcv_saddr' : '__sk_common.skc_v6_rcv_saddr';
  if (socket.address !== undefined) kernel.write(sock + BigInt(kernel.offsetOf('sock', path)), socket.address);
  const file = kernel.allocate('file');
  const struct = kernel.allocate('socket');
  kernel.set('socket', struct, 'file', file);
  kernel.set('socket', struct, 'sk', sock);
  kernel.set('file', file, 'f_op', operations);
  kernel.set('file', file, 'private_data', struct);
  return file;
}

/** Files of `/`, which is mounted on the root of an initramfs, and of `/srv`, which is mounted there. */
function createFileTree(kernel: FakeKernel) {
  const makeDentry = (name: string, parent: bigint | null, deleted = false) => {
    const dentry = kernel.allocate('dentry');
    kernel.set('dentry', dentry, 'd_parent', parent ?? dentry);
    kernel.set('dentry', dentry, 'd_name.len', Buffer.byteLength(name));
    kernel.set('dentry', dentry, 'd_name.name', kernel.text(name));
    kernel.set('dentry', dentry, 'd_hash.pprev', deleted || parent === null ? 0 : dentry);
    return dentry;
  };
  const makeMount = (root: bigint, parent: bigint | null, mountpoint: bigint) => {
    const mount = kernel.allocate('mount');
    kernel.set('mount', mount, 'mnt_parent', parent ?? mount);
    kernel.set('mount', mount, 'mnt_mountpoint', mountpoint);
    kernel.set('mount', mount, 'mnt.mnt_root', root);
    return mount;
  };
  const bottom = makeDentry('/', null);
  const bottomMount = makeMount(bottom, null, bottom);
  const root = makeDentry('/', null);
  const mount = makeMount(root, bottomMount, bottom);
  const known = new Map<string, bigint>([['', root]]);
  const dentry = (path: string, deleted = false): bigint => {
    const found = deleted ? undefined : known.get(path === '/' ? '' : path);
    if (found !== undefined) return found;
    const cut = path.lastIndexOf('/');
    const made = makeDentry(path.slice(cut + 1), dentry(path.slice(0, cut)), deleted);
    if (!deleted) known.set(path, made);
    return made;
  };
  const mounted = makeDentry('/', null);
  const srvMount = makeMount(mounted, mount, dentry('/srv'));
  known.set('/srv', mounted);
  const isBelowSrv = (start: bigint) => {
    let at = start;
    for (;;) {
      const parent = kernel.readU64(at + BigInt(kernel.offsetOf('dentry', 'd_parent'))) ?? at;
      if (parent === at) return at === mounted;
      at = parent;
    }
  };
  const file = (of: bigint) => {
    const made = kernel.allocate('file');
    const path = made + BigInt(kernel.offsetOf('file', 'f_path'));
    const on = isBelowSrv(of) ? srvMount : mount;
    kernel.set('path', path, 'mnt', on + BigInt(kernel.offsetOf('mount', 'mnt')));
    kernel.set('path', path, 'dentry', of);
    return made;
  };
  return { dentry, file, mount };
}

function createGroups(kernel: FakeKernel, nodeParent: string, emptyList: (head: bigint) => void, append: (head: bigint, node: bigint) => void) {
  const makeRoot = (name: string) => {
    const root = kernel.allocate('cgroup_root');
    kernel.write(root + BigInt(kernel.offsetOf('cgroup_root', 'name')), Buffer.from(name));
    return root;
  };
  const unified = makeRoot('');
  const named = makeRoot('systemd');
  const others = makeRoot('');
  const group = (root: bigint, path: string) => {
    let node = kernel.allocate('kernfs_node');
    kernel.set('kernfs_node', node, 'name', kernel.text(''));
    for (const name of path.split('/').filter((part) => part !== '')) {
      const below = kernel.allocate('kernfs_node');
      kernel.set('kernfs_node', below, 'name', kernel.text(name));
      kernel.set('kernfs_node', below, nodeParent, node);
      node = below;
    }
    const made = kernel.allocate('cgroup');
    kernel.set('cgroup', made, 'kn', node);
    kernel.set('cgroup', made, 'root', root);
    return made;
  };
  return {
    cssSet: (path: string, path1?: string) => {
      const made = kernel.allocate('css_set');
      kernel.set('css_set', made, 'dfl_cgrp', group(unified, path));
      const head = made + BigInt(kernel.offsetOf('css_set', 'cgrp_links'));
      emptyList(head);
      const groups = [group(others, '/memory-group'), ...(path1 === undefined ? [] : [group(named, path1)])];
      for (const each of groups) {
        const link = kernel.allocate('cgrp_cset_link');
        kernel.set('cgrp_cset_link', link, 'cgrp', each);
        append(head, link + BigInt(kernel.offsetOf('cgrp_cset_link', 'cgrp_link')));
      }
      return made;
    },
  };
}
