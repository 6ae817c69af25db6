import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { CsvError } from './csv/problems.ts';
import { readFailures } from './failures.ts';

const folder = mkdtempSync(join(tmpdir(), 'failures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(text: string): string {
  const path = join(folder, 'failures.csv');
  writeFileSync(path, text);
  return path;
}

it('failures are read in all forms of times; one may go on', async () => {
  const path = written('\ufeffTo,what,From\r\n1700000060,"a, b",1700000000\r\n\r\n# later\n1700000200000,,2023-11-14T22:16:00Z\n,still,1700001000\n');
  expect(await readFailures(path)).toEqual([
    { fromMs: 1_700_000_000_000, toMs: 1_700_000_060_000 },
    { fromMs: 1_700_000_160_000, toMs: 1_700_000_200_000 },
    { fromMs: 1_700_001_000_000, toMs: Infinity },
  ]);
  expect(await readFailures(written('from\n'))).toEqual([]);
});

it.each([
  ['', 'line 1: expected'],
  ['1700000000,1700000060\n', 'line 1: expected'],
  ['from,to\n1700000000,1700000060\nnoon,\n', 'line 3: "noon" is no time'],
  ['from,to\n20,10\n', 'line 2: the failure ends before it begins'],
  [`from,to\n${'1,2\n'.repeat(300_000)}`, '1200008 bytes, at most'],
])('what is no list of failures is an error', async (text, message) => {
  await expect(readFailures(written(text))).rejects.toThrow(CsvError);
  await expect(readFailures(written(text))).rejects.toThrow(message);
});

it('a file that is not there is said as that', async () => {
  await expect(readFailures(join(folder, 'none'))).rejects.toThrow('ENOENT');
});
