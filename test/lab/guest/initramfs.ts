import { chmod, cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.ts';

export const BUSYBOX = '/bin/busybox';

export interface InitramfsParts {
  /** Folders whose content is laid over each other, in this order. */
  trees: readonly string[];
  /** As `kernelFiles` gives it. */
  kernel: string;
}

/** Packs busybox, a kernel's modules and folders of files. /init is busybox itself where no tree has one: its init, which reads /etc/inittab. */
export async function buildInitramfs({ trees, kernel }: InitramfsParts, scratch: string, target: string): Promise<void> {
  const tree = join(scratch, 'initramfs');
  await mkdir(tree);
  for (const source of trees) await cp(source, tree, { recursive: true, verbatimSymlinks: true });
  for (const folder of ['bin', 'lib/modules', 'proc', 'sys', 'dev', 'tmp', 'run', 'data']) await mkdir(join(tree, folder), { recursive: true });
  await cp(BUSYBOX, join(tree, 'bin/busybox'));
  await chmod(join(tree, 'bin/busybox'), 0o755);
  if (!(await readdir(tree)).includes('init')) await symlink('bin/busybox', join(tree, 'init'));
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
