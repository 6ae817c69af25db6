import { KernelError } from '../error.ts';
import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { examine, type Found } from './examine.ts';
import { kernelHandle } from './handle.ts';
import { imageByRegisters } from './image-by-registers.ts';
import { imagesByScan } from './image-by-scan.ts';
import type { Kernel } from './kernel.ts';
import { createProfiles, type Profiles } from './profiles.ts';
import { parseRegisters, type Registers } from './registers.ts';

export interface KernelOptions {
  /** Shared by all guests. Default: none are kept. */
  profiles?: Profiles;
  /** `registers` (one look at a virtual CPU), `scan` (all memory that is in use), or, by default, the first and, where it leads to no code of a kernel, the other. */
  find?: 'registers' | 'scan' | 'either';
  /** Memory that is searched at most, bytes. Default 16 GiB. */
  scanBytes?: number;
}

const DEFAULT_SCAN_BYTES = 16 * 2 ** 30;
/** Virtual CPUs whose registers are followed. */
const MOST_CPUS = 8;

/**
 * Finds the Linux kernel that a guest runs, with its symbols and types, in the guest's memory alone. Needs x86-64, a kernel from 6.1 on
 * with BTF and all symbols (as distributions build theirs); no knowledge of that kernel, no agent, nothing from its vendor.
 *
 * @throws KernelError with the `reason` why there is none
 */
export async function openKernel(memory: PhysicalMemory, monitor: Monitor, options: KernelOptions = {}): Promise<Kernel> {
  const profiles = options.profiles ?? createProfiles();
  const failures: KernelError[] = [];
  const examined = (piece: Parameters<typeof examine>[1]): Found | null => {
    try {
      return examine(memory, piece, profiles);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      failures.push(error);
      return null;
    }
  };
  let found = options.find === 'scan' ? null : await byRegisters(memory, monitor, examined, failures);
  if (found === null && (await isEncrypted(monitor))) throw new KernelError('encrypted', "the guest's memory is encrypted (SEV): nobody can look into it");
  if (found === null && options.find !== 'registers' && failures.length === 0) {
    found = await byScan(memory, options.scanBytes ?? DEFAULT_SCAN_BYTES, examined);
  }
  if (found === null) throw closestOf(failures);
  return kernelHandle(memory, found);
}

type Examine = (piece: Parameters<typeof examine>[1]) => Found | null;

const TOLD_BY_REGISTERS = {
  firmware: () => new KernelError('not-up-yet', 'the guest is in its firmware or boot loader'),
  foreign: () => new KernelError('not-linux', 'the guest runs a kernel that is not Linux for x86-64'),
};

/** What fails is what is wrong with the kernel that runs, or that none does: searching would find nothing else. */
async function byRegisters(memory: PhysicalMemory, monitor: Monitor, examined: Examine, failures: KernelError[]): Promise<Found | null> {
  const seen = new Set<string>();
  for (const command of ['info registers', 'info registers -a']) {
    const cpus: Registers[] = parseRegisters(await monitor.human(command).catch(() => ''));
    for (const registers of cpus.slice(0, MOST_CPUS)) {
      const key = `${registers.cr3} ${registers.idt}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const find = imageByRegisters(memory, registers);
      if (typeof find !== 'string') {
        for (const piece of find) {
          const image = piece();
          const found = image === null ? null : examined(image);
          if (found !== null) return found;
        }
      } else if (find !== 'unknown' && seen.size === 1) {
        // Of the first CPU only: others may not have been started.
        failures.push(TOLD_BY_REGISTERS[find]());
      }
    }
    // Other CPUs run the same kernel.
    if (failures.length > 0) return null;
  }
  return null;
}

async function byScan(memory: PhysicalMemory, mostBytes: number, examined: Examine): Promise<Found | null> {
  for await (const piece of imagesByScan(memory, mostBytes)) {
    const found = examined(piece);
    if (found !== null) return found;
  }
  return null;
}

/** Of all that failed, what came closest. */
function closestOf(failures: readonly KernelError[]): KernelError {
  const order = ['not-up-yet', 'symbol-missing', 'symbol-ambiguous', 'type-missing', 'inconsistent', 'unsupported-kernel', 'not-linux'] as const;
  for (const reason of order) {
    const failure = failures.find((one) => one.reason === reason);
    if (failure !== undefined) return failure;
  }
  return new KernelError('not-linux', "no Linux kernel from 6.1 on with BTF was found in the guest's memory");
}

async function isEncrypted(monitor: Monitor): Promise<boolean> {
  try {
    const answer = await monitor.execute('query-sev');
    return typeof answer === 'object' && answer !== null && 'enabled' in answer && answer.enabled === true;
  } catch {
    return false; // QEMU without SEV has no such command.
  }
}
