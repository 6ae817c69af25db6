import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../lab/lab.ts';

/**
 * When libvirt was about to launch the domain's QEMU on this host, wall clock in milliseconds, the oldest first; incoming migrations
 * too. libvirt's own record: a witness that knows nothing of virtmedic.
 */
export function qemuStarts(host: Host, domainName: string): number[] {
  const path = join(host.folder, 'log/libvirt/qemu', `${domainName}.log`);
  return existsSync(path) ? parseQemuLog(readFileSync(path, 'utf8')) : [];
}

/** libvirt begins each launch with the line `2026-11-21 22:14:45.047+0000: starting up libvirt version: …`. */
export function parseQemuLog(text: string): number[] {
  return [...text.matchAll(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\+0000: starting up /gm)].map(([, day, time]) => Date.parse(`${day}T${time}Z`));
}
