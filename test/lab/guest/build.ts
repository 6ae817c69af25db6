import { link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.ts';
import { CACHE, buildOnce, hashOf } from './build-once.ts';
import { BUSYBOX, buildInitramfs } from './initramfs.ts';
import { KERNEL_FLAVOURS, KERNEL_OF } from './kernel-choice.ts';
import type { KernelFlavour } from './kernel-choice.ts';
import { kernelFiles } from './kernel-files.ts';

/** Paths of what plain guests boot from. */
export interface GuestImages {
  kernel: Record<KernelFlavour, string>;
  initramfs: Record<KernelFlavour, string>;
  /** A qcow2 image holding an empty ext4 file system; guests get a copy each. */
  disk: string;
}

const HERE = import.meta.dirname;
const ROOT = join(HERE, 'root');
const DISK_MIB = 64;

/**
 * Builds the plain guests' kernels, initramfs and disk image, or returns those built earlier from the same packages and sources.
 * Several processes may call it at once: one builds, the others wait. Without package lists or network earlier downloads of the kernels
 * serve. @throws where there are none.
 */
export async function buildImages(onProgress: (message: string) => void = () => {}, cache = CACHE): Promise<GuestImages> {
  const [cloud, full] = await Promise.all([kernelFiles(KERNEL_OF.cloud, onProgress, cache), kernelFiles(KERNEL_OF.full, onProgress, cache)]);
  const kernels: Record<KernelFlavour, string> = { cloud, full };
  const folder = await buildOnce({
    cache, kind: 'images', key: await hashOf([ROOT, BUSYBOX, import.meta.filename, join(HERE, 'initramfs.ts')], [cloud, full]),
    build: async (result, scratch) => {
      for (const flavour of KERNEL_FLAVOURS) {
        onProgress(`building the initramfs for the ${flavour} kernel`);
        const place = join(scratch, flavour);
        await mkdir(place);
        await buildInitramfs({ trees: [ROOT], kernel: kernels[flavour] }, place, join(result, `${flavour}.initramfs`));
        await link(join(kernels[flavour], 'vmlinuz'), join(result, `${flavour}.vmlinuz`));
      }
      onProgress('building the disk image');
      await buildDisk(scratch, join(result, 'disk.qcow2'));
    },
  });
  return imagesIn(folder);
}

function imagesIn(folder: string): GuestImages {
  return {
    kernel: { cloud: join(folder, 'cloud.vmlinuz'), full: join(folder, 'full.vmlinuz') },
    initramfs: { cloud: join(folder, 'cloud.initramfs'), full: join(folder, 'full.initramfs') },
    disk: join(folder, 'disk.qcow2'),
  };
}

async function buildDisk(scratch: string, target: string): Promise<void> {
  const raw = join(scratch, 'disk.raw');
  await writeFile(raw, '');
  await run('truncate', ['--size', `${DISK_MIB}M`, raw]);
  await run('mkfs.ext4', ['-q', '-L', 'data', '-m', '0', raw]);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, target]);
}

if (import.meta.main) {
  try {
    const images = await buildImages((message) => console.error(message));
    console.log(`guest images are ready in ${join(images.disk, '..')}`);
  } catch (error) {
    console.error(`The guest images could not be built: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
