import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const FULL_DISK = fileURLToPath(new URL('./testing/full-disk.ts', import.meta.url));
const WRITER = fileURLToPath(new URL('./testing/writer.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a script of bash, with `$0` the folder, in a mount namespace of its own, so that its mounts end with it. */
async function inOwnMounts(script: string, ...more: string[]): Promise<string> {
  const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', 'bash', '-ec', script, folder, process.execPath, ...more], { timeout: 120_000 });
  return stdout;
}

describe('a full disk', () => {
  it('refuses writes with a reason, loses nothing acknowledged, and takes writes again once there is space', async () => {
    const stdout = await inOwnMounts(`mount -t tmpfs -o size=3m none "$0" && exec "$1" "$2" "$0"`, FULL_DISK);
    const result = JSON.parse(stdout) as { acknowledged: number; refusal: string };
    expect(result).toMatchObject({ isLastRead: true, isRefusedAbsent: true, isWrittenAfter: true });
    expect(result.acknowledged).toBeGreaterThan(10);
    expect(result.refusal).toMatch(/^StoreUnavailableError: .*cannot be used: its disk is full; free space on it/);
  });
});

describe('a read-only file system', () => {
  it('is named when the store is opened', async () => {
    const attempt = inOwnMounts(`mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$1" "$2" "$0/virtmedic.db"`, WRITER);
    await expect(attempt).rejects.toThrow(/cannot be opened: its file system is read-only; make it writable or set store\.path/);
  });
});
