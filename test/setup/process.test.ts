import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Interruption } from './process.mjs';
import { run } from './process.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'process-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('output, exit code and log', async () => {
  const logFile = path.join(folder, 'log');
  const result = await run('sh', ['-c', 'echo out; echo err >&2; exit 3'], { logFile });
  expect(result).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n', timedOut: false });
  expect(readFileSync(logFile, 'utf8')).toMatch(/^\n\$ sh -c .*\n(out\nerr|err\nout)\n$/);
});

test('a program that outlives us writes to the log alone', async () => {
  const logFile = path.join(folder, 'log');
  const result = await run('sh', ['-c', 'echo out'], { logFile, outlivesUs: true });
  expect(result.stdout).toBe('');
  expect(readFileSync(logFile, 'utf8')).toMatch(/\nout\n$/);
});

test('a missing program is code 127', async () => {
  expect(await run('/nonexistent/program', [])).toMatchObject({ code: 127, stderr: expect.stringContaining('ENOENT') as string });
});

test('the time limit ends the whole group', async () => {
  const result = await run('sh', ['-c', 'sleep 600 & sleep 600'], { timeoutMs: 100 });
  expect(result).toMatchObject({ code: null, timedOut: true });
});

test('an interruption ends the group with SIGINT', async () => {
  let listener: ((signal: NodeJS.Signals) => void) | undefined;
  const interruption: Interruption = {
    signal: null,
    subscribe: (given) => {
      listener = given;
      return () => { listener = undefined; };
    },
    check: () => {},
  };
  const ended = run('node', ['-e', 'process.on("SIGINT", () => process.exit(9)); setInterval(() => {}, 1000); console.log("up")'], {
    logFile: path.join(folder, 'log'), interruption,
  });
  while (!readFileSync(path.join(folder, 'log'), 'utf8').endsWith('up\n')) await new Promise((resolve) => setTimeout(resolve, 10));
  listener?.('SIGINT');
  expect((await ended).code).toBe(9);
  expect(listener).toBeUndefined();
});
