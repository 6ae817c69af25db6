import { run } from '../command.ts';
import { candidateVersions } from './kernel.ts';
import type { KernelPackage } from './kernel.ts';

/** Debian 12's kernels: its own 6.1 and the newer 6.12, each in three builds. */
export const KERNEL_CHOICES = ['6.1-cloud', '6.1-generic', '6.1-rt', '6.12-cloud', '6.12-generic', '6.12-rt'] as const;
export type KernelChoice = (typeof KERNEL_CHOICES)[number];

/** The kernels of plain guests, by the names that they have there. Only `full` has the driver of the watchdog. */
export const KERNEL_OF = { cloud: '6.1-cloud', full: '6.1-generic' } as const satisfies Record<string, KernelChoice>;
export type KernelFlavour = keyof typeof KERNEL_OF;
export const KERNEL_FLAVOURS: readonly KernelFlavour[] = ['cloud', 'full'];

/** The first group is the number that grows with each update. The archive's names: `+deb12` from bookworm-security, `+bpo` from bookworm-backports. */
const NAME_PATTERN: Readonly<Record<KernelChoice, RegExp>> = {
  '6.1-cloud': /^linux-image-6\.1\.0-(\d+)-cloud-amd64$/,
  '6.1-generic': /^linux-image-6\.1\.0-(\d+)-amd64$/,
  '6.1-rt': /^linux-image-6\.1\.0-(\d+)-rt-amd64$/,
  '6.12-cloud': /^linux-image-6\.12\.(\d+)\+(?:deb12|bpo)-cloud-amd64$/,
  '6.12-generic': /^linux-image-6\.12\.(\d+)\+(?:deb12|bpo)-amd64$/,
  '6.12-rt': /^linux-image-6\.12\.(\d+)\+(?:deb12|bpo)-rt-amd64$/,
};

export function isKernelChoice(text: string): text is KernelChoice {
  return (KERNEL_CHOICES as readonly string[]).includes(text);
}

/** The newest package of a choice among package names. */
export function newestOf(names: readonly string[], choice: KernelChoice): string | undefined {
  const pattern = NAME_PATTERN[choice];
  const update = (name: string) => Number(pattern.exec(name)?.[1]);
  return names.filter((name) => pattern.test(name)).sort((a, b) => update(b) - update(a))[0];
}

/** Asks apt for the newest package of a choice; undefined where its lists have none. */
export async function findChosenKernel(choice: KernelChoice): Promise<KernelPackage | undefined> {
  const prefix = choice.startsWith('6.12') ? 'linux-image-6.12.' : 'linux-image-6.1.0-';
  const name = newestOf((await run('apt-cache', ['pkgnames', prefix])).split('\n'), choice);
  if (name === undefined) return undefined;
  const version = candidateVersions(await run('apt-cache', ['policy', name])).get(name);
  return version === undefined ? undefined : { name, version };
}
