import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openKept } from './kept.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'kept-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const open = (resume: boolean, key = 'a full') => openKept(join(folder, 'sub', 'bench.json'), key, { resume });

it('gives back what an interrupted run kept, part by part', () => {
  const [first, second] = [open(false).part<{ seconds: number; phases: null }>('direct'), open(false)];
  expect(first.all()).toEqual([]);
  first.add({ seconds: Infinity, phases: null });
  first.add({ seconds: 2.5, phases: null });
  expect(second.part('direct').all()).toEqual([]);
  const resumed = open(true);
  expect(resumed.part('direct').all()).toEqual([{ seconds: Infinity, phases: null }, { seconds: 2.5, phases: null }]);
  resumed.part('alert').add(1);
  expect(open(true).part('direct').all()).toHaveLength(2);
  expect(open(true).part('alert').all()).toEqual([1]);
});

it('takes nothing over from other sources, another size, a run before that was not to be gone on with, or a file that is no such', () => {
  open(false).part('direct').add(1);
  expect(open(true, 'b full').part('direct').all()).toEqual([]);
  expect(open(true, 'a quick').part('direct').all()).toEqual([]);
  expect(open(false).part('direct').all()).toEqual([]);
  open(false).part('alert').add(1);
  expect(open(true).part('direct').all()).toEqual([]);
  writeFileSync(join(folder, 'sub', 'bench.json'), '{"version":1');
  expect(open(true).part('alert').all()).toEqual([]);
});
