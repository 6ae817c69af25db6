import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openJournal } from './journal.ts';

const calls = vi.hoisted(() => [] as string[]);
const files = vi.hoisted(() => new Map<number, string>());

/** The real thing, with a record of what is done in which order. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    openSync: (path: string, flags: number, mode?: number) => {
      const file = fs.openSync(path, flags, mode);
      files.set(file, path.slice(path.lastIndexOf('/') + 1));
      return file;
    },
    fsyncSync: (file: number) => {
      calls.push(`sync ${files.get(file) ?? '?'}`);
      fs.fsyncSync(file);
    },
    renameSync: (from: string, to: string) => {
      calls.push(`rename to ${to.slice(to.lastIndexOf('/') + 1)}`);
      fs.renameSync(from, to);
    },
    rmSync: (path: string, options: object) => {
      calls.push(`remove ${path.slice(path.lastIndexOf('/') + 1)}`);
      fs.rmSync(path, options);
    },
  };
});

test('an entry is on the disk when it was written, under its name, and gone from it when it was removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  try {
    const journal = openJournal(folder);
    const uuid = '6c1f9a5e-3c0b-4a53-9d6b-0a3a4a7d2c11';
    journal.write({ domain: uuid, kind: 'injection', openedAt: '2026-01-01T00:00:00.000Z', qemuPid: 1, qemuStartTicks: 1, boot: 'ab'.repeat(32), work: 0n, hookFunction: 0n, writes: [], gdbSocket: '/run/x.sock', gracePeriod: null });
    const name = `${uuid}.undo.json`;
    const ofFolder = `sync ${folder.slice(folder.lastIndexOf('/') + 1)}`;
    expect(calls.splice(0)).toEqual([`sync ${name}.new`, `rename to ${name}`, ofFolder]);
    journal.remove(uuid);
    expect(calls.splice(0)).toEqual([`remove ${name}`, ofFolder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
