import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { tablesOf } from './image-by-registers.ts';
import type { Kernel } from './kernel.ts';
import { pageWalker } from './page-walk.ts';
import { parseRegisters } from './registers.ts';

/** Virtual CPUs that are asked. */
const MOST_CPUS = 8;

/**
 * Asks the virtual CPUs whether one of them runs this kernel: its page tables lead to the kernel's banner where the kernel was found. Costs one
 * command of the monitor, two where the first CPU does not. To be asked before anything follows from what a kernel shows, as a kernel that was left
 * behind by a restart shows no change.
 *
 * @returns false: none does, or nobody knows. Never rejects.
 */
export async function isRunning(memory: PhysicalMemory, monitor: Monitor, kernel: Kernel): Promise<boolean> {
  if (!kernel.verify()) return false;
  const address = kernel.symbol('linux_banner');
  const physical = kernel.physical(address);
  const walker = pageWalker(memory);
  for (const command of ['info registers', 'info registers -a']) {
    const cpus = parseRegisters(await monitor.human(command).catch(() => '')).filter(({ longMode }) => longMode);
    for (const registers of cpus.slice(0, MOST_CPUS)) {
      const { levels, roots } = tablesOf(registers);
      if (physical !== null && roots.some((root) => walker.walk(root, address, levels)?.physical === physical)) return true;
    }
  }
  return false;
}
