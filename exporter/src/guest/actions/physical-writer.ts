import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { parseHostAddress } from '../memory/flat-view.ts';
import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { ActionFailed, ActionRefused, messageOf } from './action-error.ts';

/** Writes the physical memory of a guest. QEMU's dirty tracking does not see it: never while a migration or another job runs. */
export interface PhysicalWriter {
  /**
   * Writes where memory holds exactly `before`, which has the length of `bytes`.
   *
   * @throws ActionFailed `changed-by-others`: it holds something else, nothing was written; `write-failed`
   */
  replace(physical: number, before: Buffer, bytes: Buffer): void;
  close(): void;
}

/**
 * Opens the memory of QEMU's process `pid` for writing, through `/proc/PID/mem`. It shares nothing with the reader but the list of
 * pieces of RAM: where both do not agree on what memory holds, it does not write.
 *
 * @throws ActionRefused `helper-not-root`, `unreadable`
 */
export async function openPhysicalWriter(pid: number, monitor: Monitor, memory: PhysicalMemory): Promise<PhysicalWriter> {
  const regions: { start: number; end: number; host: number }[] = [];
  for (const { start, end } of memory.regions) {
    const host = parseHostAddress(await monitor.human(`gpa2hva 0x${start.toString(16)}`));
    if (host !== null) regions.push({ start, end, host });
  }
  let file: number;
  try {
    file = openSync(`/proc/${pid}/mem`, 'r+');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new ActionRefused(denied ? 'helper-not-root' : 'unreadable', `cannot write memory of QEMU's process ${pid}: ${denied ? 'that needs root, or CAP_SYS_PTRACE' : messageOf(error)}`, { cause: error });
  }
  let open = true;

  function hostAddress(physical: number, length: number): number {
    const region = open ? regions.find(({ start, end }) => physical >= start && physical + length <= end) : undefined;
    if (region === undefined) throw new ActionFailed('write-failed', `no RAM of the guest at physical address 0x${physical.toString(16)}`, { left: false });
    return region.host + (physical - region.start);
  }

  return {
    replace(physical, before, bytes) {
      if (before.length !== bytes.length) throw new RangeError(`${before.length} bytes cannot be replaced by ${bytes.length}`);
      const at = hostAddress(physical, bytes.length);
      const held = Buffer.alloc(bytes.length);
      try {
        if (readSync(file, held, 0, held.length, at) !== held.length) throw new Error('short read');
      } catch (error) {
        throw new ActionFailed('write-failed', `memory of QEMU cannot be read: ${messageOf(error)}`, { left: false, cause: error });
      }
      if (!held.equals(before)) {
        throw new ActionFailed('changed-by-others', `guest memory at 0x${physical.toString(16)} is not what was read before`, { left: false });
      }
      try {
        if (writeSync(file, bytes, 0, bytes.length, at) !== bytes.length) throw new Error('short write');
      } catch (error) {
        throw new ActionFailed('write-failed', `memory of QEMU cannot be written: ${messageOf(error)}`, { left: true, cause: error });
      }
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(file);
    },
  };
}
