import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command.ts';

const DOWNLOAD_TIMEOUT_MS = 600_000;
const UNPACK_TIMEOUT_MS = 300_000;

/** Downloads a Debian package (apt verifies it) and unpacks it into a folder below `scratch`, which it returns. Nothing is installed. */
export async function downloadAndUnpack(name: string, version: string, scratch: string): Promise<string> {
  await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', `${name}=${version}`], { cwd: scratch, timeoutMs: DOWNLOAD_TIMEOUT_MS });
  const file = (await readdir(scratch)).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download ${name} left no package file`);
  const folder = join(scratch, name);
  await run('dpkg-deb', ['-x', join(scratch, file), folder], { timeoutMs: UNPACK_TIMEOUT_MS });
  return folder;
}
