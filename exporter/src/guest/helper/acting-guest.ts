import { bootIdentity } from '../actions/boot-identity.ts';
import { ActionRefused, createKernelWriter, openPhysicalWriter } from '../actions/index.ts';
import type { KernelWriter, LibvirtFacts } from '../actions/index.ts';
import { GuestError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { openKernel } from '../kernel/open.ts';
import type { Profiles } from '../kernel/profiles.ts';
import { isRunning } from '../kernel/running.ts';
import type { Monitor } from '../memory/memory.ts';
import { openProcessMemory } from '../memory/process-memory.ts';
import { withReason } from './guest-reader.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';

/** The way to a domain through libvirt on this machine. */
export interface DomainConnection {
  readonly monitor: Monitor;
  /** What libvirt knows now. */
  facts(): Promise<LibvirtFacts>;
}

/** A guest that may be written to. It is opened for one action: what is kept open for reading may be closed at any time. */
export interface ActingGuest {
  readonly kernel: Kernel;
  readonly writer: KernelWriter;
  /** Names this boot of the guest. */
  readonly boot: string;
  close(): void;
}

/**
 * @param isSame asked once all is open, since what is open then stays that process's
 * @throws ActionRefused with the guest's reason: nothing was done
 */
export async function openActingGuest(qemu: QemuProcess, { monitor: given }: DomainConnection, profiles: Profiles, isSame: () => boolean): Promise<ActingGuest> {
  const monitor = withReason(given);
  try {
    const memory = await openProcessMemory(qemu.pid, monitor);
    try {
      const kernel = await openKernel(memory, monitor, { profiles });
      if (!(await isRunning(memory, monitor, kernel))) throw new GuestError('inconsistent', 'no virtual CPU runs the kernel that was found in memory: the guest restarts; try again');
      const physical = await openPhysicalWriter(qemu.pid, monitor, memory);
      const close = (): void => {
        physical.close();
        memory.close();
      };
      if (!isSame()) {
        close();
        throw new Refusal('domain-changed', `the QEMU of ${qemu.uuid} ended or became another program while it was opened; nothing was done`);
      }
      return { kernel, writer: createKernelWriter(kernel, physical), boot: bootIdentity(kernel), close };
    } catch (error) {
      memory.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof GuestError) throw new ActionRefused(error.reason, error.message, { cause: error });
    throw error;
  }
}
