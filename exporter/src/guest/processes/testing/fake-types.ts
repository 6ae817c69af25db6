import type { FakeKernel, FakeMembers } from './fake-kernel.ts';

const list = { size: 16, kind: 'struct', typeName: 'list_head' } as const;

/** Members that are read, of a kernel such as 6.1; bytes. */
const TYPES: Readonly<Record<string, FakeMembers>> = {
  task_struct: {
    tasks: list, pid: 4, tgid: 4, comm: 16, __state: 4, exit_state: 4, flags: 4, start_boottime: 8, utime: 8, stime: 8, 'se.sum_exec_runtime': 8,
    nvcsw: 8, nivcsw: 8, real_parent: 8, mm: 8, signal: 8, real_cred: 8, cred: 8, thread_pid: 8, files: 8, thread_node: list, cgroups: 8, nsproxy: 8,
  },
  signal_struct: {
    nr_threads: 4, thread_head: list, utime: 8, stime: 8, sum_sched_runtime: 8, nvcsw: 8, nivcsw: 8, 'prev_cputime.utime': 8, 'prev_cputime.stime': 8,
  },
  cred: { uid: 4, euid: 4 },
  pid: { level: 4, numbers: { size: 0, kind: 'array', typeName: 'upid', count: 0 } },
  upid: { nr: 4 },
  file: { f_path: { size: 96, kind: 'struct', typeName: 'path' }, f_op: 8, private_data: 8 },
  path: { mnt: 8, dentry: 8 },
  dentry: { d_parent: 8, 'd_name.len': 4, 'd_name.name': 8, 'd_hash.pprev': 8 },
  mount: { mnt_parent: 8, mnt_mountpoint: 8, mnt: 32, 'mnt.mnt_root': { size: 8, kind: 'pointer', at: 'mnt' }, mnt_ns: 8, mnt_instance: list, mnt_devname: 8 },
  css_set: { dfl_cgrp: 8, cgrp_links: list },
  cgroup: { kn: 8, root: 8 },
  cgroup_root: { name: 64 },
  cgrp_cset_link: { cgrp: 8, cgrp_link: list },
  files_struct: { fdt: 8 },
  fdtable: { max_fds: 4, fd: 8 },
  socket: { file: 8, sk: 8 },
  sock: {
    '__sk_common.skc_family': 2, '__sk_common.skc_state': 1, '__sk_common.skc_num': 2, '__sk_common.skc_rcv_saddr': 4, '__sk_common.skc_v6_rcv_saddr': 16,
    '__sk_common.skc_net': 8, sk_type: 2, sk_protocol: 2, sk_ack_backlog: 4, sk_max_ack_backlog: 4,
  },
  net: { 'ns.inum': 4 },
  percpu_counter: { count: 8, counters: 8 },
};

const MM = { pgd: 8, arg_start: 8, arg_end: 8, env_start: 8, env_end: 8, exe_file: 8 };

/** 6.1 counts pages in atomic numbers, 6.2 and later per processor. */
export type ResidentCounters = 'atomic' | 'per-cpu';

/** @param nodeParent name of `kernfs_node`'s pointer to its parent: `__parent` since 6.15 */
export function defineKernelTypes(kernel: FakeKernel, counters: ResidentCounters, nodeParent: 'parent' | '__parent'): void {
  for (const [type, members] of Object.entries(TYPES)) kernel.define(type, members);
  kernel.define('kernfs_node', { [nodeParent]: 8, name: 8 });
  const step = kernel.sizeOf('percpu_counter');
  kernel.define(
    'mm_struct',
    counters === 'atomic'
      ? { ...MM, rss_stat: { size: 32, kind: 'struct', typeName: 'mm_rss_stat' }, 'rss_stat.count': { size: 32, kind: 'array', count: 4, at: 'rss_stat' } }
      : { ...MM, rss_stat: { size: 4 * step, kind: 'array', typeName: 'percpu_counter', count: 4 } },
  );
}
