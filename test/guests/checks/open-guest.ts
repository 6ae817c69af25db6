import { createProfiles, openKernel, openProcessMemory } from '../../../exporter/src/guest/index.ts';
import type { Kernel, Monitor, PhysicalMemory } from '../../../exporter/src/guest/index.ts';
import { lookupDomainByName, openConnection, qemuMonitor } from '../../../exporter/src/libvirt/index.ts';
import type { LinuxGuest } from '../../lab/lab.ts';

/** A guest that is looked into as the guest helper does it: by QEMU's memory, and by its monitor through libvirt. */
export interface OpenedGuest extends AsyncDisposable {
  readonly monitor: Monitor;
  readonly memory: PhysicalMemory;
  readonly kernel: Kernel;
  /** Everything from nothing once more, without what was learnt before; only libvirt's connection is the same. Milliseconds until `first` is done. */
  openAnew(first: (kernel: Kernel) => void): Promise<number>;
}

export async function openGuest(guest: LinuxGuest): Promise<OpenedGuest> {
  const connection = await openConnection({ uri: guest.host.unixUri });
  const pid = guest.qemuPid();
  try {
    if (pid === undefined) throw new Error(`guest ${guest.name} does not run`);
    const monitor = qemuMonitor(connection, await connection.call(lookupDomainByName, { name: guest.name }));
    const memory = await openProcessMemory(pid, monitor);
    const close = async (): Promise<void> => {
      memory.close();
      await connection.close();
    };
    const kernel = await openKernel(memory, monitor).catch(async (error: unknown) => {
      memory.close();
      throw error;
    });
    return { monitor, memory, kernel, openAnew: (first) => openAnew(pid, monitor, first), [Symbol.asyncDispose]: close };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function openAnew(pid: number, monitor: Monitor, first: (kernel: Kernel) => void): Promise<number> {
  const startedMs = performance.now();
  const memory = await openProcessMemory(pid, monitor);
  try {
    first(await openKernel(memory, monitor, { profiles: createProfiles() }));
    return performance.now() - startedMs;
  } finally {
    memory.close();
  }
}
