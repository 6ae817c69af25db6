import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../command.ts';
import { buildImages } from './build.ts';

const KERNELS = /^kernel-6\.1-(cloud|generic)_/;

let cache: string;
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'images-'));
  const shared = dirname(dirname((await buildImages()).disk));
  // The kernels are taken over, so that nothing is downloaded again.
  for (const name of readdirSync(shared)) if (KERNELS.test(name)) cpSync(join(shared, name), join(cache, name), { recursive: true });
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

test('two builds at once make one set of images, and a third does nothing', async () => {
  const messages: string[] = [];
  const onProgress = (message: string) => void messages.push(message);
  const [a, b] = await Promise.all([buildImages(onProgress, cache), buildImages(onProgress, cache)]);
  expect(a).toEqual(b);
  expect(messages).toEqual(['building the initramfs for the cloud kernel', 'building the initramfs for the full kernel', 'building the disk image']);
  expect(readdirSync(cache).filter((name) => !KERNELS.test(name) && name !== 'locks')).toEqual([basename(dirname(a.disk))]);
  const written = statSync(a.disk).mtimeMs;
  expect(await buildImages(onProgress, cache)).toEqual(a);
  expect(statSync(a.disk).mtimeMs).toBe(written);
  expect(messages).toHaveLength(3);
});

test('the images are what they are called', async () => {
  const images = await buildImages(() => {}, cache);
  expect(JSON.parse(await run('qemu-img', ['info', '--output=json', images.disk]))).toMatchObject({ format: 'qcow2', 'virtual-size': 64 * 1024 * 1024 });
  const files = (await run('cpio', ['--list', '--quiet', `--file=${images.initramfs.full}`])).split('\n');
  for (const name of ['init', 'bin/busybox', 'etc/rc', 'www/cgi-bin/status', 'lib/modules/i6300esb.ko']) expect(files).toContain(name);
  // The boot protocol's signature, "HdrS" at 0x202 (kernel documentation, x86 boot).
  expect(readFileSync(images.kernel.cloud).toString('latin1', 0x202, 0x206)).toBe('HdrS');
});
