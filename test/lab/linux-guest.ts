import { copyFileSync, linkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createGuest, guestFolders } from './guest.ts';
import type { Guest } from './guest.ts';
import type { GuestOptions } from './guest-xml.ts';
import type { KernelChoice } from './guest/kernel-choice.ts';
import { debianImages, kernelImages } from './guest/linux-images.ts';
import type { BootFiles } from './guest/linux-images.ts';
import type { Host, RunPlace } from './host.ts';
import { httpGet } from './http-get.ts';
import { waitUntil } from './wait-until.ts';

/** As for any guest, on one of Debian's kernels (default: 6.1-cloud), with the lab's agent. Default memory: 256 MiB tiny, 512 MiB Debian. */
export type LinuxGuestOptions = Omit<GuestOptions, 'kernel' | 'system' | 'agent'> & { kernel?: KernelChoice };

/** A guest that is looked into. Its `status`, `fault`, `load` and `waitHttp` exist in tiny ones only. */
export interface LinuxGuest extends Guest {
  /** Waits until everything that it is there for is served. Default deadline: 300,000 ms, for a busy machine without KVM. */
  waitServing(deadlineMs?: number): Promise<void>;
}

/** What the Debian guest serves. The greeting is what a healthy server's answer begins with, to an HTTP request or to nothing. */
export const DEBIAN_APPS = [
  { name: 'nginx', unit: 'nginx.service', kind: 'web', port: 80, http: '/' },
  { name: 'vsftpd', unit: 'vsftpd.service', kind: 'FTP', port: 21, http: null },
  { name: 'icecast2', unit: 'icecast2.service', kind: 'streaming', port: 8000, http: '/status-json.xsl' },
] as const;
export type DebianApp = (typeof DEBIAN_APPS)[number];

const DEFAULT_SERVING_DEADLINE_MS = 300_000;
/** systemd would wait for entropy that an emulated processor gathers slowly. */
const RANDOM_DEVICE = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>";

/** Makes a tiny guest on a chosen kernel, which is downloaded where it is not there yet. */
export async function createKernelGuest(place: RunPlace, host: Host, options: LinuxGuestOptions, onProgress: (message: string) => void): Promise<LinuxGuest> {
  const kernel = options.kernel ?? '6.1-cloud';
  provide(place, await kernelImages(kernel, onProgress));
  const guest = createGuest(place, host, { memoryMiB: 256, ...options, kernel, system: 'tiny', agent: true });
  return { ...guest, waitServing: async (deadlineMs = DEFAULT_SERVING_DEADLINE_MS) => void (await guest.waitHttp(deadlineMs)) };
}

/** Makes a Debian guest with systemd and the three applications, which is built where it is not there yet (about a minute). */
export async function createDebianGuest(place: RunPlace, host: Host, options: LinuxGuestOptions, onProgress: (message: string) => void): Promise<LinuxGuest> {
  const kernel = options.kernel ?? '6.1-cloud';
  provide(place, await debianImages(kernel, onProgress));
  const devicesXml = `${RANDOM_DEVICE}${options.devicesXml ?? ''}`;
  const guest = createGuest(place, host, { memoryMiB: 512, ...options, devicesXml, kernel, system: 'debian', agent: true });
  return {
    ...guest,
    waitServing: async (deadlineMs = DEFAULT_SERVING_DEADLINE_MS) => {
      const giveUpAt = performance.now() + deadlineMs;
      for (const app of DEBIAN_APPS) {
        await waitUntil(`${app.name} of guest ${guest.name}`, () => serves(guest.address, app), { deadlineMs: Math.max(0, giveUpAt - performance.now()), intervalMs: 500 });
      }
    },
  };
}

/** True where an application answers as it should. @throws where it does not answer. */
export async function serves(address: string, app: DebianApp, timeoutMs = 5000): Promise<boolean> {
  if (app.http === null) return (await greeting(address, app.port, timeoutMs)).startsWith('220');
  return (await httpGet({ host: address, port: app.port, path: app.http, timeoutMs })).status === 200;
}

function greeting(host: string, port: number, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host, port });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${host}:${port}: no greeting within ${timeoutMs} ms`)));
  socket.once('data', (chunk) => {
    resolve(chunk.toString('latin1'));
    socket.destroy();
  });
  socket.once('error', reject);
  socket.once('close', () => reject(new Error(`${host}:${port}: closed without a greeting`)));
  return promise;
}

function provide(place: RunPlace, files: BootFiles): void {
  const { boot } = guestFolders(place);
  for (const [name, path] of Object.entries(files)) linkOrCopy(path, join(boot, name));
}

/** The images stay as they are for this lab, even when the cache gets newer ones. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EXDEV') copyFileSync(from, to);
    else if (code !== 'EEXIST') throw error;
  }
}
