/** What one host tells of itself at a tick. */
import { ListStoragePoolsFlag, getNodeCpuStats, getNodeMemoryStats, getStoragePoolInfo, listAllStoragePools, type Caller, type CallOptions } from '../libvirt/index.ts';
import type { HostReading } from '../prediction/observation/host-reading.ts';
import { physicalOnly, readHostDevices, unstackedOnly, type DeviceBytes, type DiskCounters } from './host-devices.ts';
import { wholeNumber } from './readings.ts';

export interface PoolSizes {
  allocatedBytes: number;
  capacityBytes: number;
}

/** What a reading is made of; null: not told. */
export interface HostParts {
  /** Nanoseconds by libvirt's field names. */
  cpu: Record<string, number> | null;
  /** KiB by libvirt's field names. */
  memory: Record<string, number> | null;
  /** Of the machine that this process runs on; null where that is another one. */
  devices: { network: readonly DeviceBytes[]; disks: readonly DiskCounters[] } | null;
  pool: PoolSizes | null;
}

const KIB = 1024;
const NANOSECONDS_PER_MS = 1e6;
/** More pools than that are not asked for their sizes. */
const MOST_POOLS = 32;

/** A host's numbers as a reading; null: it told neither CPU nor memory. */
export function hostReadingOf({ cpu, memory, devices, pool }: HostParts, atMs: number): HostReading | null {
  if (cpu === null && memory === null) return null;
  const mode = (name: string): number | null => wholeNumber(cpu?.[name]);
  const bytes = (name: string): number | null => wholeNumber(memory?.[name], KIB);
  // Modes that a system does not tell apart are in others (Linux: interrupts in kernel).
  const known = mode('kernel') === null || mode('user') === null ? null : 0;
  const network = sums(devices?.network ?? [], { receivedBytes: ({ in: into }) => into, transmittedBytes: ({ out }) => out });
  const disks = sums(devices?.disks ?? [], {
    readBytes: ({ in: into }) => into,
    writtenBytes: ({ out }) => out,
    readRequests: ({ reads }) => reads,
    writeRequests: ({ writes }) => writes,
    readNanoseconds: ({ readMs }) => readMs * NANOSECONDS_PER_MS,
    writeNanoseconds: ({ writeMs }) => writeMs * NANOSECONDS_PER_MS,
  });
  return {
    atMs,
    kernelNanoseconds: mode('kernel'),
    userNanoseconds: mode('user'),
    interruptNanoseconds: mode('intr') ?? known,
    idleNanoseconds: mode('idle'),
    ioWaitNanoseconds: mode('iowait') ?? known,
    memoryTotalBytes: bytes('total'),
    memoryFreeBytes: bytes('free'),
    memoryBuffersBytes: bytes('buffers'),
    memoryCachedBytes: bytes('cached'),
    ...network,
    ...disks,
    poolAllocatedBytes: pool?.allocatedBytes ?? null,
    poolCapacityBytes: pool?.capacityBytes ?? null,
  };
}

/** Null where there is no device: then nothing is known, rather than that nothing passes. */
function sums<Device, Name extends string>(devices: readonly Device[], parts: Record<Name, (device: Device) => number>): Record<Name, number | null> {
  const names = Object.keys(parts) as Name[];
  const total = (name: Name): number | null => (devices.length === 0 ? null : wholeNumber(devices.reduce((sum, device) => sum + parts[name](device), 0)));
  return Object.fromEntries(names.map((name) => [name, total(name)])) as Record<Name, number | null>;
}

/** CPU and memory from libvirt and, of the machine that this process runs on, its devices; null: not told within the deadline. */
export async function readHost(caller: Caller, { isLocal, ...options }: CallOptions & { isLocal: boolean }): Promise<Omit<HostParts, 'pool'>> {
  const [cpu, memory, devices] = await Promise.allSettled([
    getNodeCpuStats(caller, {}, options),
    getNodeMemoryStats(caller, {}, options),
    isLocal ? readLocalDevices() : null,
  ]);
  return { cpu: valueOf(cpu), memory: valueOf(memory), devices: valueOf(devices) };
}

/** The fullest of the active storage pools; null: there is none. @throws as `Caller.call` */
export async function readFullestPool(caller: Caller, options: CallOptions): Promise<PoolSizes | null> {
  const pools = await caller.call(listAllStoragePools, { flags: ListStoragePoolsFlag.ACTIVE }, options);
  const infos = await Promise.allSettled(pools.slice(0, MOST_POOLS).map((pool) => caller.call(getStoragePoolInfo, { pool }, options)));
  let best: PoolSizes | null = null;
  for (const info of infos) {
    if (info.status === 'rejected') continue;
    const sizes = { allocatedBytes: info.value.allocationBytes, capacityBytes: info.value.capacityBytes };
    if (sizes.capacityBytes > 0 && (best === null || fill(sizes) > fill(best))) best = sizes;
  }
  return best;
}

async function readLocalDevices(): Promise<NonNullable<HostParts['devices']>> {
  const { network, disks } = await readHostDevices();
  return { network: await physicalOnly(network), disks: unstackedOnly(disks) };
}

function fill({ allocatedBytes, capacityBytes }: PoolSizes): number {
  return allocatedBytes / capacityBytes;
}

function valueOf<T>(result: PromiseSettledResult<T>): T | null {
  return result.status === 'fulfilled' ? result.value : null;
}
