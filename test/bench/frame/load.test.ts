import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { benchNames, listBenches, loadBench } from './load.ts';

let path: string;
let folder: URL;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'bench-'));
  folder = pathToFileURL(`${path}/`);
});
afterEach(() => rm(path, { recursive: true, force: true }));

const GOOD = `export const bench = { summary: 'measures', description: 'how', goals: {}, run: async () => ({ figures: {}, runs: 1 }) };`;

describe('benches of a folder', () => {
  it('are its modules, without the frame and the tests', async () => {
    for (const name of ['zeta.ts', 'alpha.ts', 'main.ts', 'alpha.test.ts', 'notes.md']) await writeFile(join(path, name), GOOD);
    expect(await benchNames(folder)).toEqual(['alpha', 'zeta']);
  });

  it('are listed although one cannot be loaded', async () => {
    await writeFile(join(path, 'good.ts'), GOOD);
    await writeFile(join(path, 'broken.ts'), `throw new Error('no such device');`);
    const list = await listBenches(folder);
    expect(list).toMatch(/^ {2}broken {2}\(cannot be loaded: no such device\)$/m);
    expect(list).toMatch(/^ {2}good {4}measures$/m);
  });

  it('must export a bench', async () => {
    await writeFile(join(path, 'empty.ts'), `export const other = 1;`);
    await expect(loadBench(folder, 'empty')).rejects.toThrow(/empty\.ts: expected an export `bench`/);
  });
});
