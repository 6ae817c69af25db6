import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockStore } from './daemon-lock.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'virtmedic-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What another process says when it takes the lock, and then dies without giving it back. */
function takeInAnotherProcess(path: string): string {
  const script = `import { lockStore } from ${JSON.stringify(new URL('./daemon-lock.ts', import.meta.url).href)};
    try { lockStore(${JSON.stringify(path)}); console.log('taken'); } catch (error) { console.log(error.message); }
    process.kill(process.pid, 'SIGKILL');`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout;
}

test('a second daemon is refused with what to do', () => {
  const path = join(folder, 'virtmedic.db');
  const release = lockStore(path);
  expect(takeInAnotherProcess(path)).toContain('another virtmedic serves with it');
  release();
});

test('is free again after release, and after kill -9 of its holder', () => {
  const path = join(folder, 'virtmedic.db');
  lockStore(path)();
  expect(takeInAnotherProcess(path)).toContain('taken');
  lockStore(path)();
});
