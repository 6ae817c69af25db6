import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { failure, formatBytes, lastLines, progressTo } from './progress.mjs';

test.each([[120, '1 kB'], [1_400_000, '1.4 MB'], [44_800_000, '45 MB'], [1_250_000_000, '1.3 GB']])('formatBytes(%d) is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('a stage says that it begins, how it ended and how long it took', async () => {
  const lines: string[] = [];
  const progress = progressTo({ write: (text: string) => lines.push(text) });
  await expect(progress.stage('Fetching', () => Promise.resolve(7))).resolves.toBe(7);
  await expect(progress.stage('Installing', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(lines.map((line) => line.replace(/\d+\.\d/, 'N'))).toEqual([
    '· Fetching …\n', '✓ Fetching (N s)\n', '· Installing …\n', '✗ Installing (N s)\n',
  ]);
});

test('a failure names the log and shows its end', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'progress-'));
  try {
    const logFile = path.join(folder, 'log');
    writeFileSync(logFile, Array.from({ length: 40 }, (_, index) => `line ${index}\n\n`).join(''));
    const { message } = failure('npm ci failed', { code: 1, stdout: '', stderr: '', timedOut: false }, logFile);
    expect(message).toContain(`npm ci failed (exit code 1). The last lines of ${logFile}:\n  line 25\n`);
    expect(message).toMatch(/line 39$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('lastLines of less is all of it', () => {
  expect(lastLines('a\n\nb  \n', 5)).toBe('  a\n  b');
});
