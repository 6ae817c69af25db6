import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGroup } from './process-group.ts';
import type { GroupOptions } from './process-group.ts';

let folder = '';
let options: GroupOptions;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'group-'));
  options = { cwd: folder, env: process.env, output: 'ignore', timeoutMs: 20_000, graceMs: 10_000 };
});
afterEach(() => rmSync(folder, { recursive: true }));

async function written(name: string): Promise<string> {
  const file = path.join(folder, name);
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 10));
  return readFileSync(file, 'utf8').trim();
}

function alive(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

test('exit code of an ordinary end', async () => {
  expect(await startGroup(['sh', '-c', 'exit 7'], options).ended).toEqual({ code: 7, timedOut: false, leftOver: false });
});

test('a program that is not there', async () => {
  expect((await startGroup(['/nonexistent/program'], options).ended).code).toBe(127);
});

test('the time limit ends the children too', async () => {
  const { ended } = startGroup(['sh', '-c', 'sleep 600 & echo $! > child; wait'], { ...options, timeoutMs: 300, graceMs: 1_000 });
  const child = await written('child');
  expect((await ended).timedOut).toBe(true);
  expect(alive(child)).toBe(false);
});

test('clean-up after a request to end is waited for', async () => {
  const group = startGroup(['bash', '-c', "trap 'sleep 0.3; echo done > cleaned; exit 5' INT; echo up > up; while :; do sleep 0.05; done"], options);
  await written('up');
  group.end();
  expect(await group.ended).toEqual({ code: 5, timedOut: false, leftOver: false });
  expect(await written('cleaned')).toBe('done');
});

test('one that ignores requests is killed after the grace time', async () => {
  const group = startGroup(['bash', '-c', "trap '' INT TERM; echo up > up; while :; do sleep 0.05; done"], { ...options, graceMs: 200 });
  await written('up');
  group.end();
  group.end();
  expect((await group.ended).code).toBe(128 + 9);
});

test('what outlives its stage is killed and told', async () => {
  const { ended } = startGroup(['sh', '-c', 'sleep 600 & echo $! > child'], options);
  const child = await written('child');
  expect(await ended).toEqual({ code: 0, timedOut: false, leftOver: true });
  expect(alive(child)).toBe(false);
});
