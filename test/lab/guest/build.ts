import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, link, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../command.ts';
import { acquireLock } from '../run-lock.ts';
import { KERNEL_FLAVOURS, fetchKernel, findKernels } from './kernel.ts';
import type { KernelFlavour, KernelPackage } from './kernel.ts';

/** Paths of what guests boot from. */
export interface GuestImages {
  kernel: Record<KernelFlavour, string>;
  initramfs: Record<KernelFlavour, string>;
  /** A qcow2 image holding an empty ext4 file system; guests get a copy each. */
  disk: string;
}

const CACHE = join(import.meta.dirname, '..', '.cache');
const BUSYBOX = '/bin/busybox';
const DISK_MIB = 64;

/**
 * Builds the guests' kernels, initramfs and disk image, or returns those built earlier from the same packages and sources.
 * Several processes may call it at once: one builds, the others wait. Without package lists or network an earlier build of the same
 * sources is used. @throws where there is neither.
 */
export async function buildImages(onProgress: (message: string) => void = () => {}, cache = CACHE): Promise<GuestImages> {
  await mkdir(cache, { recursive: true });
  const sourceHash = await hashSources();
  const kernels = await findKernels();
  if (kernels === undefined) return anyBuild(cache, sourceHash);
  const folder = join(cache, `images-${sourceHash}-${shortHash(JSON.stringify(kernels))}`);
  if (existsSync(folder)) return imagesIn(folder);
  const lock = await acquireLock(cache, { wait: true });
  try {
    if (!existsSync(folder)) await build(cache, folder, kernels, onProgress);
    await removeOlder(cache, folder, kernels);
  } finally {
    lock?.release();
  }
  return imagesIn(folder);
}

async function anyBuild(cache: string, sourceHash: string): Promise<GuestImages> {
  const found = (await readdir(cache)).find((name) => name.startsWith(`images-${sourceHash}-`));
  if (found !== undefined) return imagesIn(join(cache, found));
  throw new Error('apt lists no Debian 12 kernel for the guests: run `apt-get update` (or `npm run setup`) and try again');
}

function imagesIn(folder: string): GuestImages {
  return {
    kernel: { cloud: join(folder, 'cloud.vmlinuz'), full: join(folder, 'full.vmlinuz') },
    initramfs: { cloud: join(folder, 'cloud.initramfs'), full: join(folder, 'full.initramfs') },
    disk: join(folder, 'disk.qcow2'),
  };
}

function kernelFolder(cache: string, kernel: KernelPackage): string {
  return join(cache, `kernel-${kernel.name}_${kernel.version}-${kernelSourceHash}`);
}

/** Kernels are kept apart from the images, so that a changed guest script does not download them again. */
const kernelSourceHash = shortHash(await readFile(join(import.meta.dirname, 'kernel.ts')));

async function build(
  cache: string,
  folder: string,
  kernels: Record<KernelFlavour, KernelPackage>,
  onProgress: (message: string) => void,
): Promise<void> {
  for (const flavour of KERNEL_FLAVOURS) await fetchKernel(kernels[flavour], kernelFolder(cache, kernels[flavour]), onProgress);
  const temporary = await mkdtemp(join(cache, '.new-'));
  try {
    const result = join(temporary, 'result');
    await mkdir(result);
    for (const flavour of KERNEL_FLAVOURS) {
      onProgress(`building the initramfs for the ${flavour} kernel`);
      const source = kernelFolder(cache, kernels[flavour]);
      await link(join(source, 'vmlinuz'), join(result, `${flavour}.vmlinuz`));
      await buildInitramfs(source, join(temporary, flavour), join(result, `${flavour}.initramfs`));
    }
    onProgress('building the disk image');
    await buildDisk(temporary, join(result, 'disk.qcow2'));
    await rename(result, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function buildInitramfs(kernel: string, tree: string, target: string): Promise<void> {
  await cp(join(import.meta.dirname, 'root'), tree, { recursive: true, verbatimSymlinks: true });
  for (const folder of ['bin', 'lib/modules', 'proc', 'sys', 'dev', 'tmp', 'run', 'data']) await mkdir(join(tree, folder), { recursive: true });
  await cp(BUSYBOX, join(tree, 'bin/busybox'));
  await chmod(join(tree, 'bin/busybox'), 0o755);
  // The kernel starts /init; busybox acts by the name it is called by.
  await symlink('bin/busybox', join(tree, 'init'));
  await symlink('busybox', join(tree, 'bin/sh'));
  await cp(join(kernel, 'modules'), join(tree, 'lib/modules'), { recursive: true });
  await cp(join(kernel, 'order'), join(tree, 'lib/modules/order'));
  const entries = (await readdir(tree, { recursive: true })).sort();
  // Not compressed: an emulated CPU takes longer to unpack it than QEMU to load it.
  await run('cpio', ['--create', '--format=newc', '--owner=0:0', '--quiet', '--reproducible', `--file=${target}`], {
    cwd: tree,
    input: entries.map((entry) => `${entry}\n`).join(''),
  });
}

async function buildDisk(temporary: string, target: string): Promise<void> {
  const raw = join(temporary, 'disk.raw');
  await writeFile(raw, '');
  await run('truncate', ['--size', `${DISK_MIB}M`, raw]);
  await run('mkfs.ext4', ['-q', '-L', 'data', '-m', '0', raw]);
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, target]);
}

/** Every file that goes into the images from here, and busybox itself. */
async function hashSources(): Promise<string> {
  const root = join(import.meta.dirname, 'root');
  const hash = createHash('sha256');
  for (const name of (await readdir(root, { recursive: true })).sort()) {
    const path = join(root, name);
    const entry = await stat(path).catch(() => undefined);
    hash.update(`${name}\0${entry?.mode ?? 'link'}\0`);
    if (entry?.isFile() === true) hash.update(await readFile(path));
  }
  for (const path of [import.meta.filename, join(import.meta.dirname, 'kernel.ts'), BUSYBOX]) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 12);
}

function shortHash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}

/** Running labs keep their own links to the files, so earlier builds can go. */
async function removeOlder(cache: string, folder: string, kernels: Record<KernelFlavour, KernelPackage>): Promise<void> {
  const keep = new Set([folder, ...KERNEL_FLAVOURS.map((flavour) => kernelFolder(cache, kernels[flavour]))].map((path) => basename(path)));
  for (const name of await readdir(cache)) {
    if (!keep.has(name) && /^(images-|kernel-|\.new-)/.test(name)) await rm(join(cache, name), { recursive: true, force: true });
  }
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
