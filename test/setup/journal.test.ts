import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJournal, removeJournal, writeJournal } from './journal.mjs';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  file = path.join(folder, 'state', 'journal.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is written is read back, by its owner alone', () => {
  const journal = { packages: ['cpio:amd64'], links: ['/etc/rc2.d/S01cron'] };
  expect(readJournal(file)).toBeNull();
  writeJournal(journal, file);
  expect(readJournal(file)).toEqual(journal);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  removeJournal(file);
  expect(readJournal(file)).toBeNull();
  expect(existsSync(path.dirname(file))).toBe(false);
  removeJournal(file);
});

test('a file of another shape is refused by name', () => {
  writeJournal({ packages: [], links: [] }, file);
  writeFileSync(file, '{"packages": [1], "links": []}');
  expect(() => readJournal(file)).toThrow(file);
});
