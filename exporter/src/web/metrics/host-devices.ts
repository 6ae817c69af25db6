import { readFile } from 'node:fs/promises';

/** Bytes that passed a device since boot. */
export interface DeviceBytes {
  device: string;
  /** Received, or read. */
  in: number;
  /** Transmitted, or written. */
  out: number;
}

const SECTOR_BYTES = 512;

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
export function parseDiskStats(text: string): DeviceBytes[] {
  const devices: DeviceBytes[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const device = fields[2];
    if (fields.length < 10 || device === undefined || /^(?:loop|ram|zram|fd|sr)\d/.test(device) || isPartition(device)) continue;
    devices.push({ device, in: Number(fields[5]) * SECTOR_BYTES, out: Number(fields[9]) * SECTOR_BYTES });
  }
  return devices;
}

function isPartition(device: string): boolean {
  return /^(?:(?:sd|hd|vd|xvd)[a-z]+\d+|(?:nvme\d+n\d+|mmcblk\d+|nbd\d+)p\d+)$/.test(device);
}

/** The counters of the machine that this process runs on; what can't be read is empty. */
export async function readHostDevices(): Promise<{ network: DeviceBytes[]; disks: DeviceBytes[] }> {
  const [network, disks] = await Promise.all([read('/proc/net/dev'), read('/proc/diskstats')]);
  return { network: parseNetDev(network), disks: parseDiskStats(disks) };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
