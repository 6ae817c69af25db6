import type { Kernel } from '../../kernel/kernel.ts';

/**
 * Functions with exactly one argument that kernels run all the time in a place where sleeping is allowed: work items and system calls.
 * In the order of their worth: the first ones also come in a guest that idles.
 */
const SITES = [
  'vmstat_shepherd',
  '__x64_sys_read',
  '__x64_sys_close',
  'wb_workfn',
  'vmstat_update',
  'flush_to_ldisc',
  '__x64_sys_write',
  '__x64_sys_poll',
  '__x64_sys_ppoll',
  '__x64_sys_select',
  '__x64_sys_pselect6',
  '__x64_sys_epoll_wait',
  '__x64_sys_nanosleep',
  '__x64_sys_clock_nanosleep',
  '__x64_sys_wait4',
  '__x64_sys_futex',
  '__x64_sys_recvmsg',
];

export interface Site {
  readonly name: string;
  readonly address: bigint;
}

/** The sites that this kernel has, unambiguous and each at an address of its own. */
export function findSites(kernel: Kernel): Site[] {
  const sites = SITES.filter((name) => kernel.hasSymbol(name)).map((name) => ({ name, address: kernel.symbol(name) }));
  return sites.filter((site, index) => sites.findIndex(({ address }) => address === site.address) === index);
}
