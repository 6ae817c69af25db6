import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OWN_UID } from './testing/harness.ts';
import { ownFolder, readTrustedFile, trustedFolder } from './trusted-path.ts';
import { localUsers } from './users.ts';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'virtmedic-path-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function made(name: string, mode: number): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await chmod(path, mode);
  return path;
}

describe('trustedFolder', () => {
  it('answers without links, and lets sticky folders be on the way', async () => {
    const real = join(await made('sticky', 0o1777), 'inner');
    await mkdir(real);
    await symlink('sticky', join(folder, 'link'));
    expect(await trustedFolder(`${folder}//link/./inner/../inner/`, OWN_UID)).toBe(real);
  });

  it.each([0o777, 0o775, 0o757, 0o1777])('refuses a folder of mode %i (decimal)', async (mode) => {
    await expect(trustedFolder(await made('open', mode), OWN_UID)).rejects.toThrow(`${folder}/open is writable by others (mode ${mode.toString(8)}); chmod go-w it`);
  });

  it('refuses what is within a folder that others can change, whatever its own mode is', async () => {
    await mkdir(join(await made('open', 0o777), 'inner'), { mode: 0o700 });
    await symlink(join(folder, 'open', 'inner'), join(folder, 'link'));
    await expect(trustedFolder(join(folder, 'open', 'inner'), OWN_UID)).rejects.toThrow('open is writable by others');
    await expect(trustedFolder(join(folder, 'link'), OWN_UID)).rejects.toThrow('open is writable by others');
    await expect(trustedFolder(`${folder}/open/inner/../..`, OWN_UID)).rejects.toThrow('open is writable by others');
  });

  it('refuses files, loops, what is not there, and relative paths', async () => {
    await writeFile(join(folder, 'file'), '');
    await symlink('loop', join(folder, 'loop'));
    await expect(trustedFolder(join(folder, 'file'), OWN_UID)).rejects.toThrow('is no folder');
    await expect(trustedFolder(join(folder, 'file', 'x'), OWN_UID)).rejects.toThrow('is no folder');
    await expect(trustedFolder(join(folder, 'loop'), OWN_UID)).rejects.toThrow('too many symbolic links');
    await expect(trustedFolder(join(folder, 'absent'), OWN_UID)).rejects.toThrow('does not exist');
    await expect(trustedFolder('run', OWN_UID)).rejects.toThrow('run is not an absolute path');
  });
});

describe('ownFolder', () => {
  it('is made with its mode, whatever the umask, and found again', async () => {
    const before = process.umask(0o077);
    try {
      const path = await ownFolder(join(folder, 'run'), OWN_UID, 0o711);
      expect((await lstat(path)).mode & 0o7777).toBe(0o711);
      expect(await ownFolder(path, OWN_UID, 0o711)).toBe(path);
    } finally {
      process.umask(before);
    }
  });

  it('never changes a folder that was there, nor follows a link in its place', async () => {
    const other = await made('other', 0o755);
    await symlink(other, join(folder, 'link'));
    await expect(ownFolder(other, OWN_UID, 0o700)).rejects.toThrow('has mode 755; if it is the helper\'s alone, chmod 700 it, else choose a folder of its own');
    await expect(ownFolder(join(folder, 'link'), OWN_UID, 0o755)).rejects.toThrow('is no folder');
    expect((await lstat(other)).mode & 0o7777).toBe(0o755);
  });
});

describe('readTrustedFile', () => {
  it('reads text of a file that is nobody else\'s', async () => {
    const path = join(folder, 'config');
    await writeFile(path, 'häuser');
    expect(await readTrustedFile(path, OWN_UID, 7)).toBe('häuser');
    await expect(readTrustedFile(path, OWN_UID, 6)).rejects.toThrow('is larger than 6 bytes');
    await writeFile(path, Buffer.from([0xff]));
    await expect(readTrustedFile(path, OWN_UID, 6)).rejects.toThrow('cannot be read as text in UTF-8');
  });

  it.each([0o666, 0o664, 0o646])('refuses a file of mode %i (decimal)', async (mode) => {
    const path = join(folder, 'config');
    await writeFile(path, '');
    await chmod(path, mode);
    await expect(readTrustedFile(path, OWN_UID, 9)).rejects.toThrow('config is writable by others');
  });

  it('refuses folders, and does not wait for a writer of a pipe', async () => {
    await expect(readTrustedFile(folder, OWN_UID, 9)).rejects.toThrow('is no regular file');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readTrustedFile(join(folder, 'pipe'), OWN_UID, 9)).rejects.toThrow('is no regular file');
  });
});

describe('localUsers', () => {
  it('finds uids by name; of two entries the first, as the system does', async () => {
    const path = join(folder, 'passwd');
    await writeFile(path, 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1::/:/x\nweb:x:0:0::/:/x\nbad:x:-1:0::/:/x\nlarge:x:4294967295:0::/:/x\n# comment\n\n+nis\n');
    expect([...(await localUsers(path, OWN_UID))]).toEqual([['root', 0], ['web', 1000]]);
  });
});
