import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  file = path.join(folder, 'deeper', 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const patient = { onWait: () => {}, check: () => {} };

test('one works at a time, and the lock is gone afterwards', async () => {
  const order: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = withLock(file, patient, async () => {
    order.push('first');
    await held;
    order.push('first ends');
  });
  const waited: number[] = [];
  const second = withLock(file, { onWait: (pid) => { waited.push(pid); release(); }, check: () => {} }, () => {
    order.push('second');
    return Promise.resolve();
  });
  await Promise.all([first, second]);
  expect(order).toEqual(['first', 'first ends', 'second']);
  expect(waited).toEqual([process.pid]);
  expect(existsSync(file)).toBe(false);
});

test.each([
  ['of a process that has gone', JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1' })],
  ['of an earlier process with the same id', JSON.stringify({ pid: process.pid, startTime: '1' })],
  ['that was half-written', '{"pid":'],
])('a lock %s is taken over', async (_what, contents) => {
  await withLock(file, patient, () => Promise.resolve());
  writeFileSync(file, contents);
  await expect(withLock(file, patient, () => Promise.resolve('done'))).resolves.toBe('done');
});

test('the lock is released when the work fails', async () => {
  await expect(withLock(file, patient, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});

test('waiting can be given up', async () => {
  await withLock(file, patient, async () => {
    let checks = 0;
    const impatient = { onWait: () => {}, check: () => { if ((checks += 1) > 1) throw new Error('enough'); } };
    await expect(withLock(file, impatient, () => Promise.resolve())).rejects.toThrow('enough');
  });
});
