import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CACHE, cachedBuild } from './cached-build.ts';
import { contentHash } from './content-hash.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-build-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(CACHE, 'test-abc'), { recursive: true, force: true });
});

test('the hash follows names and contents of the files, and what is given beside', () => {
  writeFileSync(join(folder, 'a.ts'), '1');
  const first = contentHash(folder, ['*.ts']);
  expect(contentHash(folder, ['*.ts'])).toBe(first);
  expect(contentHash(folder, ['*.ts'], ['lock'])).not.toBe(first);
  writeFileSync(join(folder, 'b.css'), '2');
  expect(contentHash(folder, ['*.ts'])).toBe(first);
  writeFileSync(join(folder, 'a.ts'), '2');
  expect(contentHash(folder, ['*.ts'])).not.toBe(first);
});

test('what was built is used again, and half a build is none', async () => {
  let builds = 0;
  const build = async (into: string): Promise<void> => {
    builds++;
    writeFileSync(join(into, 'out'), `${builds}`);
    if (builds === 1) throw new Error('broken off');
  };
  await expect(cachedBuild('test', 'abc', build)).rejects.toThrow('broken off');
  expect(existsSync(join(CACHE, 'test-abc'))).toBe(false);
  const built = await cachedBuild('test', 'abc', build);
  expect(await cachedBuild('test', 'abc', build)).toBe(built);
  expect(readFileSync(join(built, 'out'), 'utf8')).toBe('2');
});
