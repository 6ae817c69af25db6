import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce, earlierBuild, hashOf } from './build-once.ts';

let cache: string;
beforeEach(() => { cache = mkdtempSync(join(tmpdir(), 'builds-')); });
afterEach(() => rmSync(cache, { recursive: true }));

const builds = () => readdirSync(cache).filter((name) => name !== 'locks').sort();
const write = (text: string) => async (result: string) => writeFileSync(join(result, 'x'), text);

test('asked twice at once it builds once; another key replaces the build, another kind does not', async () => {
  let count = 0;
  const build = async (result: string) => write(String(count += 1))(result);
  const [a, b] = await Promise.all([buildOnce({ cache, kind: 'k', key: '1', build }), buildOnce({ cache, kind: 'k', key: '1', build })]);
  expect([a, count, readFileSync(join(a, 'x'), 'utf8')]).toEqual([b, 1, '1']);
  await buildOnce({ cache, kind: 'k-more', key: '1', build });
  await buildOnce({ cache, kind: 'k', key: '2', build });
  expect(builds()).toEqual(['k-more_1', 'k_2']);
  expect(await earlierBuild(cache, 'k_')).toBe(join(cache, 'k_2'));
  expect(await earlierBuild(cache, 'other_')).toBeUndefined();
});

test('a build that fails leaves nothing, keeps the earlier one, and can be tried again; leavings of a killed one go', async () => {
  await buildOnce({ cache, kind: 'k', key: '1', build: write('old') });
  mkdirSync(join(cache, '.new-k_killed/result'), { recursive: true });
  const failing = async () => { throw new Error('no network'); };
  await expect(buildOnce({ cache, kind: 'k', key: '2', build: failing })).rejects.toThrow('no network');
  expect(builds()).toEqual(['k_1']);
  await buildOnce({ cache, kind: 'k', key: '2', build: write('new') });
  expect(builds()).toEqual(['k_2']);
});

test('a hash changes with names, modes, contents and what is added', async () => {
  const folder = join(cache, 'tree');
  mkdirSync(folder);
  const hashes = [await hashOf([folder])];
  for (const [name, text, mode] of [['a', '1', 0o644], ['a', '2', 0o644], ['b', '', 0o644], ['c', '', 0o755]] as const) {
    writeFileSync(join(folder, name), text, { mode });
    hashes.push(await hashOf([folder]));
  }
  hashes.push(await hashOf([folder], ['x']));
  expect(new Set(hashes).size).toBe(6);
  expect(await hashOf([folder], ['x'])).toBe(hashes.at(-1));
});
