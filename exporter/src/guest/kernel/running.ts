import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { tablesOf } from './image-by-registers.ts';
import type { Kernel } from './kernel.ts';
import { pageWalker } from './page-walk.ts';
import { parseRegisters } from './registers.ts';

/**
 * Asks a virtual CPU whether it runs this kernel: its page tables lead to the kernel's banner where the kernel was found. Costs one command of
 * the monitor. To be asked before anything follows from what a kernel shows, as a kernel that was left behind by a restart shows no change.
 *
 * @returns false: it does not, or nobody knows. Never rejects.
 */
export async function isRunning(memory: PhysicalMemory, monitor: Monitor, kernel: Kernel): Promise<boolean> {
  const [registers] = parseRegisters(await monitor.human('info registers').catch(() => ''));
  if (registers === undefined || !registers.longMode || !kernel.verify()) return false;
  const address = kernel.symbol('linux_banner');
  const physical = kernel.physical(address);
  const { levels, roots } = tablesOf(registers);
  const walker = pageWalker(memory);
  return physical !== null && roots.some((root) => walker.walk(root, address, levels)?.physical === physical);
}
