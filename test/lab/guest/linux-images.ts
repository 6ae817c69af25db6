import { link, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BUSYBOX, buildInitramfs } from './initramfs.ts';
import { CACHE, buildOnce, hashOf } from './build-once.ts';
import { debianDisk } from './debian/debian-disk.ts';
import type { KernelChoice } from './kernel-choice.ts';
import { kernelFiles } from './kernel-files.ts';

const HERE = import.meta.dirname;

/** Files that a guest boots from, by their names in a run's boot folder. */
export type BootFiles = Readonly<Record<string, string>>;

type Progress = (message: string) => void;

/** The tiny guest, busybox with the lab's agent, on a chosen kernel. */
export async function kernelImages(choice: KernelChoice, onProgress: Progress, cache = CACHE): Promise<BootFiles> {
  return initramfs('tiny', choice, [join(HERE, 'root'), join(HERE, 'agent')], onProgress, cache);
}

/** Debian with systemd on a chosen kernel. The kernel is not on the disk: any kernel boots the same disk. */
export async function debianImages(choice: KernelChoice, onProgress: Progress, cache = CACHE): Promise<BootFiles> {
  const files = await initramfs('debian', choice, [join(HERE, 'debian/initramfs')], onProgress, cache);
  return { ...files, 'debian.qcow2': await debianDisk(onProgress, cache) };
}

async function initramfs(system: 'tiny' | 'debian', choice: KernelChoice, trees: string[], onProgress: Progress, cache: string): Promise<BootFiles> {
  const kernel = await kernelFiles(choice, onProgress, cache);
  const name = system === 'debian' ? `${choice}.debian.initramfs` : `${choice}.initramfs`;
  const folder = await buildOnce({
    cache, kind: `${system}-${choice}`, key: await hashOf([...trees, BUSYBOX, join(HERE, 'initramfs.ts')], [kernel]),
    build: async (result, scratch) => {
      onProgress(`building the ${system} initramfs for kernel ${choice}`);
      await buildInitramfs({ trees, kernel }, scratch, join(scratch, 'packed'));
      await rename(join(scratch, 'packed'), join(result, name));
      await link(join(kernel, 'vmlinuz'), join(result, `${choice}.vmlinuz`));
    },
  });
  return { [name]: join(folder, name), [`${choice}.vmlinuz`]: join(folder, `${choice}.vmlinuz`) };
}
