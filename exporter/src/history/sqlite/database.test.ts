import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from './database.ts';

it('is opened for durability', () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-'));
  const { database } = openDatabase(join(folder, 'a.db'));
  const pragma = (name: string): unknown => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
  const FULL = 2;
  expect(['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'trusted_schema'].map(pragma)).toEqual(['wal', FULL, 1, 5000, 0]);
  database.close();
  rmSync(folder, { recursive: true });
});
