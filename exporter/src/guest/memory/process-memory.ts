import { closeSync, openSync, readSync } from 'node:fs';
import { GuestError } from '../error.ts';
import { parseFlatView, parseHostAddress } from './flat-view.ts';
import type { MemoryRange, Monitor, PhysicalMemory } from './memory.ts';

const PAGE_BYTES = 4096;
const CHUNK_BYTES = 4 * 1024 * 1024;
const ENTRY_BYTES = 8;
/** Bits 63 (in memory) and 62 (swapped out) of an entry of pagemap, in its highest byte. */
const HELD = 0xc0;

interface Region extends MemoryRange {
  /** Address in QEMU's own address space, of `start`. */
  readonly host: number;
}

/**
 * The memory of a running guest, read through `/proc/PID/mem` of its QEMU: as fast as shared memory, with any memory backend and
 * without a change to the domain. Needs root or CAP_SYS_PTRACE. The handle stays with this very process: when it ends, reads fail.
 *
 * @param pid QEMU's process; it has to be the domain that `monitor` belongs to
 * @throws GuestError `unreadable`: no such process, no right to read it, or no RAM
 */
export async function openProcessMemory(pid: number, monitor: Monitor): Promise<PhysicalMemory> {
  const mem = openProcess(pid, 'mem');
  let pagemap: number | null = null;
  try {
    pagemap = openProcess(pid, 'pagemap');
    return processMemory(mem, pagemap, await hostRegions(monitor));
  } catch (error) {
    closeSync(mem);
    if (pagemap !== null) closeSync(pagemap);
    throw error;
  }
}

function openProcess(pid: number, file: string): number {
  if (!Number.isSafeInteger(pid) || pid <= 0) throw new GuestError('unreadable', `${pid} is no process id`);
  try {
    return openSync(`/proc/${pid}/${file}`, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such process' : code === 'EACCES' || code === 'EPERM' ? 'that needs root or CAP_SYS_PTRACE' : String(code);
    throw new GuestError('unreadable', `cannot read memory of QEMU's process ${pid} (/proc/${pid}/${file}): ${why}`, { cause: error });
  }
}

async function hostRegions(monitor: Monitor): Promise<Region[]> {
  const regions: Region[] = [];
  for (const { start, end } of parseFlatView(await monitor.human('info mtree -f'))) {
    const host = parseHostAddress(await monitor.human(`gpa2hva 0x${start.toString(16)}`));
    if (host === null || host % PAGE_BYTES !== 0 || !Number.isSafeInteger(host + (end - start))) continue;
    const before = regions.at(-1);
    if (before !== undefined && before.end === start && before.host + (before.end - before.start) === host) {
      regions[regions.length - 1] = { ...before, end };
    } else {
      regions.push({ start, end, host });
    }
  }
  if (regions.length === 0) throw new GuestError('unreadable', 'QEMU gives no host address for any RAM of the guest ("gpa2hva")');
  return regions;
}

function processMemory(mem: number, pagemap: number, regions: readonly Region[]): PhysicalMemory {
  let open = true;

  function regionOf(physical: number, length: number): Region | null {
    if (!open || !Number.isSafeInteger(physical) || !Number.isSafeInteger(length) || length < 0) return null;
    for (const region of regions) if (physical >= region.start && physical + length <= region.end) return region;
    return null;
  }

  return {
    regions,
    read(physical, into, offset, length) {
      const region = regionOf(physical, length);
      if (region === null || !Number.isSafeInteger(offset) || offset < 0 || offset + length > into.length) return false;
      return readAll(mem, into, offset, length, region.host + (physical - region.start));
    },
    *present(start, end) {
      for (const region of regions) {
        const from = Math.max(region.start, Math.floor(start / PAGE_BYTES) * PAGE_BYTES);
        const to = Math.min(region.end, end);
        for (let at = from; at < to && open; at += CHUNK_BYTES) {
          const chunk = Math.min(CHUNK_BYTES, to - at);
          yield* heldRuns(pagemap, at, chunk, region.host + (at - region.start));
        }
      }
    },
    close() {
      if (!open) return;
      open = false;
      closeSync(mem);
      closeSync(pagemap);
    },
  };
}

function readAll(file: number, into: Buffer, offset: number, length: number, position: number): boolean {
  try {
    for (let done = 0; done < length; ) {
      const read = readSync(file, into, offset + done, length - done, position + done);
      if (read <= 0) return false;
      done += read;
    }
    return true;
  } catch {
    return false; // Ended process or unmapped page: both mean the same to whoever reads.
  }
}

/** Where pagemap cannot be read, all pages count as held. */
function* heldRuns(pagemap: number, physical: number, length: number, host: number): Generator<MemoryRange> {
  const pages = Math.ceil(length / PAGE_BYTES);
  const entries = Buffer.alloc(pages * ENTRY_BYTES);
  if (!readAll(pagemap, entries, 0, entries.length, (host / PAGE_BYTES) * ENTRY_BYTES)) entries.fill(0xff);
  let first = -1;
  for (let page = 0; page <= pages; page++) {
    const held = page < pages && ((entries[page * ENTRY_BYTES + 7] ?? 0) & HELD) !== 0;
    if (held && first < 0) first = page;
    if (!held && first >= 0) {
      yield { start: physical + first * PAGE_BYTES, end: Math.min(physical + page * PAGE_BYTES, physical + length) };
      first = -1;
    }
  }
}
