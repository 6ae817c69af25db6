import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.ts';

export type KernelFlavour = 'cloud' | 'full';

/** A Debian kernel package as apt knows it, for example `linux-image-6.1.0-56-cloud-amd64`, `6.1.192-2`. */
export interface KernelPackage {
  name: string;
  version: string;
}

const NAME_PATTERN = {
  cloud: /^linux-image-6\.1\.0-(\d+)-cloud-amd64$/,
  full: /^linux-image-6\.1\.0-(\d+)-amd64$/,
} as const;

/** What the guests load; missing ones are built into that kernel or not made for it. `crc32c_generic` is found by ext4 by its name only. */
const WANTED_MODULES = [
  'crc32c_generic', 'ext4', 'virtio_pci', 'virtio_net', 'virtio_blk', 'virtio_balloon', 'pvpanic-mmio', 'pvpanic-pci', 'button', 'evdev', 'i6300esb',
];

/** The newest kernel of a flavour among package names. */
export function newestKernel(names: readonly string[], flavour: KernelFlavour): string | undefined {
  const pattern = NAME_PATTERN[flavour];
  return names
    .filter((name) => pattern.test(name))
    .sort((a, b) => Number(pattern.exec(b)?.[1]) - Number(pattern.exec(a)?.[1]))[0];
}

export const KERNEL_FLAVOURS: readonly KernelFlavour[] = ['cloud', 'full'];

/** Asks apt for the newest kernel of each flavour; undefined when its package lists lack one of them. */
export async function findKernels(): Promise<Record<KernelFlavour, KernelPackage> | undefined> {
  const names = (await run('apt-cache', ['pkgnames', 'linux-image-6.1.0-'])).split('\n');
  const [cloud, full] = KERNEL_FLAVOURS.map((flavour) => newestKernel(names, flavour));
  if (cloud === undefined || full === undefined) return undefined;
  const versions = candidateVersions(await run('apt-cache', ['policy', cloud, full]));
  const [cloudVersion, fullVersion] = [versions.get(cloud), versions.get(full)];
  if (cloudVersion === undefined || fullVersion === undefined) return undefined;
  return { cloud: { name: cloud, version: cloudVersion }, full: { name: full, version: fullVersion } };
}

/** The versions that `apt-cache policy` would install, by package. */
export function candidateVersions(policy: string): Map<string, string> {
  const entries = policy.matchAll(/^(\S+):\n\s+Installed: .*\n\s+Candidate: (\S+)$/gm);
  return new Map([...entries].map((entry) => [entry[1] ?? '', entry[2] ?? ''] as const).filter(([, version]) => version !== '(none)'));
}

/**
 * Downloads a kernel package (apt verifies it) and keeps `vmlinuz`, `modules/*.ko` and `order` (the modules to load, in order) in
 * `folder`. Does nothing where they are there already. The package itself is not installed and not kept.
 */
export async function fetchKernel(kernel: KernelPackage, folder: string, onProgress: (message: string) => void): Promise<void> {
  if (existsSync(folder)) return;
  const parent = join(folder, '..');
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, '.new-'));
  try {
    onProgress(`downloading ${kernel.name} ${kernel.version}`);
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', `${kernel.name}=${kernel.version}`], { cwd: temporary, timeoutMs: 600_000 });
    const packageFile = (await readdir(temporary)).find((name) => name.endsWith('.deb'));
    if (packageFile === undefined) throw new Error(`apt-get download ${kernel.name} left no package file`);
    onProgress(`unpacking ${kernel.name}`);
    const unpacked = join(temporary, 'unpacked');
    await run('dpkg-deb', ['-x', join(temporary, packageFile), unpacked], { timeoutMs: 300_000 });
    const result = join(temporary, 'result');
    await keepNeeded(kernel, unpacked, result);
    await rename(result, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function keepNeeded(kernel: KernelPackage, unpacked: string, result: string): Promise<void> {
  const release = kernel.name.replace('linux-image-', '');
  const files = await readdir(join(unpacked, 'lib/modules', release), { recursive: true });
  const pathOf = new Map<string, string>();
  for (const file of files) {
    const name = /([^/]+)\.ko$/.exec(file)?.[1];
    if (name !== undefined) pathOf.set(canonical(name), join(unpacked, 'lib/modules', release, file));
  }
  await mkdir(join(result, 'modules'), { recursive: true });
  await rename(join(unpacked, 'boot', `vmlinuz-${release}`), join(result, 'vmlinuz'));
  const dependenciesOf = async (name: string) => moduleDependencies(await readFile(pathOf.get(name) ?? ''));
  const order = await loadOrder(WANTED_MODULES.map(canonical).filter((name) => pathOf.has(name)), dependenciesOf);
  for (const name of order) await rename(pathOf.get(name) ?? '', join(result, 'modules', `${name}.ko`));
  await writeFile(join(result, 'order'), order.map((name) => `${name}\n`).join(''));
}

/** File names and dependency lists mix `-` and `_` freely. */
function canonical(moduleName: string): string {
  return moduleName.replaceAll('-', '_');
}

/** The `depends=` entry of a module's .modinfo section: the modules that must be loaded before it. */
export function moduleDependencies(module: Buffer): string[] {
  const start = module.indexOf('\0depends=');
  if (start < 0) return [];
  const from = start + '\0depends='.length;
  const list = module.toString('latin1', from, module.indexOf(0, from));
  return list === '' ? [] : list.split(',').map(canonical);
}

/** Every wanted module after all that it depends on, each once. */
export async function loadOrder(wanted: readonly string[], dependenciesOf: (name: string) => Promise<string[]>): Promise<string[]> {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const dependency of await dependenciesOf(name)) await visit(dependency);
    order.push(name);
  };
  for (const name of wanted) await visit(name);
  return order;
}
