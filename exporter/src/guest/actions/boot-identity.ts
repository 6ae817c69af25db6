import { createHash } from 'node:crypto';
import type { Kernel } from '../kernel/kernel.ts';

/** Variables that KASLR and the start of the kernel make different at every boot; those that a kernel lacks are left out. */
const VARIABLES = ['page_offset_base', 'vmalloc_base', 'vmemmap_base', 'phys_base'];

/**
 * Names one boot of one kernel, so that nothing written in one boot is ever undone in another: SHA-256 over the kernel's banner,
 * where it lies, its random bases and the stack canary of `init_task`, hexadecimal.
 *
 * @throws GuestError where the kernel lacks `init_task`
 */
export function bootIdentity(kernel: Kernel): string {
  const hash = createHash('sha256');
  const initTask = kernel.symbol('init_task');
  hash.update(`${kernel.banner}\0${kernel.btfHash}\0${initTask.toString(16)}\0`);
  for (const name of VARIABLES) if (kernel.hasSymbol(name)) hash.update(`${name}=${kernel.readU64(kernel.symbol(name))?.toString(16) ?? '?'}\0`);
  const canary = kernel.tryOffsetOf('task_struct', 'stack_canary');
  if (canary !== null) hash.update(`canary=${kernel.readU64(initTask + BigInt(canary))?.toString(16) ?? '?'}\0`);
  return hash.digest('hex');
}
