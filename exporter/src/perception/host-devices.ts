import { access, readFile } from 'node:fs/promises';
import { parseLibvirtUri } from '../libvirt/index.ts';

/** Bytes that passed a device since boot. */
export interface DeviceBytes {
  device: string;
  /** Received, or read. */
  in: number;
  /** Transmitted, or written. */
  out: number;
}

export interface DiskCounters extends DeviceBytes {
  reads: number;
  writes: number;
  /** Time that requests took, all together. */
  readMs: number;
  writeMs: number;
}

const SECTOR_BYTES = 512;
/** Of device mapper and RAID: what passes them passes a disk as well. */
const STACKED = /^(?:dm-|md|drbd|bcache)\d/;

/** The host whose libvirt is reached by this machine's own socket is this machine. */
export function isLocal(uri: string): boolean {
  // A socket named by its path may lead anywhere.
  if (/[?&]socket=/.test(uri)) return false;
  try {
    return parseLibvirtUri(uri).address.kind === 'unix';
  } catch {
    return false;
  }
}

/** `/proc/net/dev`, without the loopback. */
export function parseNetDev(text: string): DeviceBytes[] {
  const devices: DeviceBytes[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*([^:\s]+):\s*(\d+)(?:\s+\d+){7}\s+(\d+)/.exec(line);
    if (match && match[1] !== 'lo') devices.push({ device: match[1] as string, in: Number(match[2]), out: Number(match[3]) });
  }
  return devices;
}

/** `/proc/diskstats` (Documentation/admin-guide/iostats.rst): whole disks, without partitions, loops and memory disks. */
export function parseDiskStats(text: string): DiskCounters[] {
  const devices: DiskCounters[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const device = fields[2];
    if (fields.length < 11 || device === undefined || /^(?:loop|ram|zram|fd|sr)\d/.test(device) || isPartition(device)) continue;
    const number = (index: number): number => Number(fields[index]);
    devices.push({
      device,
      in: number(5) * SECTOR_BYTES,
      out: number(9) * SECTOR_BYTES,
      reads: number(3),
      writes: number(7),
      readMs: number(6),
      writeMs: number(10),
    });
  }
  return devices;
}

function isPartition(device: string): boolean {
  return /^(?:(?:sd|hd|vd|xvd)[a-z]+\d+|(?:nvme\d+n\d+|mmcblk\d+|nbd\d+)p\d+)$/.test(device);
}

/** The counters of the machine that this process runs on; what can't be read is empty. */
export async function readHostDevices(): Promise<{ network: DeviceBytes[]; disks: DiskCounters[] }> {
  const [network, disks] = await Promise.all([read('/proc/net/dev'), read('/proc/diskstats')]);
  return { network: parseNetDev(network), disks: parseDiskStats(disks) };
}

/** Those of the devices that are no bridges, tunnels or guests' interfaces: what passes these passes a physical one as well, or none. */
export async function physicalOnly(network: readonly DeviceBytes[]): Promise<DeviceBytes[]> {
  const physical = await Promise.all(network.map(({ device }) => exists(`/sys/class/net/${device}/device`)));
  return network.filter((_, index) => physical[index]);
}

/** Those of the disks that are not made of others. */
export function unstackedOnly(disks: readonly DiskCounters[]): DiskCounters[] {
  return disks.filter(({ device }) => !STACKED.test(device));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
