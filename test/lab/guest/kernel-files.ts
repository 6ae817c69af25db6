import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.ts';
import { downloadAndUnpack } from './apt-download.ts';
import { CACHE, buildOnce, earlierBuild, hashOf } from './build-once.ts';
import { findChosenKernel } from './kernel-choice.ts';
import type { KernelChoice } from './kernel-choice.ts';
import { loadOrder, moduleDependencies } from './kernel.ts';
import type { KernelPackage } from './kernel.ts';

/** What guests load; those that are missing are built into that kernel or not made for it. systemd wants `autofs4`. */
const WANTED_MODULES = [
  'crc32c_generic', 'ext4', 'virtio_pci', 'virtio_net', 'virtio_blk', 'virtio_balloon', 'virtio_rng', 'virtio_console', 'pvpanic-mmio',
  'pvpanic-pci', 'button', 'evdev', 'i6300esb', 'autofs4',
];

/**
 * A folder with `vmlinuz`, `modules/*.ko`, `order` (the modules to load, in order) and `release` of a kernel, downloaded where it is not
 * there yet. Without apt's lists an earlier download serves. @throws where there is neither.
 */
export async function kernelFiles(choice: KernelChoice, onProgress: (message: string) => void, cache = CACHE): Promise<string> {
  const kind = `kernel-${choice}`;
  const recipe = await hashOf([import.meta.filename]);
  const found = await findChosenKernel(choice);
  if (found === undefined) {
    const earlier = await earlierBuild(cache, `${kind}_${recipe}-`);
    if (earlier !== undefined) return earlier;
    throw new Error(`apt lists no kernel ${choice} for Debian 12: its sources need bookworm and bookworm-security; then run \`apt-get update\` and try again`);
  }
  return buildOnce({
    cache, kind, key: `${recipe}-${await hashOf([], [found.name, found.version])}`,
    build: async (result, scratch) => {
      onProgress(`downloading ${found.name} ${found.version}`);
      await keepNeeded(found, await downloadAndUnpack(found.name, found.version, scratch), result);
    },
  });
}

async function keepNeeded(kernel: KernelPackage, unpacked: string, result: string): Promise<void> {
  const release = kernel.name.replace('linux-image-', '');
  const tree = ['lib/modules', 'usr/lib/modules'].map((path) => join(unpacked, path, release)).find((path) => existsSync(path));
  if (tree === undefined) throw new Error(`${kernel.name} ${kernel.version} holds no modules of ${release}`);
  const pathOf = new Map<string, string>();
  for (const file of await readdir(tree, { recursive: true })) {
    const name = /([^/]+)\.ko(?:\.xz)?$/.exec(file)?.[1];
    if (name !== undefined) pathOf.set(canonical(name), join(tree, file));
  }
  const modules = join(result, 'modules');
  await mkdir(modules);
  await rename(join(unpacked, 'boot', `vmlinuz-${release}`), join(result, 'vmlinuz'));
  // Kernels of 6.12 come with compressed modules, which busybox's insmod does not know.
  const plain = async (name: string): Promise<Buffer> => {
    const target = join(modules, `${name}.ko`);
    if (!existsSync(target)) {
      const source = pathOf.get(name);
      if (source === undefined) throw new Error(`${kernel.name}: a module needs ${name}, which the package lacks`);
      await rename(source, source.endsWith('.xz') ? `${target}.xz` : target);
      if (source.endsWith('.xz')) await run('xz', ['--decompress', `${target}.xz`]);
    }
    return readFile(target);
  };
  const wanted = WANTED_MODULES.map(canonical).filter((name) => pathOf.has(name));
  const order = await loadOrder(wanted, async (name) => moduleDependencies(await plain(name)));
  await writeFile(join(result, 'order'), order.map((name) => `${name}\n`).join(''));
  await writeFile(join(result, 'release'), `${release}\n`);
}

/** File names and dependency lists mix `-` and `_` freely. */
function canonical(moduleName: string): string {
  return moduleName.replaceAll('-', '_');
}
